import type { Socket } from 'node:net';
import { TLSSocket } from 'node:tls';
import { ListenerError } from './errors.ts';
import type { ServerTls } from './server-tls.ts';

/** What the client is shown. */
export type ShownTls = Pick<ServerTls, 'secureContext' | 'alpnProtocols'>;

/** Options of {@link upgradeToTls}. */
export interface TlsUpgradeOptions {
  /** Ends the handshake; give the connection's `handshake` signal. */
  readonly signal: AbortSignal;
  /**
   * `negotiated`: the protocol agreed on TLS in the clear (SSLRequest), so nothing may have been sent yet. `direct`: the client began
   * with a ClientHello, which may already be read and put back with `unshift`, and must name an ALPN protocol. `implicit`: the same where
   * the port speaks nothing but TLS, as with HTTPS, so that naming the protocol is optional (RFC 9110 section 4.2.2).
   */
  readonly start: 'negotiated' | 'direct' | 'implicit';
}

/**
 * Runs the server side of a TLS handshake on an accepted socket. The result has an `error` listener; when this rejects, the
 * socket is destroyed.
 * @throws ListenerError `ERR_LISTENER_TLS_EARLY_DATA` when a client sent bytes ahead of a negotiated handshake: they would be taken
 * for encrypted ones (compare CVE-2021-23214); `ERR_LISTENER_TLS_ALPN` for direct TLS without our protocol;
 * `ERR_LISTENER_TLS_HANDSHAKE`; or the signal's reason.
 */
export async function upgradeToTls(
  socket: Socket,
  tls: ShownTls,
  options: TlsUpgradeOptions,
): Promise<TLSSocket> {
  try {
    options.signal.throwIfAborted();
    if (options.start === 'negotiated' && socket.readableLength > 0) {
      throw failure('ERR_LISTENER_TLS_EARLY_DATA', 'the client sent data before the TLS handshake');
    }
    const secured = await handshake(socket, tls, options.signal);
    if (options.start === 'direct' && secured.alpnProtocol === false) {
      const names = tls.alpnProtocols.join(', ');
      throw failure(
        'ERR_LISTENER_TLS_ALPN',
        `direct TLS needs the ALPN protocol ${names}; use a client that sends it`,
      );
    }
    return secured;
  } catch (error) {
    socket.destroy();
    throw error;
  }
}

async function handshake(socket: Socket, tls: ShownTls, signal: AbortSignal): Promise<TLSSocket> {
  const secured = new TLSSocket(socket, {
    isServer: true,
    secureContext: tls.secureContext(),
    ALPNProtocols: [...tls.alpnProtocols],
  });
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const onAbort = (): void => reject(signal.reason);
  signal.addEventListener('abort', onAbort, { once: true });
  secured.once('secure', resolve);
  // Both listeners stay for good. Node destroys a TLSSocket on a TLS error after the handshake only when a tls.Server made it;
  // without the first one a client could leave a dead connection behind for ever. The second keeps errors from ending the process.
  secured.on('_tlsError', (cause: Error) => secured.destroy(cause));
  secured.on('error', (cause) => {
    reject(failure('ERR_LISTENER_TLS_HANDSHAKE', `the TLS handshake failed: ${cause.message}`, cause));
  });
  secured.once('close', () => {
    reject(
      failure('ERR_LISTENER_TLS_HANDSHAKE', 'the client closed the connection during the TLS handshake'),
    );
  });
  try {
    await promise;
    return secured;
  } catch (error) {
    secured.destroy();
    throw error;
  } finally {
    signal.removeEventListener('abort', onAbort);
  }
}

function failure(
  code: 'ERR_LISTENER_TLS_EARLY_DATA' | 'ERR_LISTENER_TLS_ALPN' | 'ERR_LISTENER_TLS_HANDSHAKE',
  message: string,
  cause?: unknown,
): ListenerError {
  return new ListenerError(code, message, { source: 'downstream', cause });
}
