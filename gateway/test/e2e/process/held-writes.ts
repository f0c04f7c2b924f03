/**
 * Writes that wait for people, and the people: requests that are pending, granted, being used or denied at the moment of
 * a kill. Nobody approves the text of one mark twice, so it may run once at most, however often clients try again.
 */
import { setTimeout as pause } from 'node:timers/promises';
import type pg from 'pg';
import { askApi } from '../api/api-client.ts';
import type { ClientMemory, Verdict } from './client-memory.ts';
import type { GatewayProcess } from './gateway-process.ts';
import { MARK, type Note, type Worker, withClient } from './marked-load.ts';

/** Takes a mark as often as it comes: there is no constraint, so that a second run would be seen. */
export const HELD_TABLE = 'CREATE TABLE held (mark text)';

/** Group of those who approve. */
export const APPROVER_GROUP = 'dba';

/** How often, after a death, a client tries again what it does not know the end of. */
const MOST_RETRIES = 2;
const RETRIES_A_ROUND = 6;

const writer = (round: number | string): string => `writer-${round}`;

/** The workers of a round. */
export function heldWriters(memory: ClientMemory, round: number): Readonly<Record<string, Worker>> {
  return {
    waiting: withClient(async (client, next, note) => {
      const mark = next();
      const end = await attempt(memory, client, mark);
      if (end !== 'pending') settle(memory, mark);
      note(...told(end, mark));
    }, writer(round)),
    pending: async (gateway, next, note) => {
      const client = await gateway.connect({ claims: { sub: writer(round) } });
      for (;;) {
        const mark = next();
        await transaction(memory, client, mark, note);
        // One that nobody answers in this round is left for the next.
        while (!memory.answered.has(mark) && !isLeft(mark)) {
          if (gateway.isKilled()) return;
          await pause(2);
        }
        await transaction(memory, client, mark, note);
      }
    },
    retry: (gateway, _next, note) => retryUnsettled(memory, gateway, round, note),
    dana: approver(memory, round, 'dana'),
    dave: approver(memory, round, 'dave'),
  };
}

type End = 'ran' | 'denied' | 'pending';

/** Tries it once; rejects where nobody knows what became of it. */
async function attempt(memory: ClientMemory, client: pg.Client, mark: string): Promise<End> {
  memory.unsettled.set(mark, memory.unsettled.get(mark) ?? 0);
  try {
    await client.query(`INSERT INTO held VALUES ('${mark}')`);
  } catch (error) {
    const { code, message } = error as pg.DatabaseError;
    const [, id] = /^APPROVAL_PENDING \[(apr_[^\]]+)\]/.exec(message) ?? [];
    if (code === 'SPA01' && id !== undefined) {
      memory.requested.add(id);
      return 'pending';
    }
    if (code !== '42501') throw error;
    if (!memory.denied.has(mark)) memory.wrong.push(`denied by nobody: ${mark}: ${message}`);
    return 'denied';
  }
  if (!memory.approved.has(mark)) memory.wrong.push(`ran without an approval: ${mark}`);
  return 'ran';
}

const told = (end: End, mark: string): [string[], string[]] => (end === 'ran' ? [[mark], [mark]] : [[], []]);

function settle(memory: ClientMemory, mark: string): void {
  memory.unsettled.delete(mark);
}

/** The same inside of a transaction, where nobody waits. */
async function transaction(memory: ClientMemory, client: pg.Client, mark: string, note: Note): Promise<void> {
  await client.query('BEGIN');
  const end = await attempt(memory, client, mark);
  if (end === 'ran') note([mark]);
  await client.query(end === 'ran' ? 'COMMIT' : 'ROLLBACK');
  if (end !== 'pending') settle(memory, mark);
  note(...told(end, mark));
}

/** Tries again what earlier rounds left without an end: the grants of then must be good once, or never. */
async function retryUnsettled(
  memory: ClientMemory,
  gateway: GatewayProcess,
  round: number,
  note: Note,
): Promise<void> {
  const old = [...memory.unsettled]
    .filter(([mark, tries]) => roundOf(mark) < round && tries < MOST_RETRIES)
    .slice(0, RETRIES_A_ROUND);
  for (const [mark, tries] of old) {
    memory.unsettled.set(mark, tries + 1);
    const client = await gateway.connect({ claims: { sub: writer(roundOf(mark)) } });
    await transaction(memory, client, mark, note);
    await client.end();
  }
}

/** Answers what is open, for ever. Two of them race for every request. */
function approver(memory: ClientMemory, round: number, sub: string): Worker {
  return async (gateway, _next, note) => {
    const token = await gateway.issuer.token({ sub, client_id: 'inbox', groups: [APPROVER_GROUP] });
    const seen = new Set<string>();
    for (;;) {
      const { json } = await askApi(gateway, '/v1/approvals?status=open&limit=50', { token });
      for (const { id } of (json as { readonly approvals: readonly { readonly id: string }[] }).approvals) {
        if (seen.has(id)) continue;
        seen.add(id);
        await decide(memory, gateway, { id, token, round }, note);
      }
      await pause(5);
    }
  };
}

async function decide(
  memory: ClientMemory,
  gateway: GatewayProcess,
  { id, token, round }: { readonly id: string; readonly token: string; readonly round: number },
  note: Note,
): Promise<void> {
  const shown = await askApi(gateway, `/v1/approvals/${id}`, { token });
  const { text, digest } = shown.json as { readonly text: string; readonly digest: string };
  const [mark = ''] = text.match(MARK) ?? [];
  memory.requested.add(id);
  if (isLeft(mark) && roundOf(mark) === round) return;
  const verdict = verdictOn(memory, id, mark);
  const path = `/v1/approvals/${id}/${verdict}`;
  const { status, text: said } = await askApi(gateway, path, { token, body: { digest } });
  if (status === 200) {
    memory.acknowledged.set(id, verdict);
    memory.answered.add(mark);
  }
  // Otherwise the other one was first, or the request is over.
  else if (status !== 409) memory.wrong.push(`${verdict} of ${id}: ${status} ${said}`);
  note([]);
}

function verdictOn(memory: ClientMemory, id: string, mark: string): Verdict {
  const before = memory.sent.get(id);
  if (before !== undefined) return before;
  const verdict = numberOf(mark) % 5 === 0 || memory.approved.has(mark) ? 'deny' : 'approve';
  memory.sent.set(id, verdict);
  (verdict === 'approve' ? memory.approved : memory.denied).add(mark);
  return verdict;
}

/** Whether nobody answers it in its own round. */
const isLeft = (mark: string): boolean => numberOf(mark) % 4 === 3;
const roundOf = (mark: string): number => Number(/^r(\d+)-/.exec(mark)?.[1]);
const numberOf = (mark: string): number => Number(/-(\d+)$/.exec(mark)?.[1]);
