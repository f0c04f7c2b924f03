/**
 * What recording costs, and how fast recordings are searched: `node gateway/bench/recording.ts [exchanges to search]`,
 * a million unless said. Not a test. Files go to the temporary folder.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import type { AuditLog } from '../src/model/audit-event.ts';
import type { RecordedRequest, RecordedSession } from '../src/model/recording.ts';
import { DEFAULT_RECORDING } from '../src/recording/config.ts';
import { RecordingIndex } from '../src/recording/index/recording-index.ts';
import type { ExchangeSearch } from '../src/recording/index/search-query.ts';
import { recordingLayout } from '../src/recording/layout.ts';
import { RecorderFiles } from '../src/recording/recorder.ts';
import { diskFiles } from '../src/recording/recording-files.ts';
import { createLog } from '../src/telemetry/log.ts';
import { searchByApi } from './search-api.ts';

const EXCHANGES = Number(process.argv[2] ?? 1_000_000);
const SESSIONS = Math.max(1, Math.floor(EXCHANGES / 1000));
const audit: AuditLog = { append: async () => {}, enqueue: () => {} };
const log = createLog(
  'error',
  (line) => void process.stderr.write(line),
  () => Date.now(),
);
const ROW = Buffer.from('T\0\0\0\x1eD\0\0\0\x20 4711 | anna@example.com | eu');
const CHUNK = Buffer.alloc(64 * 1024, 'row of a result that streams ');
const TABLES = ['orders', 'customers', 'invoices', 'payments', 'shipments', 'tickets', 'accounts', 'events'];

function session(id: string, s: number): RecordedSession {
  return {
    session: id,
    protocol: 'postgres',
    principal: {
      issuer: 'https://idp.example',
      subject: `svc-${s % 40}`,
      groups: ['data-agents'],
      agent: `bot-${s % 7}`,
      run: `run-${s}`,
      delegation: [],
      tokenDigest: 'ab'.repeat(16),
      expiresAtMs: 0,
    },
    resource: s % 3 === 0 ? 'pg-prod' : 'pg-test',
    account: 'reader',
    sourceAddress: '127.0.0.1',
    hints: {},
    details: {},
  };
}

function request(id: string, n: number): RecordedRequest {
  const table = TABLES[n % TABLES.length] ?? '';
  return {
    exchange: `${id}.${n.toString(36)}`,
    request: {
      text: `SELECT id, name, region_${n % 977} FROM public.${table} WHERE id = $1 AND note = 'word${(n * 7919) % 50_021}' LIMIT 50`,
      steps: ['parse', 'bind', 'execute'],
      parameters: [String(n), 'eu'],
    },
    summary: `SELECT on public.${table}`,
    effect: n % 50 === 0 ? 'deny' : 'permit',
    decision: `dec_${id}_${n}`,
    rules: [n % 50 === 0 ? 'bounded-writes' : 'analytics-read'],
    policy: { hash: 'ab'.repeat(32) },
  };
}

/** Microseconds of CPU and of time that `work` takes a round. */
async function cost(rounds: number, work: () => Promise<void>): Promise<{ cpuUs: number; wallUs: number }> {
  const cpu = process.cpuUsage();
  const startMs = performance.now();
  await work();
  const wallUs = ((performance.now() - startMs) * 1000) / rounds;
  const used = process.cpuUsage(cpu);
  return { cpuUs: (used.user + used.system) / rounds, wallUs };
}

async function record(folder: string): Promise<void> {
  const plan = { ...DEFAULT_RECORDING, resultBytes: 1e12, sessionBytes: 1e12 };
  let nowMs = Date.now() - EXCHANGES;
  const recorder = new RecorderFiles({
    plan,
    layout: recordingLayout(folder),
    files: diskFiles,
    audit,
    clock: { nowMs: () => nowMs },
    log,
  });
  const small = await cost(EXCHANGES, async () => {
    for (let s = 0; s < SESSIONS; s += 1) {
      const id = `ses_${s}`;
      const recording = recorder.open(session(id, s));
      for (let n = 1; n <= 1000; n += 1) {
        nowMs += 1;
        const exchange = recording.begin(request(id, n));
        recording.data(exchange, ROW, 0, ROW.length);
        recording.end(exchange, {
          status: 'ok',
          result: { tag: 'SELECT 1', rows: 1, bytes: 55 },
          durationMs: 1,
        });
        if (n % 100 === 0) {
          await new Promise(setImmediate);
          await recording.whenDrained();
        }
      }
      await recording.close('done');
    }
  });
  const MIB = 1024;
  const bulk = await cost(MIB, async () => {
    const recording = recorder.open(session('ses_bulk', 1));
    const exchange = recording.begin(request('ses_bulk', 1));
    for (let i = 0; i < MIB * 16; i += 1) {
      if (!recording.data(exchange, CHUNK, 0, CHUNK.length)) await recording.whenDrained();
    }
    await recording.close('done');
  });
  await recorder.close();
  process.stdout.write(
    `small exchange (begin, 55 bytes, end): ${small.cpuUs.toFixed(2)} µs CPU, ${small.wallUs.toFixed(2)} µs\n` +
      `bulk: ${(1e6 / bulk.wallUs).toFixed(0)} MiB/s to disk and back-pressure, ${bulk.cpuUs.toFixed(0)} µs CPU a MiB\n`,
  );
}

const SEARCHES: readonly Omit<ExchangeSearch, 'limit'>[] = [
  {},
  { words: 'word12345' },
  { words: 'select' },
  { words: 'invoices region_5' },
  { words: 'word1' },
  { principal: 'svc-7' },
  { run: 'run-3', words: 'customers' },
  { rule: 'bounded-writes', resource: 'pg-prod' },
  { words: 'select public payments', principal: 'bot-3', effect: 'deny' },
  { decision: 'dec_ses_1_500' },
  { words: 'nowhere' },
];

async function search(folder: string): Promise<void> {
  const index = RecordingIndex.open(recordingLayout(folder));
  const filled = await cost(EXCHANGES, () => index.catchUp());
  process.stdout.write(`indexing: ${filled.wallUs.toFixed(1)} µs an exchange\n`);
  for (const asked of SEARCHES) {
    const times: number[] = [];
    let count = 0;
    for (let i = 0; i < 5; i += 1) {
      const startMs = performance.now();
      count = index.search({ ...asked, limit: 50 }).exchanges.length;
      times.push(performance.now() - startMs);
    }
    const [first = 0] = times;
    const best = Math.min(...times);
    process.stdout.write(
      `${JSON.stringify(asked).padEnd(70)} ${String(count).padStart(3)} found  first ${first.toFixed(1)} ms  best ${best.toFixed(1)} ms\n`,
    );
  }
  index.close();
}

const folder = mkdtempSync(join(tmpdir(), 'sallyport-bench-'));
try {
  await record(folder);
  await search(folder);
  await searchByApi(folder);
} finally {
  rmSync(folder, { recursive: true });
}
