/** The client's side of a connection: requests read one at a time, answers written with back-pressure, each wait bounded. */
import type { Duplex } from 'node:stream';
import { ChunkSource, whenWritable } from '../chunk-source.ts';
import { HttpError } from '../errors.ts';
import type { HttpListenerConfig } from '../listener-config.ts';
import type { RequestHead } from '../wire/head/request-head.ts';
import type { DataPart, EndPart } from '../wire/message-stream.ts';
import { createRequestReader } from '../wire/request-reader.ts';

/** Time limits of a client connection, in milliseconds. */
export type ClientTimeouts = Pick<HttpListenerConfig, 'headTimeoutMs' | 'idleTimeoutMs' | 'keepAliveMs'>;

/** What a client may still send of a body that nobody wants, before its connection is cut. */
const DISCARDED_BYTES = 16 * 1024 * 1024;
const DISCARD_MS = 2_000;

/** A connection of a client, from its first request on. */
export class ClientStream {
  readonly stream: Duplex;
  readonly #timeouts: ClientTimeouts;
  readonly #source: ChunkSource;
  readonly #reader = createRequestReader();
  readonly #gone = new AbortController();
  #isBetween = false;
  #isBodyRead = true;
  #isGathering = false;

  constructor(stream: Duplex, timeouts: ClientTimeouts) {
    this.stream = stream;
    this.#timeouts = timeouts;
    this.#source = new ChunkSource(stream);
    const gone = (): void =>
      this.#gone.abort(new HttpError('ERR_HTTP_GONE', 400, 'the client closed the connection'));
    stream.once('close', gone);
    stream.once('end', gone);
    if (stream.destroyed) gone();
  }

  /** Aborted when the client has gone. */
  get gone(): AbortSignal {
    return this.#gone.signal;
  }

  /** Waits for a request of which no byte has come. */
  get isBetween(): boolean {
    return this.#isBetween && !this.#reader.isMidHead;
  }

  /** The body of the request that was begun last has been read to its end. */
  get isBodyRead(): boolean {
    return this.#isBodyRead;
  }

  /** The next request; undefined at the end of the connection and after too long a silence. @throws WireError */
  async nextHead(): Promise<RequestHead | undefined> {
    let since = performance.now();
    for (;;) {
      const part = this.#reader.next();
      if (part?.kind === 'head') {
        this.#isBetween = false;
        this.#isBodyRead = false;
        return part.head;
      }
      const { headTimeoutMs, keepAliveMs } = this.#timeouts;
      const isMid = this.#reader.isMidHead;
      const wait = isMid ? Math.max(0, headTimeoutMs - (performance.now() - since)) : keepAliveMs;
      this.#isBetween = true;
      const chunk = await this.#source.next(wait);
      if (chunk === 'timeout' && !isMid) return undefined;
      if (chunk === 'timeout') throw tooSlow(`the head of the request took more than ${headTimeoutMs} ms`);
      if (chunk === 'end') {
        this.#reader.end();
        return undefined;
      }
      // From the first byte of the head: silence before it is not the client's slowness.
      if (!isMid) since = performance.now();
      this.#reader.push(chunk);
    }
  }

  /** The next part of the request's body. @throws WireError, HttpError */
  async nextBody(): Promise<DataPart | EndPart> {
    for (;;) {
      const part = this.#reader.next();
      if (part?.kind === 'end') this.#isBodyRead = true;
      if (part !== undefined && part.kind !== 'head') return part;
      const chunk = await this.#source.next(this.#timeouts.idleTimeoutMs);
      if (chunk === 'timeout') throw tooSlow('the body of the request stands still');
      if (chunk === 'end') {
        this.#reader.end();
        throw new HttpError('ERR_HTTP_GONE', 400, 'the client closed the connection');
      }
      this.#reader.push(chunk);
    }
  }

  /** Goes on behind a request that offered a protocol which is not taken. */
  resume(): void {
    this.#reader.resume();
  }

  /** Leaves what follows a request that holds the stream to another protocol. Nothing is read here any more. */
  handOver(): { readonly stream: Duplex; readonly source: ChunkSource; readonly rest: Buffer } {
    return { stream: this.stream, source: this.#source, rest: this.#reader.takeRest() };
  }

  /** Writes pieces, as one with what is written in the same turn. Rejects when the client is gone, or took nothing for too long. */
  async write(...pieces: readonly Buffer[]): Promise<void> {
    const { stream } = this;
    if (!stream.destroyed && !stream.writableEnded) {
      this.#gather();
      for (const piece of pieces) stream.write(piece);
      if (!stream.writableNeedDrain) return;
      this.#sendGathered();
      if (await whenWritable(stream, this.#timeouts.idleTimeoutMs)) return;
    }
    throw new HttpError('ERR_HTTP_GONE', 400, 'the client takes no more of its answer');
  }

  /** A short answer is head, body and end: one packet, and one call of the system. */
  #gather(): void {
    if (this.#isGathering) return;
    this.#isGathering = true;
    this.stream.cork();
    process.nextTick(() => this.#sendGathered());
  }

  #sendGathered(): void {
    if (!this.#isGathering) return;
    this.#isGathering = false;
    this.stream.uncork();
  }

  /** Ends the connection behind what was written. What the client still sends is read for a while, or it would miss the answer. */
  async close(): Promise<void> {
    const { stream } = this;
    if (!stream.writableEnded) stream.end();
    let left = DISCARDED_BYTES;
    const until = performance.now() + DISCARD_MS;
    while (left > 0 && !this.#source.isOver) {
      const chunk = await this.#source.next(Math.max(0, until - performance.now()));
      if (!Buffer.isBuffer(chunk)) break;
      left -= chunk.length;
    }
    if (!stream.writableFinished) await whenFinished(stream, DISCARD_MS);
    stream.destroy();
  }

  /** Cuts it at once. */
  destroy(): void {
    this.stream.destroy();
  }
}

function whenFinished(stream: Duplex, timeoutMs: number): Promise<void> {
  return new Promise((resolve) => {
    if (stream.destroyed) resolve();
    const timer = setTimeout(resolve, timeoutMs);
    const settle = (): void => {
      clearTimeout(timer);
      resolve();
    };
    stream.once('finish', settle);
    stream.once('close', settle);
  });
}

function tooSlow(message: string): HttpError {
  return new HttpError('ERR_HTTP_CLIENT_TIMEOUT', 408, message);
}
