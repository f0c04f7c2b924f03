/** Approvals: pending at once, granted once, denied, and gone when nobody answers (design: Denial and approval contract). */
import { expect } from 'vitest';
import { decideApproval } from '../../support/approver.ts';
import type { Bench, Connection, Feature } from '../driver.ts';
import { eventually, expectDelivered, expectDenied, expectNothing, expectPending } from './expectations.ts';

/** P9: held and told so; nothing came of it; the session goes on; the same ask is the same request. */
export async function approvalPending(bench: Bench, feature: Feature): Promise<void> {
  if (feature.refusesApprovals === true) return approvalRefused(bench, feature);
  await using connection = await bench.site.connect({ run: feature.name });
  const reply = await feature.ask(connection, 'held');
  const id = expectPending(bench, reply);
  await expectNothing(bench, 'held', reply);
  expect(await connection.isUsable()).toBe(true);
  expect(expectPending(bench, await feature.ask(connection, 'held'))).toBe(id);
  await decideApproval(bench.site.gateway, id, 'deny');
}

/** Once granted, the same ask passes, on another connection of the run too, and only once. */
export async function approvalGranted(bench: Bench, feature: Feature): Promise<void> {
  if (feature.refusesApprovals === true) return approvalRefused(bench, feature);
  const run = `${feature.name} granted`;
  await using first = await bench.site.connect({ run });
  const id = expectPending(bench, await feature.ask(first, 'held'));
  await decideApproval(bench.site.gateway, id, 'approve');
  await using stranger = await bench.site.connect({ run: `${run} to another` });
  const strangers = expectPending(bench, await feature.ask(stranger, 'held'));
  expect(strangers).not.toBe(id);
  await using second = await bench.site.connect({ run });
  await expectDelivered(bench, feature, { target: 'held', reply: await feature.ask(second, 'held') });
  const next = expectPending(bench, await feature.ask(second, 'held'));
  expect(next, 'the grant was used up').not.toBe(id);
  // A principal may have so many requests open, and no more.
  for (const open of [strangers, next]) await decideApproval(bench.site.gateway, open, 'deny');
}

/** Denied by a person: the ask is refused, and tells so. */
export async function approvalDenied(bench: Bench, feature: Feature): Promise<void> {
  if (feature.refusesApprovals === true) return approvalRefused(bench, feature);
  await using connection = await bench.site.connect({ run: `${feature.name} denied` });
  const id = expectPending(bench, await feature.ask(connection, 'held'));
  await decideApproval(bench.site.gateway, id, 'deny');
  const reply = await feature.ask(connection, 'held');
  expectDenied(bench, reply);
  await expectNothing(bench, 'held', reply);
  expect(await connection.isUsable()).toBe(true);
}

/** An ask that waits for people. */
export interface PendingAsk extends AsyncDisposable {
  readonly connection: Connection;
  /** Undefined: it was refused at once. */
  readonly id: string | undefined;
}

/** Begins what {@link approvalExpired} looks at; all features at once, so that the times of their requests run together. */
export async function askAndLeave(bench: Bench, feature: Feature): Promise<PendingAsk> {
  const connection = await bench.site.connect({ run: `${feature.name} expired` });
  const reply = await feature.ask(connection, 'held');
  const id = feature.refusesApprovals === true ? undefined : expectPending(bench, reply);
  return { connection, id, [Symbol.asyncDispose]: () => connection[Symbol.asyncDispose]() };
}

/** Nobody answered in time, which is a second here: it can no longer be approved, and the next ask is a new request. */
export async function approvalExpired(bench: Bench, feature: Feature, pending?: PendingAsk): Promise<void> {
  if (pending === undefined) throw new Error('nothing was asked');
  const { connection, id } = pending;
  if (id === undefined) return approvalRefused(bench, feature);
  await eventually('a new request', async () => {
    const reply = await feature.ask(connection, 'held');
    await expectNothing(bench, 'held', reply);
    return expectPending(bench, reply) !== id;
  });
  await expect(decideApproval(bench.site.gateway, id, 'approve')).rejects.toThrow(id);
}

/** What nobody could be shown is denied, and nobody is asked. */
async function approvalRefused(bench: Bench, feature: Feature): Promise<void> {
  await using connection = await bench.site.connect();
  const asked = (): number =>
    bench.site.gateway.records().filter(({ type }) => type === 'approval.requested').length;
  const before = asked();
  const reply = await feature.ask(connection, 'held');
  expectDenied(bench, reply);
  await expectNothing(bench, 'held', reply);
  expect(asked()).toBe(before);
  expect(await connection.isUsable()).toBe(true);
}
