/** Capacity over received bytes: amortises copying when a message comes a byte at a time. */
const GROWTH = 2;

/** Capacity in bytes below which growing is not worth a copy. */
const SMALLEST = 64;

/**
 * Collects the parts of one length-prefixed message that came in several chunks.
 *
 * Memory follows what arrived, never what a peer declared: the capacity is at most {@link GROWTH} times the bytes
 * received (at least {@link SMALLEST}) and at most the message. {@link ByteAccumulator.release} gives the buffer away,
 * so that a message handed out is never overwritten by the next one.
 */
export class ByteAccumulator {
  #bytes: Buffer | undefined;
  #length = 0;

  /** Bytes collected so far. */
  get length(): number {
    return this.#length;
  }

  /** Bytes of memory held at this moment. */
  get capacity(): number {
    return this.#bytes?.length ?? 0;
  }

  /** The byte at `index`; the caller keeps `index` below {@link length}. */
  at(index: number): number {
    return this.#bytes?.[index] ?? 0;
  }

  /** The signed Int32 at `index`; the caller keeps `index + 4` within {@link length}. */
  int32At(index: number): number {
    return this.#bytes?.readInt32BE(index) ?? 0;
  }

  /** Copies `chunk[start, end)` behind what is held; `total` is the message's final size, known or hoped for. */
  append(chunk: Buffer, range: { readonly start: number; readonly end: number }, total: number): void {
    const length = this.#length + range.end - range.start;
    const bytes = this.#reserve(length, total);
    chunk.copy(bytes, this.#length, range.start, range.end);
    this.#length = length;
  }

  /** Gives the collected bytes to the caller for good and starts empty again. */
  release(): Buffer {
    const bytes = this.#bytes?.subarray(0, this.#length) ?? Buffer.alloc(0);
    this.#bytes = undefined;
    this.#length = 0;
    return bytes;
  }

  #reserve(length: number, total: number): Buffer {
    const held = this.#bytes;
    if (held !== undefined && held.length >= length) return held;
    const capacity = Math.max(length, Math.min(total, Math.max(length * GROWTH, SMALLEST)));
    const grown = Buffer.allocUnsafe(capacity);
    held?.copy(grown, 0, 0, this.#length);
    this.#bytes = grown;
    return grown;
  }
}
