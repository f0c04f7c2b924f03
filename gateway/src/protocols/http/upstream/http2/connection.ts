/** A connection of HTTP/2 to a service: many requests at once, all of one principal. */
import { type ClientHttp2Session, type ClientHttp2Stream, connect } from 'node:http2';
import type { Socket } from 'node:net';
import { Budget } from '../../http2/budget.ts';
import { CANCEL, ENHANCE_YOUR_CALM } from '../../wire/http2/error-codes.ts';
import { RESPONSE_LIMITS } from '../../wire/limits.ts';
import { HttpUpstreamError } from '../errors.ts';

/** Requests at once on one connection; the service may want fewer. */
const MOST_STREAMS = 100;
/** What a service may send of a body before it is taken, in bytes. */
const WINDOW_BYTES = 128 * 1024;
/** The same for all bodies of a connection. */
const SESSION_WINDOW_BYTES = 1024 * 1024;

/** So long a service has to answer a PING, in milliseconds. */
const PING_MS = 5_000;

/** So long a service has to close a connection that was ended, in milliseconds. */
const CLOSE_MS = 2_000;

const OPTIONS = {
  settings: {
    enablePush: false,
    initialWindowSize: WINDOW_BYTES,
    maxHeaderListSize: RESPONSE_LIMITS.headBytes,
  },
  maxHeaderListPairs: RESPONSE_LIMITS.fields + 8,
  maxReservedRemoteStreams: 0,
  maxSessionMemory: 16,
  maxSessionInvalidFrames: 32,
  maxSettings: 16,
  // Fields that may be there once are our codec's matter.
  strictSingleValueFields: false,
};

/** One connection, from the service's first SETTINGS on. */
export class Http2UpstreamConnection {
  readonly #session: ClientHttp2Session;
  readonly #scheme: 'http' | 'https';
  readonly #frames = new Budget(100, 10);
  #doubt: NodeJS.Timeout | undefined;
  #places = 0;
  #served = 0;
  /** The last stream that the service works on, once it has said so. */
  #lastStream: number | undefined;
  #onRest: (() => void) | undefined;

  private constructor(session: ClientHttp2Session, scheme: 'http' | 'https') {
    this.#session = session;
    this.#scheme = scheme;
  }

  /**
   * Takes the client's side of HTTP/2 on a connection on which it was agreed. Resolves when the service has said how much it takes.
   * Rejects with HttpUpstreamError, or the signal's reason.
   */
  static async open(
    socket: Socket,
    how: {
      readonly scheme: 'http' | 'https';
      readonly timeoutMs: number;
      readonly signal: AbortSignal;
    },
  ): Promise<Http2UpstreamConnection> {
    if (how.signal.aborted || socket.destroyed) {
      socket.destroy();
      how.signal.throwIfAborted();
      throw new HttpUpstreamError('ERR_HTTP_UPSTREAM_PROTOCOL', NO_HTTP2);
    }
    const options = { ...OPTIONS, createConnection: () => socket };
    const session = connect(`${how.scheme}://service`, options);
    // Behind its own end Node waits for the service to close, which it may never do.
    socket.once('finish', () => setTimeout(() => socket.destroy(), CLOSE_MS).unref());
    const connection = new Http2UpstreamConnection(session, how.scheme);
    connection.#watch();
    await connection.#settled(how);
    return connection;
  }

  get scheme(): 'http' | 'https' {
    return this.#scheme;
  }

  /** It carried a request before the one that was taken last. */
  get isReused(): boolean {
    return this.#served > 1;
  }

  /** It can carry one more request now. */
  get hasRoom(): boolean {
    const { closed, destroyed } = this.#session;
    if (closed || destroyed || this.#doubt !== undefined || this.#lastStream !== undefined) return false;
    const theirs = this.#session.remoteSettings.maxConcurrentStreams ?? MOST_STREAMS;
    return this.#places < Math.min(MOST_STREAMS, theirs);
  }

  /** Takes a place for one request, to be left with {@link leave}. */
  take(): void {
    this.#places += 1;
    this.#served += 1;
    this.#session.ref();
  }

  /** Gives the place of a request back. */
  leave(): void {
    this.#places -= 1;
    if (this.#places > 0) return;
    // Without work it keeps no process from its end.
    this.#session.unref();
    this.#onRest?.();
  }

  /** It carries nothing more. */
  get isOver(): boolean {
    return this.#session.closed || this.#session.destroyed;
  }

  /** Something of a body was sent or received: frames that measure the way are in order. */
  noteProgress(): void {
    this.#frames.restore();
  }

  /**
   * Somebody waited in vain: it carries no more requests until the service has answered a PING, and ends where it does not. A
   * connection that a machine on the way has forgotten would swallow them one after the other.
   */
  doubt(): void {
    const session = this.#session;
    if (this.#doubt !== undefined || this.isOver) return;
    this.#doubt = setTimeout(() => session.destroy(), PING_MS).unref();
    session.ping((error) => {
      clearTimeout(this.#doubt);
      if (error === null) this.#doubt = undefined;
      else session.destroy();
    });
  }

  /** Opens the stream of a request whose place was taken. */
  request(list: readonly string[], endStream: boolean): ClientHttp2Stream {
    const stream = this.#session.request(list, { endStream });
    // For ever: how it ended is told by what was read of it (P10).
    stream.on('error', () => undefined);
    return stream;
  }

  /** Whether the service has said that it did not look at a stream (RFC 9113 sections 6.8 and 8.7). */
  hasIgnored(stream: ClientHttp2Stream): boolean {
    if (stream.id === undefined) return true;
    return this.#lastStream !== undefined && stream.id > this.#lastStream;
  }

  get isAtRest(): boolean {
    return this.#places === 0;
  }

  /** Calls `action` each time when no request is open any more. */
  onRest(action: () => void): void {
    this.#onRest = action;
  }

  /** Calls `action` once when the connection is closed. */
  onClose(action: () => void): void {
    this.#session.once('close', action);
  }

  /** No more requests; those that are open come to their end. */
  close(): void {
    this.#session.close();
  }

  destroy(): void {
    this.#session.destroy();
  }

  #watch(): void {
    const session = this.#session;
    session.on('error', () => undefined);
    session.on('frameError', () => undefined);
    session.on('connect', () => {
      if (!session.destroyed) session.setLocalWindowSize(SESSION_WINDOW_BYTES);
    });
    // Pushes were not asked for.
    session.on('stream', (stream) => {
      stream.on('error', () => undefined);
      stream.close(CANCEL);
    });
    session.on('goaway', (_code, lastStream) => {
      this.#lastStream = lastStream;
    });
    const spend = (): void => {
      if (!this.#frames.take()) session.destroy(new Error('too many frames'), ENHANCE_YOUR_CALM);
    };
    session.on('ping', spend);
    session.on('remoteSettings', spend);
  }

  #settled(how: { readonly timeoutMs: number; readonly signal: AbortSignal }): Promise<void> {
    const { timeoutMs, signal } = how;
    const session = this.#session;
    return new Promise((resolve, reject) => {
      const settle = (error?: unknown): void => {
        clearTimeout(timer);
        signal.removeEventListener('abort', onAbort);
        session.off('close', onClose);
        if (error === undefined) {
          resolve();
          return;
        }
        // Not in this turn: Node reads in the next one what came already, and fails where nothing is left to read it for.
        setImmediate(() => session.destroy());
        reject(error);
      };
      const onAbort = (): void => settle(signal.reason);
      const onClose = (): void => settle(new HttpUpstreamError('ERR_HTTP_UPSTREAM_PROTOCOL', NO_HTTP2));
      const timer = setTimeout(() => {
        settle(new HttpUpstreamError('ERR_HTTP_UPSTREAM_TIMEOUT', `no HTTP/2 in ${timeoutMs} ms`));
      }, timeoutMs);
      signal.addEventListener('abort', onAbort, { once: true });
      session.once('remoteSettings', () => settle());
      session.once('close', onClose);
      if (signal.aborted) onAbort();
    });
  }
}

const NO_HTTP2 = 'the service closed the connection, or does not speak HTTP/2';
