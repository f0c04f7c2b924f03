import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import type { Clock } from '../model/clock.ts';
import { type ConnectionLimits, createConnectionSlots } from './connection-slots.ts';
import { startDeadline } from './deadline.ts';
import { ListenerError } from './errors.ts';
import { normalizeAddress } from './ip-address.ts';

/** What a session gets beside its socket. */
export interface Connection {
  /** Peer address without port; IPv4 in plain form. */
  readonly remoteAddress: string;
  /** Aborted when the handshake takes too long or must make room; the socket is destroyed then. Never after {@link Connection.establish}. */
  readonly handshake: AbortSignal;
  /** Aborted when the listener drains: finish what is in flight and close. */
  readonly draining: AbortSignal;
  /**
   * Says that the client has authenticated. Until then the connection is closed at the handshake deadline, and may be
   * closed earlier to make room for others.
   */
  establish(): void;
}

/** What happened at the edge; for logs and counters. No event stops the listener. */
export type ListenerEvent =
  | {
      readonly type: 'connection.refused';
      readonly address: string;
      readonly limit: 'connections' | 'address';
    }
  | { readonly type: 'connection.evicted'; readonly address: string }
  | { readonly type: 'handshake.timeout'; readonly address: string }
  | { readonly type: 'socket.error'; readonly address: string; readonly error: Error }
  | { readonly type: 'session.failed'; readonly address: string; readonly error: unknown }
  | { readonly type: 'accept.failed'; readonly error: Error };

/** Options of {@link createListener}. */
export interface ListenerOptions extends ConnectionLimits {
  readonly host: string;
  /** 0 takes a free port; see {@link Listener.address}. */
  readonly port: number;
  readonly handshakeTimeoutMs: number;
  readonly clock: Clock;
  /** The session: settles when it is over. The socket has an `error` listener already; the session ends or destroys it. */
  readonly onConnection: (socket: Socket, connection: Connection) => Promise<void>;
  readonly onEvent?: (event: ListenerEvent) => void;
}

/** How a drain ended. */
export interface DrainResult {
  /** Connections that were still open when the grace was over, and were cut. */
  readonly cut: number;
}

/** A listening socket with its connections. */
export interface Listener {
  /** @throws ListenerError `ERR_LISTENER_BIND_FAILED`. */
  bind(): Promise<AddressInfo>;
  /** @throws ListenerError `ERR_LISTENER_NOT_BOUND` before {@link Listener.bind} and after the end. */
  address(): AddressInfo;
  readonly connections: number;
  /** Stops accepting, tells the sessions, waits `graceMs` for them, then cuts the rest. */
  drain(graceMs: number): Promise<DrainResult>;
  /** Stops accepting and cuts all connections now. */
  close(): Promise<void>;
}

interface AcceptedPlace {
  readonly address: string;
  /** Aborted when the connection must make room. */
  readonly cut: AbortSignal;
  readonly draining: AbortSignal;
  readonly establish: () => void;
}

// How long a socket may stay open after its session is over: time to flush a last message, not to hold a place.
const LINGER_MS = 2_000;
const KEEP_ALIVE_MS = 30_000;
const BACKLOG = 511;

/**
 * Makes a listener. Each connection runs on its own: nothing that one client does or leaves undone keeps the next from
 * being accepted, and no failure of a session or socket leaves this file but as an event (P10).
 */
export function createListener(options: ListenerOptions): Listener {
  const { clock, onConnection, onEvent } = options;
  const slots = createConnectionSlots(options);
  // Each connection has its own signal, which goes with it: one for all would gather listeners for ever.
  const open = new Map<Socket, AbortController>();
  let isClosing = false;
  const server = createServer(
    { noDelay: true, keepAlive: true, keepAliveInitialDelay: KEEP_ALIVE_MS },
    accept,
  );

  function accept(socket: Socket): void {
    const address = normalizeAddress(socket.remoteAddress ?? '');
    socket.on('error', (error) => onEvent?.({ type: 'socket.error', address, error }));
    // The address is gone when the peer already is.
    if (address === '' || isClosing) {
      socket.destroy();
      return;
    }
    const cut = new AbortController();
    const claim = slots.claim(address, clock.nowMs(), () => cut.abort());
    if (!claim.ok) {
      socket.resetAndDestroy();
      onEvent?.({ type: 'connection.refused', address, limit: claim.limit });
      return;
    }
    const { slot } = claim;
    cut.signal.addEventListener('abort', () => {
      socket.resetAndDestroy();
      slot.release();
      onEvent?.({ type: 'connection.evicted', address });
    });
    const draining = new AbortController();
    open.set(socket, draining);
    socket.once('close', () => {
      open.delete(socket);
      slot.release();
    });
    void serve(socket, { address, cut: cut.signal, draining: draining.signal, establish: slot.establish });
  }

  async function serve(socket: Socket, place: AcceptedPlace): Promise<void> {
    const { address } = place;
    const deadline = startDeadline(options.handshakeTimeoutMs, 'the handshake');
    deadline.signal.addEventListener('abort', () => {
      socket.destroy();
      onEvent?.({ type: 'handshake.timeout', address });
    });
    socket.once('close', deadline.clear);
    try {
      await onConnection(socket, {
        remoteAddress: address,
        handshake: AbortSignal.any([deadline.signal, place.cut]),
        draining: place.draining,
        establish() {
          deadline.clear();
          place.establish();
        },
      });
      if (!socket.destroyed) destroyAfter(socket, LINGER_MS);
    } catch (error) {
      socket.destroy();
      // A session that fails because it was cut is told of by the cut.
      if (!deadline.signal.aborted && !place.cut.aborted)
        onEvent?.({ type: 'session.failed', address, error });
    } finally {
      deadline.clear();
    }
  }

  async function drain(graceMs: number): Promise<DrainResult> {
    isClosing = true;
    const closed = stopAccepting(server);
    for (const draining of open.values()) draining.abort();
    const grace = startDeadline(graceMs, 'draining');
    let cut = 0;
    grace.signal.addEventListener('abort', () => {
      cut = open.size;
      for (const socket of open.keys()) socket.destroy();
    });
    await closed;
    grace.clear();
    return { cut };
  }

  async function close(): Promise<void> {
    isClosing = true;
    const closed = stopAccepting(server);
    for (const socket of open.keys()) socket.destroy();
    await closed;
  }

  return {
    async bind() {
      await listen(server, options);
      server.on('error', (error) => onEvent?.({ type: 'accept.failed', error }));
      return boundAddress(server);
    },
    address: () => boundAddress(server),
    get connections() {
      return slots.size;
    },
    drain,
    close,
  };
}

function destroyAfter(socket: Socket, delayMs: number): void {
  const linger = startDeadline(delayMs, 'closing the socket');
  linger.signal.addEventListener('abort', () => socket.destroy());
  socket.once('close', linger.clear);
}

function listen(server: Server, options: ListenerOptions): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const { host, port } = options;
  const onError = (cause: Error): void => {
    const message = `cannot listen on ${host} port ${port}: ${cause.message}; choose another \`listen\` address or stop what uses it`;
    reject(new ListenerError('ERR_LISTENER_BIND_FAILED', message, { source: 'config', cause }));
  };
  server.once('error', onError);
  server.listen({ host, port, backlog: BACKLOG }, () => {
    server.off('error', onError);
    resolve();
  });
  return promise;
}

function boundAddress(server: Server): AddressInfo {
  const address = server.address();
  if (address !== null && typeof address === 'object') return address;
  throw new ListenerError('ERR_LISTENER_NOT_BOUND', 'the listener is not bound; call bind first', {
    source: 'internal',
  });
}

/** Resolves when the last connection is closed; at once for a server that never listened. */
function stopAccepting(server: Server): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  server.close(() => resolve());
  return promise;
}
