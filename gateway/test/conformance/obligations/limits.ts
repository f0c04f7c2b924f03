/** Limits: what is over them does not come, and the session goes on (P10). */
import { randomUUID } from 'node:crypto';
import { expect } from 'vitest';
import type { AuditRecord } from '../../support/gateway.ts';
import {
  type Bench,
  BYTE_LIMIT,
  type Feature,
  labelOf,
  RATE,
  type Reply,
  ROW_LIMIT,
  type Target,
} from '../driver.ts';
import { eventually, expectLimited, recordsOf } from './expectations.ts';

/** Room for what the protocol says beside the data. */
const ENVELOPE_BYTES = 4_000;

/** At most so many rows; what the client sent to be stored is not stored at all. */
export async function rowsLimit(bench: Bench, feature: Feature): Promise<void> {
  await bench.site.takeStored('many');
  const reply = await askOver(bench, feature, 'many');
  expect(reply.rows).toBeLessThanOrEqual(ROW_LIMIT);
  expect(await bench.site.takeStored('many')).toBe(0);
}

/** At most so many bytes. */
export async function bytesLimit(bench: Bench, feature: Feature): Promise<void> {
  const reply = await askOver(bench, feature, 'large', feature.overrun);
  expect(reply.received.length).toBeLessThanOrEqual(BYTE_LIMIT + ENVELOPE_BYTES);
}

/** What would change more rows is undone, and the session goes on; what changes none is as it ever was. */
export async function affectedRows(bench: Bench, feature: Feature): Promise<void> {
  await bench.site.takeStored('many');
  await using connection = await bench.site.connect();
  const reply = await feature.ask(connection, 'many');
  if (feature.delivery === 'stored' || reply.refusals.length > 0) expectLimited(bench, reply, 'limit-many');
  else expect(reply.received.includes(labelOf('many'))).toBe(true);
  expect(await bench.site.takeStored('many')).toBe(0);
  expect(await connection.isUsable()).toBe(true);
}

/** P12: what takes too long is cancelled upstream. */
export async function timeout(bench: Bench, feature: Feature): Promise<void> {
  await askOver(bench, feature, 'slow', feature.overrun === 'nothing' ? 'told' : feature.overrun);
}

async function askOver(
  bench: Bench,
  feature: Feature,
  target: Target,
  overrun: Feature['overrun'] = 'told',
): Promise<Reply> {
  await using connection = await bench.site.connect();
  const reply = await feature.ask(connection, target);
  expect(reply.isBroken === true).toBe(overrun === 'broken');
  if (overrun === 'told') expectLimited(bench, reply, `limit-${target}`);
  else expect(reply.refusals).toEqual([]);
  if (overrun === 'broken') {
    const records = await recordsOf(bench, connection, (all) => all.some(isCancelled));
    expect(records.filter(isCancelled), 'it is on file').toHaveLength(1);
  }
  expect(await connection.isUsable()).toBe(true);
  return reply;
}

function isCancelled({ type, status }: AuditRecord): boolean {
  return type === 'exchange.outcome' && status === 'cancelled';
}

/** So many statements a minute of a run, whatever connection they come on; another run has its own. */
export async function statementsAMinute(bench: Bench, feature: Feature): Promise<void> {
  const run = randomUUID();
  const replies: Reply[] = [];
  for (let i = 0; i <= RATE; i += 1) {
    await using connection = await bench.site.connect({ run });
    replies.push(await feature.ask(connection, 'metered'));
    expect(await connection.isUsable()).toBe(true);
    await bench.site.takeStored('metered');
  }
  const last = replies.pop();
  // A feature may take more than one statement of the target to ask once.
  expect(replies[0]?.refusals).toEqual([]);
  if (last === undefined) throw new Error('nothing was asked');
  expectLimited(bench, last, 'limit-metered');
  await using other = await bench.site.connect();
  await eventually('another run may ask', async () => {
    const reply = await feature.ask(other, 'metered');
    await bench.site.takeStored('metered');
    return reply.refusals.length === 0;
  });
}
