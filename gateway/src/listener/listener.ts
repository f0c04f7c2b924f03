import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import type { Clock } from '../model/clock.ts';
import {
  type ConnectionLimits,
  type ConnectionSlots,
  createConnectionSlots,
  type Slot,
} from './connection-slots.ts';
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
  /**
   * Gives the handshake so long from now: somebody has to log in elsewhere first. It counts as a handshake all the while, and makes
   * room for others as one.
   */
  giveTime(durationMs: number): void;
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
  /** How long a socket may stay open after its session is over: time to flush a last message. Default 2000. */
  readonly lingerMs?: number;
}

/** How a drain ended. */
interface DrainResult {
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
  /**
   * Serves a connection that came another way, as one from that address, within the same limits. The socket is this listener's from
   * then on.
   */
  adopt(socket: Socket, address: string): void;
  /** Stops accepting, tells the sessions, waits `graceMs` for them, then cuts the rest. */
  drain(graceMs: number): Promise<DrainResult>;
  /** Stops accepting and cuts all connections now. */
  close(): Promise<void>;
}

const LINGER_MS = 2_000;
const KEEP_ALIVE_MS = 30_000;
const BACKLOG = 511;

/**
 * Makes a listener. Each connection runs on its own: nothing that one client does or leaves undone keeps the next from
 * being accepted, and no failure of a session or socket leaves this file but as an event (P10).
 */
export function createListener(options: ListenerOptions): Listener {
  return new BoundedListener(options);
}

class BoundedListener implements Listener {
  readonly #options: ListenerOptions;
  readonly #slots: ConnectionSlots;
  readonly #server: Server;
  // Each connection has its own drain signal, which goes with it: one for all would gather listeners for ever.
  readonly #open = new Map<Socket, AbortController>();
  #isClosing = false;

  constructor(options: ListenerOptions) {
    this.#options = options;
    this.#slots = createConnectionSlots(options);
    const tcp = { noDelay: true, keepAlive: true, keepAliveInitialDelay: KEEP_ALIVE_MS };
    this.#server = createServer(tcp, (socket) => this.#accept(socket));
  }

  async bind(): Promise<AddressInfo> {
    await listen(this.#server, this.#options);
    this.#server.on('error', (error) => this.#tell({ type: 'accept.failed', error }));
    return this.address();
  }

  address(): AddressInfo {
    const address = this.#server.address();
    if (address !== null && typeof address === 'object') return address;
    throw new ListenerError('ERR_LISTENER_NOT_BOUND', 'the listener is not bound; call bind first', {
      source: 'internal',
    });
  }

  get connections(): number {
    return this.#slots.size;
  }

  async drain(graceMs: number): Promise<DrainResult> {
    const closed = this.#stopAccepting();
    for (const draining of this.#open.values()) draining.abort();
    const grace = startDeadline(graceMs, 'draining');
    let cut = 0;
    grace.signal.addEventListener('abort', () => {
      cut = this.#open.size;
      this.#destroyAll();
    });
    await closed;
    grace.clear();
    return { cut };
  }

  async close(): Promise<void> {
    const closed = this.#stopAccepting();
    this.#destroyAll();
    await closed;
  }

  adopt(socket: Socket, address: string): void {
    this.#accept(socket, address);
  }

  #accept(socket: Socket, address: string = normalizeAddress(socket.remoteAddress ?? '')): void {
    socket.on('error', (error) => this.#tell({ type: 'socket.error', address, error }));
    // The address is gone when the peer already is.
    if (address === '' || this.#isClosing) {
      socket.destroy();
      return;
    }
    const eviction = new AbortController();
    const claim = this.#slots.claim(address, this.#options.clock.nowMs(), () => eviction.abort(evicted()));
    if (!claim.ok) {
      socket.resetAndDestroy();
      this.#tell({ type: 'connection.refused', address, limit: claim.limit });
      return;
    }
    const { slot } = claim;
    eviction.signal.addEventListener('abort', () => {
      socket.resetAndDestroy();
      slot.release();
      this.#tell({ type: 'connection.evicted', address });
    });
    this.#hold(socket, slot);
    void this.#serve(socket, address, eviction.signal, slot);
  }

  #hold(socket: Socket, slot: Slot): void {
    this.#open.set(socket, new AbortController());
    socket.once('close', () => {
      this.#open.delete(socket);
      slot.release();
    });
  }

  async #serve(socket: Socket, address: string, evicted: AbortSignal, slot: Slot): Promise<void> {
    const deadline = startDeadline(this.#options.handshakeTimeoutMs, 'the handshake');
    const handshake = AbortSignal.any([deadline.signal, evicted]);
    const draining = this.#open.get(socket)?.signal ?? AbortSignal.abort();
    deadline.signal.addEventListener('abort', () => {
      socket.destroy();
      this.#tell({ type: 'handshake.timeout', address });
    });
    socket.once('close', () => deadline.clear());
    const establish = (): void => {
      deadline.clear();
      slot.establish();
    };
    const giveTime = (durationMs: number): void => deadline.extend(durationMs);
    try {
      await this.#options.onConnection(socket, {
        remoteAddress: address,
        handshake,
        draining,
        establish,
        giveTime,
      });
      if (!socket.destroyed) destroyAfter(socket, this.#options.lingerMs ?? LINGER_MS);
    } catch (error) {
      socket.destroy();
      // A session that fails because it was cut is told of by the cut.
      if (!handshake.aborted) this.#tell({ type: 'session.failed', address, error });
    } finally {
      deadline.clear();
    }
  }

  /** Resolves when the last connection is closed; at once for a server that never listened. */
  async #stopAccepting(): Promise<void> {
    this.#isClosing = true;
    await new Promise<void>((resolve) => this.#server.close(() => resolve()));
    // The server counts handles, which close a moment before their sockets say so.
    const closing = [...this.#open.keys()].map(
      (socket) => new Promise<void>((resolve) => socket.once('close', () => resolve())),
    );
    await Promise.all(closing);
  }

  #destroyAll(): void {
    for (const socket of this.#open.keys()) socket.destroy();
  }

  #tell(event: ListenerEvent): void {
    this.#options.onEvent?.(event);
  }
}

function evicted(): ListenerError {
  return new ListenerError(
    'ERR_LISTENER_EVICTED',
    'the handshake was slow and made room for another connection',
    {
      source: 'downstream',
      retryable: true,
    },
  );
}

function destroyAfter(socket: Socket, delayMs: number): void {
  const linger = startDeadline(delayMs, 'closing the socket');
  linger.signal.addEventListener('abort', () => socket.destroy());
  socket.once('close', () => linger.clear());
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
