/**
 * Events per second of the audit log: `node gateway/bench/audit.ts [seconds per row]`. Not a test. Each writer appends one
 * intent, waits until it is acknowledged, and appends the next, as an agent's session does.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { openAuditLog } from '../src/audit/open-audit-log.ts';
import { verifyAudit } from '../src/audit/verify-audit.ts';
import type { AuditEvent, AuditLog, Durability } from '../src/model/audit-event.ts';

const SECONDS = Number(process.argv[2] ?? 3);

const intent: AuditEvent = {
  type: 'exchange.intent',
  session: 'ses_01JABCDEFGHJKMNPQRSTVWXYZ0',
  exchange: 'ses_01JABCDEFGHJKMNPQRSTVWXYZ0.17',
  request: {
    text: 'SELECT id, name, region FROM public.customers WHERE id = $1 AND region = $2 ORDER BY id LIMIT 50',
    steps: ['parse', 'bind', 'execute'],
    parameters: ['4711', 'eu'],
  },
  summary: 'SELECT on public.customers',
  effect: 'deny',
  cause: 'default',
  decision: 'dec_01JABCDEFGHJKMNPQRSTVWXYZ0_17',
  rules: ['analytics-read'],
  policy: { commit: '0123456789abcdef0123456789abcdef01234567', hash: 'ab'.repeat(32) },
};

interface Row {
  readonly durability: Durability;
  readonly writers: number;
  readonly perSecond: number;
  readonly p50Us: number;
  readonly p99Us: number;
  readonly cpuUsPerEvent: number;
}

async function writer(log: AuditLog, endMs: number, latencies: number[]): Promise<void> {
  for (let now = performance.now(); now < endMs; ) {
    await log.append([intent]);
    const after = performance.now();
    latencies.push(after - now);
    now = after;
  }
}

async function measure(durability: Durability, writers: number): Promise<Row> {
  const folder = mkdtempSync(join(tmpdir(), 'sallyport-bench-'));
  try {
    const log = await openAuditLog({ folder, durability, clock: { nowMs: () => Date.now() } });
    const latencies: number[] = [];
    const cpu = process.cpuUsage();
    const startMs = performance.now();
    const endMs = startMs + SECONDS * 1000;
    await Promise.all(Array.from({ length: writers }, () => writer(log, endMs, latencies)));
    const seconds = (performance.now() - startMs) / 1000;
    const used = process.cpuUsage(cpu);
    await log.close();
    const report = await verifyAudit(folder);
    if (!report.ok) throw new Error(`the log does not verify: ${report.findings[0]?.message}`);
    latencies.sort((a, b) => a - b);
    const at = (share: number): number => (latencies[Math.floor(latencies.length * share)] ?? 0) * 1000;
    return {
      durability,
      writers,
      perSecond: latencies.length / seconds,
      p50Us: at(0.5),
      p99Us: at(0.99),
      cpuUsPerEvent: (used.user + used.system) / latencies.length,
    };
  } finally {
    rmSync(folder, { recursive: true });
  }
}

process.stdout.write('durability  writers   events/s    p50 µs    p99 µs  cpu µs/event\n');
for (const durability of ['written', 'synced'] as const) {
  for (const writers of [1, 16, 64]) {
    const row = await measure(durability, writers);
    const cells = [row.perSecond, row.p50Us, row.p99Us].map((value) => value.toFixed(0).padStart(10));
    process.stdout.write(
      `${durability.padEnd(10)}  ${String(writers).padStart(7)} ${cells.join('')}  ${row.cpuUsPerEvent.toFixed(1).padStart(12)}\n`,
    );
  }
}
