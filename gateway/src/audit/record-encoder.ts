import { hash } from 'node:crypto';
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
   * Encodes the next record, newline included.
   * @param eventText from {@link serialiseEvent}
   */
  encode(eventText: string, atMs: number): string {
    const seq = this.#seq + 1;
    const body = `{"seq":${seq},"at":"${this.#timestamp(atMs)}","prev":"${this.#hash}","event":${eventText}`;
    const digest = hash('sha256', body, 'hex');
    this.#seq = seq;
    this.#hash = digest;
    if (atMs > this.#latestMs) this.#latestMs = atMs;
    return `${body},"hash":"${digest}"}\n`;
  }

  #timestamp(atMs: number): string {
    if (atMs !== this.#stampMs) {
      this.#stamp = new Date(atMs).toISOString();
      this.#stampMs = atMs;
    }
    return this.#stamp;
  }
}
