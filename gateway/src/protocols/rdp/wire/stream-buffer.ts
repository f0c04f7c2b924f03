/** Capacity over received bytes: amortises copying where a message comes a byte at a time. */
const GROWTH = 2;
const SMALLEST = 64;

/** Bytes of a stream that are not cut into messages yet. Its memory follows what arrived, never what a peer declared. */
export class StreamBuffer {
  #bytes: Buffer = Buffer.alloc(0);
  #start = 0;
  #end = 0;
  /** Whether the bytes are a view of a chunk of somebody else's, which is not written to. */
  #isView = false;

  get length(): number {
    return this.#end - this.#start;
  }

  /** The byte at `index`, 0 behind the end. */
  at(index: number): number {
    return this.#bytes[this.#start + index] ?? 0;
  }

  /** Puts a chunk behind what is held. The caller does not write to it afterwards. */
  push(chunk: Buffer): void {
    if (this.length === 0) {
      this.#bytes = chunk;
      this.#start = 0;
      this.#end = chunk.length;
      this.#isView = true;
      return;
    }
    this.#reserve(chunk.length);
    chunk.copy(this.#bytes, this.#end);
    this.#end += chunk.length;
  }

  /** Takes the first `length` bytes, of which there have to be that many: a view that nobody writes to again. */
  take(length: number): Buffer {
    const taken = this.#bytes.subarray(this.#start, this.#start + length);
    this.#start += length;
    return taken;
  }

  #reserve(more: number): void {
    const { length } = this;
    if (!this.#isView && this.#bytes.length - this.#end >= more) return;
    // What was handed out is a view of the old bytes: they are left alone.
    const grown = Buffer.allocUnsafeSlow(Math.max((length + more) * GROWTH, SMALLEST));
    this.#bytes.copy(grown, 0, this.#start, this.#end);
    this.#bytes = grown;
    this.#start = 0;
    this.#end = length;
    this.#isView = false;
  }
}
