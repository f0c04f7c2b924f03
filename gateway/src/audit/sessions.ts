import type { SessionClosed, SessionOpened } from '../model/audit-event.ts';
import type { Principal } from '../model/principal.ts';
import { auditLayout, listSegments } from './layout.ts';
import { OpenWork } from './open-work.ts';
import { type RecordFilter, readAudit, readSegment, readSegmentMark } from './read-audit.ts';
import type { AuditRecord } from './record.ts';

/** Sessions that {@link listSessions} gives when no limit is asked for. */
const DEFAULT_LIMIT = 50;

/** One session at a glance. */
export interface SessionSummary {
  readonly session: string;
  readonly protocol: string;
  readonly principal: Principal;
  readonly resource: string;
  readonly account: string;
  readonly sourceAddress: string;
  /** Id of the session credential that it was opened by, if it was. */
  readonly credential?: string;
  /** ISO 8601, UTC. */
  readonly openedAt: string;
  readonly closedAt?: string;
  readonly state: 'open' | 'closed';
  /** Why it was closed. */
  readonly reason?: string;
  readonly exchanges: number;
  readonly refused: number;
}

/** Which sessions to list; conditions add up. */
export interface SessionFilter {
  /** Opened at or after this time, in milliseconds since the epoch. */
  readonly sinceMs?: number;
  /** Subject of the principal, or its agent id; the whole value. */
  readonly principal?: string;
  readonly resource?: string;
  /** At most this many; 50 unless said. */
  readonly limit?: number;
  readonly onDamaged?: RecordFilter['onDamaged'];
}

/** Bytes in every `session.opened` and `session.closed`. */
const SESSION_EVENTS: Buffer = Buffer.from('"type":"session.');
/** Bytes in every event that belongs to a session. */
const EVENTS_OF_SESSIONS: Buffer = Buffer.from('"session":"');

interface Ending {
  readonly at: string;
  readonly event: SessionClosed;
}

interface Entry {
  readonly opened: SessionOpened;
  readonly at: string;
  ending?: Ending;
}

/**
 * Sessions, the last opened first. Reads segments from the newest back and stops when the limit or `since` is
 * reached; holds the sessions of one segment in memory. Does not verify the chain.
 * @param folder the data folder
 * @throws AuditError `ERR_AUDIT_UNREADABLE`
 */
export async function* listSessions(
  folder: string,
  filter: SessionFilter = {},
): AsyncGenerator<SessionSummary> {
  const layout = auditLayout(folder);
  const segments = [...listSegments(layout)].reverse();
  /** Ends of sessions that were opened in an older segment. */
  const endings = new Map<string, Ending>();
  let live: OpenWork | undefined;
  let left = filter.limit ?? DEFAULT_LIMIT;
  for (const segment of segments) {
    const mark = await readSegmentMark(layout, segment);
    const work = live === undefined ? new OpenWork(mark?.open) : undefined;
    const needle = work === undefined ? SESSION_EVENTS : EVENTS_OF_SESSIONS;
    const records = readSegment(layout, segment, needle, filter.onDamaged);
    const entries = await scanSegment(records, filter, endings, work);
    live ??= work ?? new OpenWork();
    for (const entry of entries.reverse()) {
      if (left <= 0) return;
      left -= 1;
      const { session } = entry.opened;
      yield summaryOf(entry, entry.ending ?? endings.get(session), live.session(session));
      endings.delete(session);
    }
    const latestBefore = Date.parse(mark?.latest ?? '');
    if (left <= 0 || (filter.sinceMs !== undefined && latestBefore < filter.sinceMs)) return;
  }
}

/**
 * All records of one session in the order they were written, streaming; none when there is no such session. Does not
 * verify the chain.
 * @param folder the data folder
 * @throws AuditError `ERR_AUDIT_UNREADABLE`
 */
export async function* showSession(
  folder: string,
  session: string,
  onDamaged?: RecordFilter['onDamaged'],
): AsyncGenerator<AuditRecord> {
  yield* readAudit(folder, { session, ...(onDamaged === undefined ? {} : { onDamaged }) });
}

/** @param work follows what is open, in the newest segment only */
async function scanSegment(
  records: AsyncIterable<AuditRecord>,
  filter: SessionFilter,
  endings: Map<string, Ending>,
  work: OpenWork | undefined,
): Promise<Entry[]> {
  const wanted = new Map<string, Entry>();
  const unwanted = new Set<string>();
  for await (const { event, at } of records) {
    work?.apply(event, Date.parse(at));
    if (event.type === 'session.opened') {
      if (isWanted(event, at, filter)) wanted.set(event.session, { opened: event, at });
      else unwanted.add(event.session);
    }
    if (event.type !== 'session.closed') continue;
    const entry = wanted.get(event.session);
    if (entry !== undefined) entry.ending = { at, event };
    else if (!unwanted.delete(event.session)) endings.set(event.session, { at, event });
  }
  return [...wanted.values()];
}

function isWanted({ principal, resource }: SessionOpened, at: string, filter: SessionFilter): boolean {
  if (filter.sinceMs !== undefined && Date.parse(at) < filter.sinceMs) return false;
  if (filter.resource !== undefined && filter.resource !== resource) return false;
  if (filter.principal === undefined) return true;
  return filter.principal === principal.subject || filter.principal === principal.agent;
}

function summaryOf(
  { opened, at }: Entry,
  ending: Ending | undefined,
  live: { readonly exchanges: number; readonly refused: number } | undefined,
): SessionSummary {
  const { session, protocol, principal, resource, account, sourceAddress, details } = opened;
  const { credential } = details;
  const by = typeof credential === 'string' ? { credential } : {};
  const base = { session, protocol, principal, resource, account, sourceAddress, ...by, openedAt: at };
  if (ending === undefined)
    return { ...base, state: 'open', exchanges: live?.exchanges ?? 0, refused: live?.refused ?? 0 };
  const { reason, exchanges, refused } = ending.event;
  return { ...base, closedAt: ending.at, state: 'closed', reason, exchanges, refused };
}
