/** A TCP relay that reads nothing of what it moves: it stands before a server, and tells which connections are open. */
import { connect, createServer, type Socket } from 'node:net';

/** A running relay. */
export interface TcpRelay extends AsyncDisposable {
  readonly host: string;
  readonly port: number;
  /** Connections that are open, by numbers that count up. */
  readonly open: ReadonlySet<number>;
  /** Number of the one that was opened last; 0 before the first. */
  readonly newest: number;
}

/** Starts one in front of `target`. */
export async function startTcpRelay(target: {
  readonly host: string;
  readonly port: number;
}): Promise<TcpRelay> {
  const open = new Set<number>();
  const sockets = new Set<Socket>();
  let count = 0;
  const server = createServer({ noDelay: true }, (near) => {
    const far = connect({ ...target, noDelay: true });
    count += 1;
    const number = count;
    open.add(number);
    for (const [one, other] of [
      [near, far],
      [far, near],
    ] as const) {
      sockets.add(one);
      one.pipe(other);
      one.on('error', () => other.destroy());
      one.once('close', () => {
        sockets.delete(one);
        open.delete(number);
        other.destroySoon();
      });
    }
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  return {
    host: '127.0.0.1',
    port: address.port,
    open,
    get newest() {
      return count;
    },
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
