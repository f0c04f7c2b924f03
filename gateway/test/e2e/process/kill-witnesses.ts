/**
 * What must hold of a gateway that was killed: clients' notes, the database, the audit and the recordings, held against
 * each other.
 */
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { expect } from 'vitest';
import { checkRecording } from '../../../src/recording/check-recording.ts';
import { openSource } from '../../../src/recording/frame-reader.ts';
import {
  findRecording,
  listDays,
  listOpenMarks,
  listSessions,
  type RecordingPlace,
  recordingLayout,
  recordingPath,
} from '../../../src/recording/layout.ts';
import { replayRecording } from '../../../src/recording/replay.ts';
import type { AuditRecord } from '../../support/gateway.ts';
import { askApi } from '../api/api-client.ts';
import type { ClientMemory } from './client-memory.ts';
import type { GatewayProcess } from './gateway-process.ts';
import { APPROVER_GROUP } from './held-writes.ts';
import { MARK, type Notes } from './marked-load.ts';
import { SECRET_VALUES } from './masked-reads.ts';

const of = (records: readonly AuditRecord[], type: string): readonly AuditRecord[] =>
  records.filter((one) => one['type'] === type);

const marksIn = (value: unknown): readonly string[] => JSON.stringify(value).match(MARK) ?? [];

/** Marks of all permitted intents. */
function permittedMarks(records: readonly AuditRecord[]): ReadonlySet<string> {
  const intents = of(records, 'exchange.intent').filter((one) => one['effect'] === 'permit');
  return new Set(intents.flatMap((intent) => marksIn(intent['request'])));
}

const withoutRow = (id: string): string => id.replace(/\.\d+$/, '');

/** What is in the database: rows of free writes, and of held ones, each as often as it is there. */
export interface Rows {
  readonly ledger: readonly string[];
  readonly held: readonly string[];
}

/** The moment after a kill, before anybody repairs anything. */
export function checkDeath(notes: Notes, rows: Rows, records: readonly AuditRecord[]): void {
  const recorded = permittedMarks(records);
  const unrecorded = (marks: Iterable<string>): readonly string[] =>
    [...marks].filter((mark) => !recorded.has(withoutRow(mark)));
  expect(notes.failures, 'no work fails while the gateway lives').toEqual([]);
  expect(unrecorded(notes.answered), 'answered, but not on file').toEqual([]);
  expect(unrecorded([...rows.ledger, ...rows.held]), 'in PostgreSQL, but not on file').toEqual([]);
  const present = new Set([...rows.ledger, ...rows.held]);
  const lost = [...notes.committed].filter((id) => !present.has(id));
  expect(lost, 'acknowledged, but lost').toEqual([]);
}

/** Held statements ran once at most, and only those that somebody approved. */
export function checkHeld(memory: ClientMemory, held: readonly string[]): void {
  expect(
    held.filter((mark, at) => held.indexOf(mark) !== at),
    'ran twice',
  ).toEqual([]);
  expect(
    held.filter((mark) => !memory.approved.has(mark)),
    'ran without an approval',
  ).toEqual([]);
  expect(memory.wrong).toEqual([]);
}

/** What a new process says of requests that clients and approvers were told of. */
export async function checkRequests(
  gateway: GatewayProcess,
  memory: ClientMemory,
  ids: Iterable<string>,
): Promise<void> {
  const token = await gateway.issuer.token({ sub: 'dana', client_id: 'inbox', groups: [APPROVER_GROUP] });
  for (const id of ids) {
    const { status, json } = await askApi(gateway, `/v1/approvals/${id}`, { token });
    expect(status, `${id} is lost`).toBe(200);
    const verdict = memory.acknowledged.get(id);
    const states =
      verdict === undefined
        ? ['open', 'approved', 'consumed', 'denied']
        : { approve: ['approved', 'consumed'], deny: ['denied'] }[verdict];
    expect(states, id).toContain((json as { readonly status: string }).status);
  }
}

/** Requests, answers, grants and their use stand on the audit in this order, each once. */
export function checkGrants(memory: ClientMemory, records: readonly AuditRecord[]): void {
  const at = (type: string, key: string): ReadonlyMap<unknown, number> => {
    const places = new Map<unknown, number>();
    for (const [place, one] of records.entries()) {
      if (one['type'] !== type) continue;
      expect(places.has(one[key]), `${type} twice: ${String(one[key])}`).toBe(false);
      places.set(one[key], place);
    }
    return places;
  };
  const requested = at('approval.requested', 'approval');
  const granted = at('approval.granted', 'grant');
  const consumed = at('approval.consumed', 'grant');
  for (const [grant, place] of consumed) {
    const grantedAt = granted.get(grant) ?? Infinity;
    const asked = requested.get(records[grantedAt]?.['approval']) ?? Infinity;
    expect([asked < grantedAt, grantedAt < place], String(grant)).toEqual([true, true]);
  }
  const used = of(records, 'exchange.intent').flatMap((one) => one['grant'] ?? []);
  expect(new Set(used).size, 'one statement for a grant').toBe(used.length);
  expect(used.filter((grant) => !consumed.has(grant))).toEqual([]);
  const answers = new Set(
    of(records, 'approval.answered').map((one) => `${one['verdict']} ${one['approval']}`),
  );
  const unrecorded = [...memory.acknowledged].filter(([id, verdict]) => !answers.has(`${verdict} ${id}`));
  expect(unrecorded, 'acknowledged, but not on file').toEqual([]);
  expect([...memory.requested].filter((id) => !requested.has(id))).toEqual([]);
  expect(used.length).toBeGreaterThan(0);
}

/** Credentials were used as often as they may be, and every use that somebody was told of is on file. */
export function checkCredentials(memory: ClientMemory, records: readonly AuditRecord[]): void {
  const uses = of(records, 'credential.used');
  const issued = new Set(of(records, 'credential.issued').map((one) => one['credential']));
  const revoked = new Set(of(records, 'credential.revoked').map((one) => one['credential']));
  for (const { id, uses: most, opened, revocation } of memory.credentials) {
    const used = uses.filter((one) => one['credential'] === id).length;
    expect(issued.has(id), id).toBe(true);
    expect(used, id).toBeLessThanOrEqual(most);
    expect(used, id).toBeGreaterThanOrEqual(opened);
    if (revocation === 'acknowledged') expect(revoked.has(id), id).toBe(true);
  }
  expect(uses.length).toBeGreaterThan(0);
}

/** Everything that was begun has an end on file, and what a dead process left open ended as `unknown`. */
export function checkEndings(records: readonly AuditRecord[]): void {
  const begun = new Set<unknown>();
  const ended = new Set<unknown>();
  let unknown = 0;
  for (const one of records) {
    const { exchange } = one;
    if (one['type'] === 'exchange.intent' && one['effect'] === 'permit') begun.add(exchange);
    if (one['type'] !== 'exchange.outcome') continue;
    expect(
      [begun.has(exchange), ended.has(exchange)],
      `one outcome, after its intent: ${String(exchange)}`,
    ).toEqual([true, false]);
    ended.add(exchange);
    if (one['status'] === 'unknown') unknown += 1;
  }
  expect([...begun].filter((exchange) => !ended.has(exchange))).toEqual([]);
  expect(unknown).toBeGreaterThan(0);
  const closed = new Set(of(records, 'session.closed').map((one) => one['session']));
  expect(of(records, 'session.opened').filter((one) => !closed.has(one['session']))).toEqual([]);
}

/**
 * Recordings that a death cut off can be read before anybody repairs them, up to their last whole frame. Where none of
 * it had been written yet, the audit was told of none.
 */
export async function checkCutRecordings(dataDir: string, records: readonly AuditRecord[]): Promise<void> {
  const layout = recordingLayout(dataDir);
  for (const { session } of listOpenMarks(layout)) {
    if (findRecording(layout, session) !== undefined) await readWhole(dataDir, session);
    else expect(of(records, 'recording.mark').filter((one) => one['session'] === session)).toEqual([]);
  }
}

async function readWhole(dataDir: string, session: string): Promise<readonly string[]> {
  const types: string[] = [];
  for await (const entry of replayRecording(recordingLayout(dataDir), session)) types.push(entry.type);
  if (types.length > 0) expect(types[0]).toBe('session');
  return types;
}

/** After a start nothing is open any more; `isAll` looks into each recording and holds it against the audit. */
export async function checkRecordings(dataDir: string, records?: readonly AuditRecord[]): Promise<void> {
  const layout = recordingLayout(dataDir);
  expect(listOpenMarks(layout)).toEqual([]);
  if (records === undefined) return;
  const told = Map.groupBy(
    [...of(records, 'recording.mark'), ...of(records, 'recording.closed')],
    (one) => one['session'],
  );
  const places: readonly RecordingPlace[] = listDays(layout).flatMap((day) =>
    listSessions(layout, day).map((session) => ({ day, session })),
  );
  expect([...told.keys()].filter((session) => !places.some((one) => one.session === session))).toEqual([]);
  for (const place of places) {
    const source = await openSource(recordingPath(layout, place));
    const extents = (told.get(place.session) ?? []).map(({ bytes, chain }) => ({
      bytes: Number(bytes),
      chain: String(chain),
    }));
    const report = await checkRecording(source, extents);
    await source.close();
    expect(report.findings, place.session).toEqual([]);
    expect(report.end, place.session).toBeDefined();
    await readWhole(dataDir, place.session);
  }
}

/** No file of the gateway holds a value that masks took out. */
export function checkSecrets(dataDir: string): void {
  for (const name of readdirSync(dataDir, { recursive: true, encoding: 'utf8', withFileTypes: true })) {
    if (!name.isFile()) continue;
    const bytes = readFileSync(path.join(name.parentPath, name.name));
    expect(
      SECRET_VALUES.filter((secret) => bytes.includes(secret)),
      name.name,
    ).toEqual([]);
  }
}
