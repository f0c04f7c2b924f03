import { MessageChannel } from '../../../src/protocols/postgres/upstream/message-channel.ts';
import type { UpstreamConnection } from '../../../src/protocols/postgres/upstream.ts';
import { locateCells } from '../../../src/protocols/postgres/wire/backend/data-row.ts';
import { decodeErrorResponse } from '../../../src/protocols/postgres/wire/backend/error-response.ts';
import { encodeQuery } from '../../../src/protocols/postgres/wire/frontend/query.ts';

const DATA_ROW = 0x44;
const ERROR_RESPONSE = 0x45;
const READY_FOR_QUERY = 0x5a;

/** What a query brought: the first cells of its rows, and the SQLSTATE of an error. */
export interface Answer {
  readonly cells: readonly string[];
  readonly sqlstate: string | undefined;
}

/** Runs a simple query on a connection that nobody else reads. */
export async function ask(connection: UpstreamConnection, text: string): Promise<Answer> {
  const channel = new MessageChannel(connection.socket);
  channel.send(encodeQuery(text));
  const cells: string[] = [];
  let sqlstate: string | undefined;
  for (;;) {
    const { type, bytes, start, end } = await channel.receive();
    if (type === ERROR_RESPONSE) sqlstate = decodeErrorResponse(bytes, start, end).code;
    if (type === DATA_ROW) {
      const places = new Int32Array(32);
      locateCells(bytes, { start, end }, places);
      const [at = 0, length = 0] = places;
      cells.push(bytes.toString('utf8', at, at + Math.max(0, length)));
    }
    if (type === READY_FOR_QUERY) {
      channel.detach();
      return { cells, sqlstate };
    }
  }
}
