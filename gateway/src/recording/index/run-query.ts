/** Runs of agents, put together from the sessions that the index knows. */
import type { Store } from '../../store/open-store.ts';
import { recordingError } from '../errors.ts';

/** What names a run: its own id is the agent's word within a token, so it counts with who says it. */
export interface RunKey {
  readonly subject: string;
  readonly agent?: string;
  readonly run: string;
}

/** Which runs to find; conditions add up. */
export interface RunSearch {
  /** Subject of the principal or its agent id, the whole value; likewise the others. */
  readonly principal?: string;
  readonly run?: string;
  readonly resource?: string;
  readonly limit: number;
  /** `next` of the page before. */
  readonly cursor?: string;
}

/** A run at a glance. Times are milliseconds since the epoch. */
export interface FoundRun extends RunKey {
  readonly startedMs: number;
  /** Absent while one of its sessions is open. */
  readonly endedMs?: number;
  readonly sessions: number;
  readonly exchanges: number;
  readonly refused: number;
  readonly protocols: readonly string[];
  readonly resources: readonly string[];
}

/** A page of them, the last begun first. */
export interface RunPage {
  readonly runs: readonly FoundRun[];
  readonly next?: string;
}

/** A session of a run. */
export interface RunSession {
  readonly session: string;
  readonly protocol: string;
  readonly resource: string;
  readonly account: string;
  readonly openedMs: number;
  readonly endedMs?: number;
  readonly exchanges: number;
  readonly refused: number;
}

/** Most sessions that are listed of one run; it says how many there are. */
const MAX_SESSIONS = 500;

const SUMMARY = `SELECT subject, agent, run, MIN(opened_ms) AS started, MAX(id) AS newest, COUNT(*) AS sessions,
  SUM(exchanges) AS exchanges, SUM(refused) AS refused, json_group_array(DISTINCT protocol) AS protocols,
  json_group_array(DISTINCT resource) AS resources,
  CASE WHEN SUM(state = 'open') > 0 THEN NULL ELSE MAX(ended_ms) END AS ended FROM sessions`;

/** @throws RecordingError `ERR_RECORDING_QUERY` */
export function findRuns({ database }: Store, search: RunSearch): RunPage {
  const { principal, run, resource, limit, cursor } = search;
  if (cursor !== undefined && !/^[0-9]{1,16}$/.test(cursor)) {
    throw recordingError('ERR_RECORDING_QUERY', 'the cursor is none of this search');
  }
  const conditions = ['run IS NOT NULL'];
  const values: (string | number)[] = [];
  const add = (condition: string, ...own: readonly string[]): void => {
    conditions.push(condition);
    values.push(...own);
  };
  if (principal !== undefined) add('(subject = ? OR agent = ?)', principal, principal);
  if (run !== undefined) add('run = ?', run);
  if (resource !== undefined) add('resource = ?', resource);
  const rows = database
    .prepare(
      `${SUMMARY} WHERE ${conditions.join(' AND ')} GROUP BY run, subject, agent HAVING newest < ?
       ORDER BY newest DESC LIMIT ?`,
    )
    .all(...values, cursor === undefined ? Number.MAX_SAFE_INTEGER : Number(cursor), limit + 1);
  const runs = rows.slice(0, limit).map(toRun);
  const last = rows[limit - 1];
  return rows.length > limit && last !== undefined ? { runs, next: String(last['newest']) } : { runs };
}

/** One run with its sessions, the first opened first; undefined where there is none. */
export function showRun(
  { database }: Store,
  { subject, agent, run }: RunKey,
): { readonly run: FoundRun; readonly sessions: readonly RunSession[] } | undefined {
  const where = 'WHERE run = ? AND subject = ? AND agent IS ?';
  const key = [run, subject, agent ?? null] as const;
  const row = database.prepare(`${SUMMARY} ${where} GROUP BY run, subject, agent`).get(...key);
  if (row === undefined) return undefined;
  const sessions = database
    .prepare(`SELECT * FROM sessions ${where} ORDER BY opened_ms, id LIMIT ${MAX_SESSIONS}`)
    .all(...key)
    .map(toSession);
  return { run: toRun(row), sessions };
}

type Row = Record<string, unknown>;

function toRun(row: Row): FoundRun {
  return {
    subject: String(row['subject']),
    ...(typeof row['agent'] === 'string' ? { agent: row['agent'] } : {}),
    run: String(row['run']),
    startedMs: Number(row['started']),
    ...(typeof row['ended'] === 'number' ? { endedMs: row['ended'] } : {}),
    sessions: Number(row['sessions']),
    exchanges: Number(row['exchanges']),
    refused: Number(row['refused']),
    protocols: JSON.parse(String(row['protocols'])) as readonly string[],
    resources: JSON.parse(String(row['resources'])) as readonly string[],
  };
}

function toSession(row: Row): RunSession {
  return {
    session: String(row['session']),
    protocol: String(row['protocol']),
    resource: String(row['resource']),
    account: String(row['account']),
    openedMs: Number(row['opened_ms']),
    ...(typeof row['ended_ms'] === 'number' ? { endedMs: row['ended_ms'] } : {}),
    exchanges: Number(row['exchanges']),
    refused: Number(row['refused']),
  };
}
