import { once } from 'node:events';
import { createServer, type Socket } from 'node:net';

/** A TCP server on loopback whose every connection is in the hands of the test. */
export interface LoopbackServer extends AsyncDisposable {
  readonly port: number;
  /** Resolves when every connection so far was closed by the other side or by the handler. */
  allClosed(): Promise<void>;
  /** Connections so far. */
  readonly count: number;
}

/** Starts it. Errors of single connections are of no interest: the peer is expected to hang up. */
export async function serveLoopback(handler: (socket: Socket) => void): Promise<LoopbackServer> {
  const open = new Set<Promise<unknown>>();
  const sockets = new Set<Socket>();
  let count = 0;
  const server = createServer((socket) => {
    count += 1;
    sockets.add(socket);
    const closed = new Promise<void>((resolve) => {
      socket.once('close', () => {
        open.delete(closed);
        sockets.delete(socket);
        resolve();
      });
    });
    open.add(closed);
    socket.on('error', () => undefined);
    handler(socket);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  return {
    port: address.port,
    get count() {
      return count;
    },
    allClosed: async () => {
      await Promise.all(open);
    },
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
