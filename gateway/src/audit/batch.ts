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

  /** Adds a line; answers its length in bytes. */
  push(line: string): number {
    const most = this.#length + line.length * 3;
    if (most > this.#buffer.length) this.#grow(most);
    const count = this.#buffer.write(line, this.#length, 'utf8');
    this.#length += count;
    return count;
  }

  /** The bytes, valid until the next {@link push} or {@link clear}. */
  view(): Uint8Array {
    return this.#buffer.subarray(0, this.#length);
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
