import type { ChainHead } from './record.ts';

/** Gives records their sequence number, time and place in the chain. The only writer of {@link readEnvelope}'s layout. */
export class RecordEncoder {
  #seq: number;
  #hash: string;
  #stampMs = Number.NaN;
  #stamp = '';
  #latestMs = Number.NEGATIVE_INFINITY;

  constructor(head: ChainHead, latestMs: number) {
    this.#seq = head.seq;
    this.#hash = head.hash;
    this.#latestMs = latestMs;
  }

  /** The record that was encoded last. */
  get head(): ChainHead {
    return { seq: this.#seq, hash: this.#hash };
  }

  /** Latest time of any record so far as ISO text; empty when there is none. */
  get latest(): string {
    return Number.isFinite(this.#latestMs) ? new Date(this.#latestMs).toISOString() : '';
  }

  /** The place that the next record will have. */
  next(atMs: number): { readonly seq: number; readonly at: string; readonly prev: string } {
    return { seq: this.#seq + 1, at: this.#timestamp(atMs), prev: this.#hash };
  }

  /**
   * The next record up to its hash, which is to be taken of these bytes and handed to {@link seal}.
   * @param eventText from {@link serialiseEvent}
   */
  body(eventText: string, atMs: number): string {
    if (atMs > this.#latestMs) this.#latestMs = atMs;
    return `{"seq":${this.#seq + 1},"at":"${this.#timestamp(atMs)}","prev":"${this.#hash}","event":${eventText}`;
  }

  /** The rest of the record, newline included. @param digest SHA-256 of the body, hex */
  seal(digest: string): string {
    this.#seq += 1;
    this.#hash = digest;
    return `,"hash":"${digest}"}\n`;
  }

  #timestamp(atMs: number): string {
    if (atMs !== this.#stampMs) {
      this.#stamp = new Date(atMs).toISOString();
      this.#stampMs = atMs;
    }
    return this.#stamp;
  }
}
