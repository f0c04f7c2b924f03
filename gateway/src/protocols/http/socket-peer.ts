/** One side of a WebSocket as bytes: read with a bound on each wait, written with back-pressure. */
import type { Duplex } from 'node:stream';
import { type ChunkSource, whenWritable } from './chunk-source.ts';

/** A side: the client, or the service. */
export interface SocketPeer {
  /** The next bytes, which are the caller's to change. One call at a time; never rejects. */
  next(timeoutMs: number): Promise<Buffer | 'end' | 'timeout'>;
  /** Resolves when more may be written; false when the peer is gone or takes nothing. Never rejects. */
  write(bytes: Buffer): Promise<boolean>;
  /** Writes without waiting, and ends the way there: for what is said last. */
  last(bytes: Buffer): void;
  /** Cuts it at once. */
  destroy(): void;
}

/** A peer behind a stream that spoke HTTP before. */
export class StreamPeer implements SocketPeer {
  readonly #stream: Duplex;
  readonly #source: ChunkSource;
  readonly #writeTimeoutMs: number;
  #rest: Buffer | undefined;

  /** @param rest bytes that came behind the head, with the same chunk */
  constructor(stream: Duplex, source: ChunkSource, how: { rest: Buffer; writeTimeoutMs: number }) {
    this.#stream = stream;
    this.#source = source;
    this.#rest = how.rest.length === 0 ? undefined : how.rest;
    this.#writeTimeoutMs = how.writeTimeoutMs;
  }

  next(timeoutMs: number): Promise<Buffer | 'end' | 'timeout'> {
    const rest = this.#rest;
    if (rest === undefined) return this.#source.next(timeoutMs);
    this.#rest = undefined;
    return Promise.resolve(rest);
  }

  write(bytes: Buffer): Promise<boolean> {
    if (this.#stream.destroyed || this.#stream.writableEnded) return Promise.resolve(false);
    this.#stream.write(bytes);
    return whenWritable(this.#stream, this.#writeTimeoutMs);
  }

  last(bytes: Buffer): void {
    if (!this.#stream.destroyed && !this.#stream.writableEnded) this.#stream.end(bytes);
  }

  destroy(): void {
    this.#stream.destroy();
  }
}
