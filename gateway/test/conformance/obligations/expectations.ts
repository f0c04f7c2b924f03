/** What cases of several obligations expect. */
import { expect } from 'vitest';
import type { AuditRecord } from '../../support/gateway.ts';
import { type Bench, type Feature, labelOf, markerOf, type Reply, ROWS, type Target } from '../driver.ts';

const DENIED = /^POLICY_DENIED \[(dec_[0-9a-z_]+)\] [^\r\n]+$/;
const PENDING = /^APPROVAL_PENDING \[(apr_[\w-]+)\] [^\r\n]+$/;

/** The ask was permitted, and its data came whole. */
export async function expectDelivered(
  { site }: Bench,
  feature: Feature,
  { target, reply }: { readonly target: Target; readonly reply: Reply },
): Promise<void> {
  expect(reply.refusals).toEqual([]);
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
export function expectDenied({ codes }: Bench, reply: Reply): string {
  expect(reply.refusals, JSON.stringify(reply.refusals)).toHaveLength(1);
  const [refusal] = reply.refusals;
  expect(refusal?.code, refusal?.text).toBe(codes.denied);
  expect(refusal?.text).toMatch(DENIED);
  expect(Buffer.byteLength(refusal?.text ?? '')).toBeLessThanOrEqual(400);
  return DENIED.exec(refusal?.text ?? '')?.[1] ?? '';
}

/** Exactly one answer that an approval is pending. Returns the id of the request. */
export function expectPending({ codes }: Bench, reply: Reply): string {
  expect(reply.refusals, JSON.stringify(reply.refusals)).toHaveLength(1);
  const [refusal] = reply.refusals;
  expect(refusal?.code, refusal?.text).toBe(codes.pending);
  expect(refusal?.text).toMatch(PENDING);
  expect(Buffer.byteLength(refusal?.text ?? '')).toBeLessThanOrEqual(400);
  return PENDING.exec(refusal?.text ?? '')?.[1] ?? '';
}

/** Waits until something holds, for at most ten seconds. */
export async function eventually(what: string, holds: () => Promise<boolean> | boolean): Promise<void> {
  const until = Date.now() + 10_000;
  while (!(await holds())) {
    if (Date.now() > until) throw new Error(`not within 10 s: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

/** Audit events of one session, once `isComplete` holds of them. */
export async function recordsOf(
  { site }: Bench,
  session: string,
  isComplete: (records: readonly AuditRecord[]) => boolean,
): Promise<readonly AuditRecord[]> {
  const own = (records: readonly AuditRecord[]): readonly AuditRecord[] =>
    records.filter((record) => record['session'] === session);
  return own(await site.gateway.recordsUntil((records) => isComplete(own(records))));
}
