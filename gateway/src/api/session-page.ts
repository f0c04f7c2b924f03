import { listSessions, type SessionSummary } from '../audit/sessions.ts';
import type { ApiSession, Damage, SessionPage, SessionQuery } from './contract/session.ts';
import { cursorError, decodeCursor, encodeCursor } from './cursor.ts';

/** Most damaged lines that an answer names. */
const MAX_DAMAGED = 10;
const CURSOR = 's1';

/**
 * One page of the sessions on file, the last opened first.
 * @param folder the data folder
 * @param isLive whether a session runs on this gateway
 * @throws ApiError `ERR_API_CURSOR`; AuditError `ERR_AUDIT_UNREADABLE`
 */
export async function readSessionPage(
  folder: string,
  query: SessionQuery,
  isLive: (session: string) => boolean,
): Promise<SessionPage> {
  const damage = new DamageList();
  const sessions: ApiSession[] = [];
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
    if (last !== undefined && sessions.length === query.limit) {
      return { sessions, nextCursor: encodeCursor(CURSOR, last.session), damaged: damage.list };
    }
    sessions.push({ ...session, live: isLive(session.session) });
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
