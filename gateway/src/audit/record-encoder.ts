import { hash } from 'node:crypto';
import type { Batch } from './batch.ts';
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

  /** Adds the next record up to its event. */
  open(out: Batch, atMs: number): void {
    if (atMs > this.#latestMs) this.#latestMs = atMs;
    out.ascii('{"seq":');
    out.integer(this.#seq + 1);
    out.ascii(',"at":"');
    out.ascii(this.#timestamp(atMs));
    out.ascii('","prev":"');
    out.ascii(this.#hash);
    out.ascii('","event":');
  }

  /** Adds the rest of the record that begins at `start`, newline included. The hash is taken of the bytes where they stand. */
  seal(out: Batch, start: number): void {
    const digest = hash('sha256', out.view(start), 'hex');
    out.ascii(',"hash":"');
    out.ascii(digest);
    out.ascii('"}\n');
    this.#seq += 1;
    this.#hash = digest;
  }

  #timestamp(atMs: number): string {
    if (atMs !== this.#stampMs) {
      this.#stamp = new Date(atMs).toISOString();
      this.#stampMs = atMs;
    }
    return this.#stamp;
  }
}
