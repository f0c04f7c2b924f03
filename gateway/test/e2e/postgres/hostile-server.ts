/** A PostgreSQL server that logs in properly and then does what the test says. */
import type { Socket } from 'node:net';
import { CATALOG_QUERY } from '../../../src/protocols/postgres/upstream/catalog/catalog-query.ts';
import { encodeCommandComplete } from '../../../src/protocols/postgres/wire/backend/command-complete.ts';
import { encodeReadyForQuery } from '../../../src/protocols/postgres/wire/backend/ready-for-query.ts';
import { encodeRowDescription } from '../../../src/protocols/postgres/wire/backend/row-description.ts';
import { serveLoopback } from '../upstream/loopback-server.ts';
import { checkAnswer, WELCOME } from '../upstream/server-messages.ts';

const CANCEL_REQUEST = 80_877_102;

/** The catalog of a database without anything. */
const EMPTY_CATALOG = Buffer.concat([
  encodeRowDescription([]),
  encodeCommandComplete('SELECT 0'),
  encodeReadyForQuery('I'),
]);

/** What it does with each packet that a logged-in session sends. */
export type Misbehaviour = (socket: Socket, packet: Buffer) => void;

/** The server. */
export interface HostileServer extends AsyncDisposable {
  readonly port: number;
  /** Counts from the last call of it. */
  behave(misbehaviour: Misbehaviour): void;
  /** Cancel requests so far. */
  readonly cancels: number;
  /** Resolves when the gateway has closed all connections, or this server has. */
  allClosed(): Promise<void>;
  /** The entry of it in a gateway's config. */
  readonly resource: Readonly<Record<string, unknown>>;
}

/** Starts it. */
export async function startHostileServer(): Promise<HostileServer> {
  let misbehave: Misbehaviour = (socket) => socket.destroy();
  let cancels = 0;
  const server = await serveLoopback((socket) => {
    let packets = 0;
    socket.setNoDelay(true);
    socket.on('data', (packet: Buffer) => {
      packets += 1;
      if (packets === 1 && packet.readInt32BE(4) === CANCEL_REQUEST) {
        cancels += 1;
        socket.end();
      } else if (packets === 1) socket.write(Buffer.concat([...WELCOME]));
      else if (packets === 2) socket.write(Buffer.concat(checkAnswer()));
      else if (packet.includes(CATALOG_QUERY)) socket.write(EMPTY_CATALOG);
      else misbehave(socket, packet);
    });
  });
  return {
    port: server.port,
    behave(next) {
      misbehave = next;
    },
    get cancels() {
      return cancels;
    },
    allClosed: () => server.allClosed(),
    resource: {
      name: 'hostile',
      protocol: 'postgres',
      host: '127.0.0.1',
      port: server.port,
      database: 'shop',
      tls: { mode: 'disable' },
      accounts: [{ name: 'app', credential: { none: true } }],
    },
    [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
  };
}

/** Writes a chunk over and over, as fast as the peer takes it, until the connection is gone; counts what left. */
export function pour(socket: Socket, chunk: Buffer): { readonly bytes: () => number } {
  let bytes = 0;
  const more = (): void => {
    while (!socket.destroyed && socket.write(chunk)) bytes += chunk.length;
    bytes += chunk.length;
  };
  socket.on('drain', more);
  more();
  return { bytes: () => bytes };
}
