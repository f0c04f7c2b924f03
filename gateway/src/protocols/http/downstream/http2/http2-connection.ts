/** A connection of HTTP/2: requests side by side, and bounds on all that a client can make the gateway do. */
import type { ServerHttp2Session, ServerHttp2Stream } from 'node:http2';
import type { Duplex } from 'node:stream';
import { type ConnectionServices, HttpConnection } from '../../connection.ts';
import { Budget } from '../../http2/budget.ts';
import type { Tunnel } from '../../proxy/opened-tunnel.ts';
import { answerOf, errorRefusal } from '../../refusal.ts';
import type { RequestHead } from '../../wire/head/request-head.ts';
import { encodeHttp2Response } from '../../wire/http2/encode-http2.ts';
import { CANCEL, ENHANCE_YOUR_CALM, INTERNAL_ERROR, REFUSED_STREAM } from '../../wire/http2/error-codes.ts';
import type { RawHeaders } from '../../wire/http2/header-list.ts';
import { readHttp2Request } from '../../wire/http2/http2-request.ts';
import { closeWhenSent } from './close-when-sent.ts';
import { Http2Exchange, WITHOUT_DATE } from './http2-exchange.ts';
import { MOST_STREAMS, openHttp2Session } from './open-session.ts';

/** Sessions that one connection may have open: a proxy of several agents has some, nobody has many. */
const MOST_SESSIONS = 16;
/** END_STREAM of a HEADERS frame (RFC 9113 section 6.2). */
const END_STREAM = 0x1;
/** After the last answer of a connection that ends: so long the client has to take it and to close. */
const CLOSE_MS = 2_000;

/** A tunnel of another connection, whose sessions go on in it. */
export interface Within {
  readonly connection: HttpConnection;
  readonly tunnel: Tunnel;
}

/** Serves streams until one side has enough. Never rejects for what a client did. */
export async function serveHttp2(socket: Duplex, how: ConnectionServices, within?: Within): Promise<void> {
  // Node reads what came already in the next turn, and fails where nothing is left to read it for.
  if (socket.destroyed || how.connection.draining.aborted) socket.destroy();
  else await new Http2Connection(socket, how, within).run();
}

class Http2Connection {
  readonly #socket: Duplex;
  readonly #session: ServerHttp2Session;
  readonly #connection: HttpConnection;
  readonly #how: ConnectionServices;
  readonly #within: Within | undefined;
  readonly #serving = new Set<Promise<void>>();
  /** Resets of requests that were not answered yet: each of them costs more than it cost to send (CVE-2023-44487). */
  readonly #resets = new Budget(100, 10);
  /**
   * Frames that ask for an acknowledgement and no more (CVE-2019-9512, CVE-2019-9515). Clients of gRPC measure the way by them while
   * bodies flow, so that any progress gives them back.
   */
  readonly #acknowledged = new Budget(100, 10);
  /** Requests that were refused before they were heard. HTTP/1.1 ends the connection at each. */
  readonly #refused = new Budget(32, 1);
  #idle: NodeJS.Timeout | undefined;

  constructor(socket: Duplex, how: ConnectionServices, within: Within | undefined) {
    this.#socket = socket;
    this.#how = how;
    this.#session = openHttp2Session(socket);
    this.#within = within;
    this.#connection =
      within?.connection ??
      new HttpConnection(how, {
        version: 'HTTP/2',
        most: MOST_SESSIONS,
        cut: (exchanges, isLast) => {
          for (const exchange of exchanges) exchange.breakOff();
          if (isLast) this.#goAway();
        },
      });
  }

  async run(): Promise<void> {
    const session = this.#session;
    const { draining } = this.#how.connection;
    const closed = new Promise<void>((resolve) => session.once('close', () => resolve()));
    // For ever: what is wrong with a connection is told by its end (P10).
    session.on('error', () => undefined);
    session.on('frameError', () => undefined);
    session.on('stream', (...[stream, , flags, raw]: readonly unknown[]) => {
      this.#take(stream as ServerHttp2Stream, raw as RawHeaders, ((flags as number) & END_STREAM) !== 0);
    });
    session.on('goaway', () => void setImmediate(() => this.#rest()));
    session.on('ping', () => this.#spend(this.#acknowledged));
    session.on('remoteSettings', () => this.#spend(this.#acknowledged));
    // Not in this turn, for what is said above.
    const drain = (): void => void setImmediate(() => this.#goAway());
    draining.addEventListener('abort', drain, { once: true });
    this.#rest();
    try {
      await closed;
    } finally {
      clearTimeout(this.#idle);
      draining.removeEventListener('abort', drain);
      await Promise.all(this.#serving);
      if (this.#within === undefined)
        await this.#connection.close(draining.aborted ? 'gateway-stopped' : 'client-closed');
    }
  }

  #take(stream: ServerHttp2Stream, raw: RawHeaders, endsStream: boolean): void {
    stream.on('error', () => undefined);
    stream.once('close', () => this.#rest());
    // Streams that were reset count until their work is over: resetting makes no room for more.
    if (this.#serving.size >= MOST_STREAMS) {
      stream.close(REFUSED_STREAM);
      return;
    }
    clearTimeout(this.#idle);
    const serving = this.#serve(stream, raw, endsStream).catch(() => stream.close(INTERNAL_ERROR));
    this.#serving.add(serving);
    void serving.then(() => {
      this.#serving.delete(serving);
      this.#rest();
    });
  }

  async #serve(stream: ServerHttp2Stream, raw: RawHeaders, endsStream: boolean): Promise<void> {
    const { idleTimeoutMs } = this.#how.listener;
    let head: RequestHead;
    try {
      head = readHttp2Request(raw, endsStream);
    } catch (error) {
      this.#connection.noteRefused(error);
      answerUnread(stream, raw, error, idleTimeoutMs);
      this.#spendRefused();
      return;
    }
    const onProgress = (): void => this.#acknowledged.restore();
    const exchange = new Http2Exchange(stream, head, { idleTimeoutMs, onProgress });
    // Resets by the client alone: those of the gateway come of a service in trouble, or a kill.
    stream.once('aborted', () => {
      if (!exchange.isBrokenOff) this.#spend(this.#resets);
    });
    const isHeard = await this.#connection.serve(exchange, this.#within?.tunnel);
    if (!isHeard) this.#spendRefused();
  }

  #spend(budget: Budget): void {
    if (budget.take() || this.#session.destroyed) return;
    this.#how.services.log.warn('connection ended', {
      reason: 'too many resets, pings or settings',
      address: this.#how.connection.remoteAddress,
    });
    this.#session.destroy(new Error('too much'), ENHANCE_YOUR_CALM);
  }

  #spendRefused(): void {
    if (!this.#refused.take()) this.#goAway();
  }

  /** Without work the connection is kept for a while, and without end only where the client asks for something. */
  #rest(): void {
    clearTimeout(this.#idle);
    if (this.#serving.size > 0 || this.#socket.destroyed) return;
    const { keepAliveMs } = this.#how.listener;
    // Behind its end Node waits for the client to close, which it may never do.
    const isEnding = this.#session.closed || this.#session.destroyed;
    this.#idle = setTimeout(
      () => (isEnding ? this.#socket.destroy() : this.#goAway()),
      isEnding ? CLOSE_MS : keepAliveMs,
    );
  }

  /** No more streams are taken; those that are open end in order. */
  #goAway(): void {
    if (!this.#session.destroyed && !this.#session.closed) this.#session.close();
    this.#rest();
  }
}

/** The answer to a head that is no request. */
function answerUnread(stream: ServerHttp2Stream, raw: RawHeaders, error: unknown, timeoutMs: number): void {
  if (stream.closed || stream.destroyed) return;
  const { head, body } = answerOf(errorRefusal(error));
  const isHead = raw[raw.indexOf(':method') + 1] === 'HEAD';
  stream.respond(encodeHttp2Response({ ...head, method: 'GET' }), { ...WITHOUT_DATE, endStream: isHead });
  stream.setTimeout(timeoutMs, () => stream.close(CANCEL));
  if (!isHead) stream.end(body);
  closeWhenSent(stream);
}
