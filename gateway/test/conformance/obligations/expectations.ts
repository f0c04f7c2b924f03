/** What cases of several obligations expect. */
import { expect } from 'vitest';
import type { AuditRecord } from '../../support/gateway.ts';
import {
  type Bench,
  type Connection,
  type Feature,
  labelOf,
  markerOf,
  type Refusal,
  type Reply,
  ROWS,
  type Target,
} from '../driver.ts';

const DENIED = /^POLICY_DENIED \[(dec_[0-9a-z_]+)\] [^\r\n]+$/;
const PENDING = /^APPROVAL_PENDING \[(apr_[\w-]+)\] [^\r\n]+$/;

/** The ask was permitted, and its data came whole. */
export async function expectDelivered(
  { site }: Bench,
  feature: Feature,
  { target, reply }: { readonly target: Target; readonly reply: Reply },
): Promise<void> {
  expect(reply.refusals).toEqual([]);
  expect(reply.isBroken, 'it is whole').toBeUndefined();
  switch (feature.delivery) {
    case 'rows':
      expect(reply.rows).toBe(ROWS);
      expect(reply.received.includes(labelOf(target)), 'labels').toBe(true);
      expect(reply.received.includes(markerOf(target)), 'words').toBe(true);
      return;
    case 'text':
      expect(reply.received.includes(markerOf(target)), 'words').toBe(true);
      return;
    case 'stored':
      expect(await site.takeStored(target), 'rows that were stored').toBe(ROWS);
      return;
    case 'none':
  }
}

/** Nothing of the target came, and nothing of it was changed. */
export async function expectNothing({ site }: Bench, target: Target, reply: Reply): Promise<void> {
  expect(reply.received.includes(markerOf(target)), 'no word').toBe(false);
  expect(reply.received.includes(labelOf(target)), 'no label').toBe(false);
  expect(await site.takeStored(target), 'nothing stored').toBe(0);
}

/** Exactly one refusal, in one line of at most 400 bytes. Returns the id of the decision. */
export function expectDenied(bench: Bench, reply: Reply): string {
  const refusal = expectRefusal(reply);
  expect(refusal.code, refusal.text).toBe(bench.codes.denied);
  if (refusal.text === undefined) return String(lastDenial(bench)['decision']);
  expect(refusal.text).toMatch(DENIED);
  expect(Buffer.byteLength(refusal.text)).toBeLessThanOrEqual(400);
  return DENIED.exec(refusal.text)?.[1] ?? '';
}

/** One refusal or more: a feature may go on behind the first, and everything of a run that is stopped is refused. */
export function expectStopped(bench: Bench, { refusals, ...reply }: Reply): void {
  expect(refusals.length).toBeGreaterThan(0);
  for (const refusal of refusals) expectDenied(bench, { ...reply, refusals: [refusal] });
}

/** Exactly one answer that an approval is pending. Returns the id of the request. */
export function expectPending(bench: Bench, reply: Reply): string {
  const refusal = expectRefusal(reply);
  expect(refusal.code, refusal.text).toBe(bench.codes.pending);
  if (refusal.text === undefined) return pendingOnFile(bench);
  expect(refusal.text).toMatch(PENDING);
  expect(Buffer.byteLength(refusal.text)).toBeLessThanOrEqual(400);
  return PENDING.exec(refusal.text)?.[1] ?? '';
}

/** Exactly one refusal, by a limit of that rule. */
export function expectLimited(bench: Bench, reply: Reply, rule: string): void {
  const { text } = expectRefusal(reply);
  if (text !== undefined) expect(text).toContain(rule);
  // What was forwarded, and cut off then, is on file with its outcome.
  else if (isDenied(lastIntent(bench)))
    expect(lastIntent(bench)['rules']).toEqual([expect.stringContaining(rule)]);
}

function expectRefusal(reply: Reply): Refusal {
  expect(reply.refusals, JSON.stringify(reply.refusals)).toHaveLength(1);
  const [refusal] = reply.refusals;
  if (refusal === undefined) throw new Error('no refusal');
  return refusal;
}

/** Of a refusal without a text: asks come one after the other, and are on file before they are answered. */
function lastIntent({ site }: Bench): AuditRecord {
  const intent = site.gateway.records().findLast(({ type }) => type === 'exchange.intent');
  if (intent === undefined) throw new Error('nothing is on file');
  return intent;
}

function isDenied(intent: AuditRecord): boolean {
  return intent['effect'] === 'deny';
}

function lastDenial(bench: Bench): AuditRecord {
  const intent = lastIntent(bench);
  expect(isDenied(intent), 'a denial is on file').toBe(true);
  return intent;
}

function pendingOnFile(bench: Bench): string {
  const denial = lastDenial(bench);
  expect(denial['cause']).toBe('approval');
  // Others may have asked since: the request is that of who was denied.
  const records = bench.site.gateway.records();
  const opened = records.find(
    ({ type, session }) => type === 'session.opened' && session === denial['session'],
  );
  const asker = subjectOf(opened?.['principal']);
  const requested = records.findLast(
    ({ type, requester }) => type === 'approval.requested' && subjectOf(requester) === asker,
  );
  return String(requested?.['approval']);
}

function subjectOf(principal: unknown): unknown {
  return typeof principal === 'object' && principal !== null && 'subject' in principal
    ? principal.subject
    : undefined;
}

/** Waits until something holds, for at most ten seconds. */
export async function eventually(what: string, holds: () => Promise<boolean> | boolean): Promise<void> {
  const until = Date.now() + 10_000;
  while (!(await holds())) {
    if (Date.now() > until) throw new Error(`not within 10 s: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

/** Audit events of a connection's sessions, once `isComplete` holds of them. */
export async function recordsOf(
  { site }: Bench,
  { sessions }: Connection,
  isComplete: (records: readonly AuditRecord[]) => boolean,
): Promise<readonly AuditRecord[]> {
  const own = (records: readonly AuditRecord[]): readonly AuditRecord[] =>
    records.filter((record) => sessions.includes(String(record['session'])));
  return own(await site.gateway.recordsUntil((records) => isComplete(own(records))));
}
