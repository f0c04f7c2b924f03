const INITIAL_BYTES = 64 * 1024;
/** A buffer that grew beyond this is given back after the batch. */
const KEPT_BYTES = 1024 * 1024;

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const ZERO = 0x30;
const LAST_PRINTABLE = 0x7e;
/** Shorter texts cost less character by character than by a call. */
const LEAST_CALLED = 16;

/** Records that wait for the next write, as bytes in one buffer. */
export class Batch {
  #buffer = Buffer.allocUnsafeSlow(INITIAL_BYTES);
  #length = 0;

  /** Bytes waiting. */
  get length(): number {
    return this.#length;
  }

  /** Adds text. */
  push(text: string): void {
    this.#reserve(text.length * 3);
    this.#length += this.#buffer.write(text, this.#length, 'utf8');
  }

  /** Adds text that has no characters beyond ASCII. */
  ascii(text: string): void {
    const { length } = text;
    this.#reserve(length);
    if (length >= LEAST_CALLED) this.#buffer.write(text, this.#length, 'latin1');
    else
      for (let index = 0; index < length; index += 1)
        this.#buffer[this.#length + index] = text.charCodeAt(index);
    this.#length += length;
  }

  /** Adds text in quotes, if JSON writes all of it as it is; else adds nothing and answers false. */
  quoted(text: string): boolean {
    const { length } = text;
    this.#reserve(length * 3 + 2);
    const buffer = this.#buffer;
    const start = this.#length + 1;
    const end = start + length;
    if (length >= LEAST_CALLED) {
      // More bytes than characters: some are beyond ASCII.
      if (buffer.write(text, start, 'utf8') !== length) return false;
    } else {
      for (let index = 0; index < length; index += 1) {
        const code = text.charCodeAt(index);
        if (code > LAST_PRINTABLE) return false;
        buffer[start + index] = code;
      }
    }
    for (let at = start; at < end; at += 1) {
      const byte = buffer[at] ?? 0;
      // No reader takes what is printable for a line's end.
      if (byte < 0x20 || byte > LAST_PRINTABLE || byte === QUOTE || byte === BACKSLASH) return false;
    }
    buffer[start - 1] = QUOTE;
    buffer[end] = QUOTE;
    this.#length = end + 1;
    return true;
  }

  /** Adds a whole number, 0 to 2^53. */
  integer(value: number): void {
    if (value > 0x7fff_ffff) {
      this.ascii(`${value}`);
      return;
    }
    this.#reserve(10);
    const buffer = this.#buffer;
    let digits = 1;
    for (let bound = 10; value >= bound; bound *= 10) digits += 1;
    const end = this.#length + digits;
    let rest = value | 0;
    for (let at = end - 1; at >= this.#length; at -= 1) {
      const next = (rest / 10) | 0;
      buffer[at] = ZERO + rest - next * 10;
      rest = next;
    }
    this.#length = end;
  }

  /** Adds bytes. */
  bytes(piece: Uint8Array): void {
    this.#reserve(piece.length);
    this.#buffer.set(piece, this.#length);
    this.#length += piece.length;
  }

  /** The bytes from `start` on, valid until more is added or taken away. */
  view(start = 0): Uint8Array {
    return this.#buffer.subarray(start, this.#length);
  }

  /** Takes away what was added behind `length` bytes. */
  cut(length: number): void {
    this.#length = length;
  }

  /** Forgets all. */
  clear(): void {
    this.#length = 0;
    if (this.#buffer.length > KEPT_BYTES) this.#buffer = Buffer.allocUnsafeSlow(INITIAL_BYTES);
  }

  #reserve(count: number): void {
    const least = this.#length + count;
    if (least <= this.#buffer.length) return;
    const next = Buffer.allocUnsafeSlow(Math.max(least, this.#buffer.length * 2));
    this.#buffer.copy(next, 0, 0, this.#length);
    this.#buffer = next;
  }
}
