/**
 * A process that appends to the audit log of a folder from several writers and prints each acknowledgement, until it
 * is killed. Lines: `<written|synced> <exchange>`.
 */
import { writeSync } from 'node:fs';
import { openAuditLog } from '../../src/audit/open-audit-log.ts';
import type { AuditEvent, Durability } from '../../src/model/audit-event.ts';

const [, , folder = '', round = ''] = process.argv;
const log = await openAuditLog({
  folder,
  durability: 'synced',
  clock: { nowMs: () => Date.now() },
  segmentBytes: 40_000,
  checkpointEvery: 20,
  checkpointMs: 5,
});

async function writer(name: string, durability: Durability): Promise<never> {
  const session = `ses_${round}_${name}`;
  for (let n = 1; ; n += 1) {
    const exchange = `${session}.${n}`;
    const intent: AuditEvent = {
      type: 'exchange.intent',
      session,
      exchange,
      request: { text: 'SELECT '.padEnd(20 + ((n * 37) % 700), 'x') },
      summary: 'SELECT',
      effect: 'permit',
      decision: `dec_${n}`,
      rules: [],
      policy: { hash: '' },
    };
    await log.append([intent], durability);
    // Straight into the pipe: what the parent has read was acknowledged.
    writeSync(1, `${durability} ${exchange}\n`);
    log.enqueue({ type: 'exchange.outcome', session, exchange, status: 'ok', result: {}, durationMs: 1 });
  }
}

await Promise.all([
  writer('a', 'written'),
  writer('b', 'synced'),
  writer('c', 'written'),
  writer('d', 'synced'),
]);
