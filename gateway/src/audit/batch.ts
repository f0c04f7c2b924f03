const INITIAL_BYTES = 64 * 1024;
/** A buffer that grew beyond this is given back after the batch. */
const KEPT_BYTES = 1024 * 1024;

/** Records that wait for the next write, as bytes in one buffer. */
export class Batch {
  #buffer = Buffer.allocUnsafeSlow(INITIAL_BYTES);
  #length = 0;

  /** Bytes waiting. */
  get length(): number {
    return this.#length;
  }

  /** Adds text; answers its length in bytes. */
  push(text: string): number {
    const most = this.#length + text.length * 3;
    if (most > this.#buffer.length) this.#grow(most);
    const count = this.#buffer.write(text, this.#length, 'utf8');
    this.#length += count;
    return count;
  }

  /** The bytes from `start` on, valid until the next {@link push} or {@link clear}. */
  view(start = 0): Uint8Array {
    return this.#buffer.subarray(start, this.#length);
  }

  /** Forgets all. */
  clear(): void {
    this.#length = 0;
    if (this.#buffer.length > KEPT_BYTES) this.#buffer = Buffer.allocUnsafeSlow(INITIAL_BYTES);
  }

  #grow(least: number): void {
    const next = Buffer.allocUnsafeSlow(Math.max(least, this.#buffer.length * 2));
    this.#buffer.copy(next, 0, 0, this.#length);
    this.#buffer = next;
  }
}
