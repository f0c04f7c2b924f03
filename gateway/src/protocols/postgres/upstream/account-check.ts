import type { Secret } from '../../../credentials/secret.ts';
import type { PostgresAccount } from '../config.ts';
import { BackendType } from '../wire/backend/backend-type.ts';
import { locateCells } from '../wire/backend/data-row.ts';
import type { TransactionStatus } from '../wire/backend/ready-for-query.ts';
import { encodeQuery } from '../wire/frontend/query.ts';
import { UpstreamError } from './errors.ts';
import type { ServerMessage, ServerPeer } from './message-channel.ts';
import { parseRoutines, ROUTINES_EXPRESSION, type ServerRoutines } from './server-routines.ts';
import { type ReadyState, requireStatus, takeAsynchronous } from './session-start.ts';
import type { PinnedSettings } from './startup-parameters.ts';

/**
 * Asks the server who the session really is. Every name and operator is qualified, so that no schema of the search
 * path can answer in its place. What counts is all roles the session may act as (SET ROLE, inherited rights), from
 * `session_user`, which a `role` setting of the login does not change: superusers, roles that bypass row security, roles
 * that reach the server's files and programs and so become superuser, and before version 16 CREATEROLE, which can grant
 * itself these.
 */
export const ACCOUNT_QUERY: string = `
SELECT pg_catalog.current_setting('server_version_num'),
       pg_catalog.current_setting('search_path'),
       pg_catalog.string_agg(r.rolname::pg_catalog.text, ', ') FILTER (WHERE
         r.rolsuper OR r.rolbypassrls
         OR r.rolname OPERATOR(pg_catalog.=) ANY (ARRAY[
              'pg_execute_server_program', 'pg_read_server_files', 'pg_write_server_files']::pg_catalog.name[])
         OR (r.rolcreaterole AND pg_catalog.current_setting('server_version_num')::pg_catalog.int4
              OPERATOR(pg_catalog.<) 160000)),
       ${ROUTINES_EXPRESSION}
  FROM pg_catalog.pg_roles r
 WHERE pg_catalog.pg_has_role(session_user, r.oid, 'MEMBER')`;

const COLUMNS = 4;

/** What the check yields. */
export interface AccountFacts {
  /** `server_version_num`, for example 180004. */
  readonly serverVersion: number;
  readonly routines: ServerRoutines;
}

/**
 * Refuses a login that may do more than the resource allows (ERR_UPSTREAM_SUPERUSER) and a server on which a pinned
 * setting has another value (ERR_UPSTREAM_SETTING). Reads to the ReadyForQuery of its own query.
 */
export async function checkAccount(
  peer: ServerPeer,
  state: ReadyState,
  expected: {
    readonly account: PostgresAccount;
    readonly pinned: PinnedSettings;
    readonly secret: Secret | undefined;
    /** Whether it is asked in a transaction. */
    readonly status: TransactionStatus;
    /** The query, where the connection has it prepared. */
    readonly text?: string;
  },
): Promise<AccountFacts> {
  peer.send(encodeQuery(expected.text ?? ACCOUNT_QUERY));
  const [version = '', searchPath, privileged, routines] = await readOneRow(peer, state, expected);
  if (!/^[1-9][0-9]{4,6}$/.test(version)) {
    throw new UpstreamError('ERR_UPSTREAM_PROTOCOL', 'the server told no version number');
  }
  // Before version 18 only the query tells the search path; where the server reports it too, both must agree.
  const reports = [['search_path', searchPath] as const, ...state.parameters];
  for (const [name, value] of expected.pinned) {
    const seen = reports.filter((report) => report[0] === name);
    if (seen.length === 0 || seen.some((report) => report[1] !== value)) throw notPinned(name, value);
  }
  if (privileged !== undefined && !expected.account.allowSuperuser) {
    throw new UpstreamError(
      'ERR_UPSTREAM_SUPERUSER',
      `account ${expected.account.name} acts as ${privileged.slice(0, 200)} (superuser, bypasses row security, or can ` +
        'become one); use a lesser login, or set allowSuperuser',
    );
  }
  return { serverVersion: Number(version), routines: parseRoutines(routines) };
}

/** Reads the answer to the query: RowDescription, one DataRow, CommandComplete, ReadyForQuery. */
async function readOneRow(
  peer: ServerPeer,
  state: ReadyState,
  { secret, status }: { readonly secret: Secret | undefined; readonly status: TransactionStatus },
): Promise<readonly (string | undefined)[]> {
  let row: readonly (string | undefined)[] | undefined;
  const due = [
    BackendType.RowDescription,
    BackendType.DataRow,
    BackendType.CommandComplete,
    BackendType.ReadyForQuery,
  ];
  for (let step = 0; step < due.length; ) {
    const message = await peer.receive();
    if (message.type !== due[step]) {
      takeAsynchronous(message, state, secret);
      continue;
    }
    step += 1;
    if (message.type === BackendType.DataRow) row = readCells(message);
    if (message.type === BackendType.ReadyForQuery) requireStatus(message, status);
  }
  return row ?? [];
}

function readCells(message: ServerMessage): readonly (string | undefined)[] {
  const { bytes, start, end } = message;
  const places = new Int32Array(2 * COLUMNS);
  const count = locateCells(bytes, { start, end }, places);
  if (count !== COLUMNS) {
    throw new UpstreamError(
      'ERR_UPSTREAM_PROTOCOL',
      `the server sent ${count} columns, ${COLUMNS} were asked for`,
    );
  }
  return Array.from({ length: COLUMNS }, (_, index) => {
    const at = places[2 * index] ?? 0;
    const length = places[2 * index + 1] ?? -1;
    return length < 0 ? undefined : bytes.toString('utf8', at, at + length);
  });
}

function notPinned(name: string, value: string): UpstreamError {
  const message = `the server did not take ${name} = ${value}; look for a login trigger or a pooler that drops it`;
  return new UpstreamError('ERR_UPSTREAM_SETTING', message);
}
