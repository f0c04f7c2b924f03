import { BackendType } from '../../wire/backend/backend-type.ts';
import { locateCells } from '../../wire/backend/data-row.ts';
import { encodeQuery } from '../../wire/frontend/query.ts';
import type { ServerMessage, ServerPeer } from '../message-channel.ts';
import { takeAsynchronous } from '../session-start.ts';

/**
 * What an account is and may do, beyond what every login is checked for. Names are qualified, and operators too, so that
 * no schema of the search path can answer in place of the catalog.
 */
const QUERY = `
SELECT (EXTRACT(epoch FROM pg_catalog.clock_timestamp()) OPERATOR(pg_catalog.*) 1000)::pg_catalog.int8::pg_catalog.text,
       pg_catalog.host(pg_catalog.inet_client_addr()),
       pg_catalog.concat_ws(', ',
         CASE WHEN r.rolsuper THEN 'SUPERUSER' END,
         CASE WHEN r.rolbypassrls THEN 'BYPASSRLS' END,
         CASE WHEN r.rolcreaterole THEN 'CREATEROLE' END,
         CASE WHEN r.rolcreatedb THEN 'CREATEDB' END,
         CASE WHEN r.rolreplication THEN 'REPLICATION' END),
       (SELECT pg_catalog.count(*)::pg_catalog.text
          FROM pg_catalog.pg_class c
         WHERE c.relkind OPERATOR(pg_catalog.=) ANY (ARRAY['r', 'p']::pg_catalog."char"[])
           AND c.oid OPERATOR(pg_catalog.>=) 16384::pg_catalog.oid
           AND pg_catalog.pg_has_role(session_user, c.relowner, 'MEMBER'))
  FROM pg_catalog.pg_roles r
 WHERE r.rolname OPERATOR(pg_catalog.=) session_user`;

const COLUMNS = 4;

/** What the server says of the session and its login. */
export interface AccountFacts {
  /** The server's clock, milliseconds since the epoch. */
  readonly serverMs: number;
  /** The gateway's address as the server sees it; undefined over a local socket. */
  readonly clientAddress: string | undefined;
  /** Attributes of the login that agents have no need of: `CREATEROLE`… */
  readonly attributes: readonly string[];
  /** Tables that the login owns, by itself or by membership. */
  readonly ownedTables: number;
}

/** Asks, and reads to the end of the answer. @throws UpstreamError */
export async function readAccountFacts(peer: ServerPeer): Promise<AccountFacts> {
  peer.send(encodeQuery(QUERY));
  let cells: readonly (string | undefined)[] = [];
  const state = { parameters: new Map<string, string>(), notices: [] };
  for (;;) {
    const message = await peer.receive();
    if (message.type === BackendType.ReadyForQuery) break;
    if (message.type === BackendType.DataRow) cells = readCells(message);
    else if (message.type !== BackendType.RowDescription && message.type !== BackendType.CommandComplete) {
      takeAsynchronous(message, state, undefined);
    }
  }
  const [serverMs, clientAddress, attributes = '', owned] = cells;
  return {
    serverMs: Number(serverMs),
    clientAddress,
    attributes: attributes === '' ? [] : attributes.split(', '),
    ownedTables: Number(owned),
  };
}

function readCells({ bytes, start, end }: ServerMessage): readonly (string | undefined)[] {
  const places = new Int32Array(2 * COLUMNS);
  if (locateCells(bytes, { start, end }, places) !== COLUMNS) return [];
  return Array.from({ length: COLUMNS }, (_, index) => {
    const at = places[2 * index] ?? 0;
    const length = places[2 * index + 1] ?? -1;
    return length < 0 ? undefined : bytes.toString('utf8', at, at + length);
  });
}
