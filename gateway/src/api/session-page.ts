import { listSessions, type SessionSummary } from '../audit/sessions.ts';
import type { ApiSession, Damage, SessionPage, SessionQuery } from './contract/session.ts';
import { cursorError, decodeCursor, encodeCursor } from './cursor.ts';

/** Most damaged lines that an answer names. */
const MAX_DAMAGED = 10;
/** A page ends when it fills this many bytes of JSON: tokens, and so principals, may be large (P10). */
const PAGE_BYTES = 2 * 1024 * 1024;
const CURSOR = 's1';

/**
 * One page of the sessions on file, the last opened first.
 * @param folder the data folder
 * @param live ids of the sessions that run on this gateway
 * @throws ApiError `ERR_API_CURSOR`; AuditError `ERR_AUDIT_UNREADABLE`
 */
export async function readSessionPage(
  folder: string,
  query: SessionQuery,
  live: ReadonlySet<string>,
): Promise<SessionPage> {
  const damage = new DamageList();
  const sessions: ApiSession[] = [];
  let bytes = 0;
  let after = query.cursor === undefined ? undefined : decodeCursor(CURSOR, query.cursor);
  const found = listSessions(folder, {
    ...(query.since === undefined ? {} : { sinceMs: Date.parse(query.since) }),
    ...(query.principal === undefined ? {} : { principal: query.principal }),
    ...(query.resource === undefined ? {} : { resource: query.resource }),
    limit: Number.MAX_SAFE_INTEGER,
    onDamaged: (file, offset) => damage.add(file, offset),
  });
  for await (const session of found) {
    if (after !== undefined) {
      if (session.session === after) after = undefined;
      continue;
    }
    if (!isWanted(session, query)) continue;
    const last = sessions.at(-1);
    bytes += JSON.stringify(session).length;
    if (last !== undefined && (sessions.length === query.limit || bytes > PAGE_BYTES)) {
      return { sessions, nextCursor: encodeCursor(CURSOR, last.session), damaged: damage.list };
    }
    sessions.push({ ...session, live: live.has(session.session) });
  }
  if (after !== undefined) throw cursorError();
  return { sessions, damaged: damage.list };
}

function isWanted(session: SessionSummary, { until, state }: SessionQuery): boolean {
  if (state !== undefined && session.state !== state) return false;
  return until === undefined || Date.parse(session.openedAt) < Date.parse(until);
}

/** Collects damaged lines in bounded memory. */
export class DamageList {
  readonly #list: Damage[] = [];

  /** Adds one, or drops it when enough are named. */
  add(file: string, offset: number): void {
    if (this.#list.length < MAX_DAMAGED) this.#list.push({ file, offset });
  }

  /** Those that are named. */
  get list(): readonly Damage[] {
    return this.#list;
  }
}
