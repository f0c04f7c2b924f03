/** Whether something listens at an address, and whether one could. */
import { connect, createServer } from 'node:net';

const TIMEOUT_MS = 5_000;

/** Resolves to undefined when a connection is accepted, else to the error's code. */
export function tryConnect(host: string, port: number): Promise<string | undefined> {
  const { promise, resolve } = Promise.withResolvers<string | undefined>();
  const socket = connect({ host, port, signal: AbortSignal.timeout(TIMEOUT_MS) });
  socket.once('connect', () => resolve(undefined));
  socket.on('error', (error: Error & { readonly code?: string }) =>
    resolve(error.name === 'AbortError' ? 'ETIMEDOUT' : (error.code ?? error.message)),
  );
  return promise.finally(() => socket.destroy());
}

/** Resolves to undefined when the address can be listened on, else to the error's code. Lets go of it at once. */
export function tryListen(host: string, port: number): Promise<string | undefined> {
  const { promise, resolve } = Promise.withResolvers<string | undefined>();
  const server = createServer();
  server.once('error', (error: Error & { readonly code?: string }) => resolve(error.code ?? error.message));
  server.listen({ host, port }, () => server.close(() => resolve(undefined)));
  return promise;
}
