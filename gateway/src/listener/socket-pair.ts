/** Two ends of one connection within this process: real sockets, for whoever serves sockets. */

import { once } from 'node:events';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { ListenerError } from './errors.ts';

const HOST = '127.0.0.1';
const TIMEOUT_MS = 5_000;

/** Opens them. Rejects with ListenerError; what was opened is closed then. */
export async function openSocketPair(): Promise<readonly [Socket, Socket]> {
  const server = createServer({ noDelay: true });
  let near: Socket | undefined;
  try {
    const signal = AbortSignal.timeout(TIMEOUT_MS);
    server.listen({ host: HOST, port: 0 });
    await once(server, 'listening', { signal });
    const address = server.address();
    if (address === null || typeof address === 'string') throw new Error('no port');
    near = connect({ host: HOST, port: address.port, noDelay: true, allowHalfOpen: true });
    near.on('error', () => undefined);
    const [far] = await Promise.all([accepted(server, near, signal), once(near, 'connect', { signal })]);
    return [near, far];
  } catch (cause) {
    near?.destroy();
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new ListenerError('ERR_LISTENER_PAIR', `no connection within the gateway: ${reason}`, {
      source: 'downstream',
      cause,
    });
  } finally {
    server.close();
  }
}

/** INVARIANT: the one that comes from our own port: whoever else finds the listener in the meantime gets nothing. */
function accepted(server: Server, near: Socket, signal: AbortSignal): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const strangers: Socket[] = [];
    const pick = (): void => {
      const port = near.localPort;
      if (port === undefined || near.connecting) return;
      for (const socket of strangers.splice(0)) {
        if (socket.remotePort === port && socket.remoteAddress === near.localAddress) resolve(socket);
        else socket.destroy();
      }
    };
    server.on('connection', (socket) => {
      socket.on('error', () => undefined);
      strangers.push(socket);
      pick();
    });
    near.once('connect', pick);
    near.once('error', reject);
    signal.addEventListener('abort', () => reject(new Error('not in time')), { once: true });
  });
}
