import { connect, type Socket } from 'node:net';
import type { PostgresResourceConfig } from '../config.ts';
import { isLoopbackAddress } from '../transport-security.ts';
import { UpstreamError } from './errors.ts';

const KEEP_ALIVE_MS = 60_000;

/** Where to connect: the configured host, or the address a name was resolved to before. */
export interface Endpoint {
  readonly host: string;
  readonly port: number;
}

/**
 * Opens a TCP connection; destroys it when the signal aborts, now or later. Where the resource forbids plaintext to
 * other machines and asks for no TLS, an address outside loopback is refused before a byte is sent.
 */
export async function dial(
  endpoint: Endpoint,
  resource: PostgresResourceConfig,
  signal: AbortSignal,
): Promise<Socket> {
  signal.throwIfAborted();
  const socket = connect({
    host: endpoint.host,
    port: endpoint.port,
    noDelay: true,
    // A server that vanished without a word is noticed within minutes.
    keepAlive: true,
    keepAliveInitialDelay: KEEP_ALIVE_MS,
  });
  // For ever: an error that nobody awaits must not end the process (P10).
  socket.on('error', () => undefined);
  destroyOnAbort(socket, signal);
  await connected(socket, endpoint, signal);
  if (!mayStayPlaintext(resource, socket.remoteAddress)) {
    socket.destroy();
    throw new UpstreamError(
      'ERR_UPSTREAM_TLS',
      `${endpoint.host} is ${socket.remoteAddress}, not this machine, and tls.mode is disable; enable TLS or set allowPlaintext`,
    );
  }
  return socket;
}

/** Destroys the socket with the signal's reason as its error; idempotent. */
export function destroyOnAbort(socket: Socket, signal: AbortSignal): void {
  const destroy = (): void => {
    socket.destroy();
  };
  if (signal.aborted) destroy();
  signal.addEventListener('abort', destroy, { once: true });
  socket.once('close', () => signal.removeEventListener('abort', destroy));
}

function connected(socket: Socket, endpoint: Endpoint, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const fail = (error: Error & { readonly code?: unknown }): void => {
      const reason = typeof error.code === 'string' ? error.code : error.message;
      const message = `cannot connect to ${endpoint.host} port ${endpoint.port}: ${reason}`;
      reject(
        signal.aborted
          ? signal.reason
          : new UpstreamError('ERR_UPSTREAM_UNREACHABLE', message, { cause: error }),
      );
    };
    socket.once('connect', () => {
      socket.off('error', fail);
      resolve();
    });
    socket.once('error', fail);
    // An abort destroys the socket without an error.
    socket.once('close', () => fail(new Error('connection closed')));
  });
}

/** Whether a connection to `address` may go on: with TLS to come, or without by the operator's leave. The name does not count, it may resolve to any address. */
export function mayStayPlaintext(resource: PostgresResourceConfig, address: string | undefined): boolean {
  if (resource.tls.mode !== 'disable' || resource.allowPlaintext) return true;
  return isLoopbackAddress(address ?? '');
}
