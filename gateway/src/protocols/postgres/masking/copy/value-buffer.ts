/** Gathers one masked value of a COPY, up to the size at which it is replaced unread. */
const FIRST_BYTES = 256;

/** The value being read. */
export class ValueBuffer {
  readonly #most: number;
  #bytes: Buffer = Buffer.allocUnsafe(FIRST_BYTES);
  #length = 0;
  #isOver = false;

  constructor(most: number) {
    this.#most = most;
  }

  /** More came than is read. */
  get isOver(): boolean {
    return this.#isOver;
  }

  get length(): number {
    return this.#length;
  }

  append(bytes: Buffer, start: number, end: number): void {
    const length = this.#length + end - start;
    if (this.#isOver || length > this.#most) {
      this.#isOver = true;
      return;
    }
    if (length > this.#bytes.length) {
      const grown = Buffer.allocUnsafe(Math.min(this.#most, Math.max(length, 2 * this.#bytes.length)));
      this.#bytes.copy(grown, 0, 0, this.#length);
      this.#bytes = grown;
    }
    bytes.copy(this.#bytes, this.#length, start, end);
    this.#length = length;
  }

  /** The value, true until the next call of any method. */
  view(): Buffer {
    return this.#bytes.subarray(0, this.#length);
  }

  clear(): void {
    if (this.#bytes.length > 65_536) this.#bytes = Buffer.allocUnsafe(FIRST_BYTES);
    this.#length = 0;
    this.#isOver = false;
  }
}
