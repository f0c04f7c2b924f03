/** Loads the catalog of a database on a connection that is doing nothing else. */
import type { Secret } from '../../../../credentials/secret.ts';
import { BackendType } from '../../wire/backend/backend-type.ts';
import { locateCells } from '../../wire/backend/data-row.ts';
import type { TransactionStatus } from '../../wire/backend/ready-for-query.ts';
import { encodeQuery } from '../../wire/frontend/query.ts';
import { UpstreamError } from '../errors.ts';
import type { ChannelLimits, ServerMessage, ServerPeer } from '../message-channel.ts';
import { type ReadyState, requireStatus, takeAsynchronous } from '../session-start.ts';
import { CATALOG_QUERY, MOST_ROWS } from './catalog-query.ts';
import { type CatalogRow, readCatalogRow } from './catalog-rows.ts';
import { ServerCatalog } from './server-catalog.ts';

/** What a channel has to let through for the answer, in messages and bytes: a table has at most 1600 columns. */
export const CATALOG_LIMITS: ChannelLimits = {
  messageBytes: 1_048_576,
  messages: 8 * MOST_ROWS,
  bytes: 64 * 1_048_576,
};

/**
 * Asks for the catalog and reads to the ReadyForQuery of its own query. Rejects with an UpstreamError or WireError.
 * The status tells whether it is asked in a transaction. A database with more of something than is read yields a catalog that knows nothing, so that masks fail closed.
 */
export async function loadCatalog(
  peer: ServerPeer,
  state: ReadyState,
  {
    secret,
    status,
    text = CATALOG_QUERY,
  }: {
    readonly secret: Secret | undefined;
    readonly status: TransactionStatus;
    /** The query, where the connection has it prepared. */
    readonly text?: string;
  },
): Promise<ServerCatalog> {
  peer.send(encodeQuery(text));
  const rows: CatalogRow[] = [];
  const due: number[] = [BackendType.RowDescription, BackendType.CommandComplete, BackendType.ReadyForQuery];
  while (due.length > 0) {
    const message = await peer.receive();
    if (message.type === BackendType.DataRow && due.length === 2) {
      rows.push(readCatalogRow(readOnlyCell(message)));
    } else if (message.type === due[0]) {
      due.shift();
      if (message.type === BackendType.ReadyForQuery) requireStatus(message, status);
    } else {
      takeAsynchronous(message, state, secret);
    }
  }
  return new ServerCatalog(rows);
}

const PLACES = new Int32Array(2);

function readOnlyCell({ bytes, start, end }: ServerMessage): string {
  const count = locateCells(bytes, { start, end }, PLACES);
  const [at = 0, length = -1] = PLACES;
  if (count !== 1 || length < 0) {
    throw new UpstreamError('ERR_UPSTREAM_PROTOCOL', 'the server described its catalog in another form');
  }
  return bytes.toString('utf8', at, at + length);
}
