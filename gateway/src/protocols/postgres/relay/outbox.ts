/** Gathers what goes out on one socket; neighbouring slices of one received chunk leave as one write. */
export interface ByteSink {
  /** Returns false when the peer reads slower than we write. */
  write(bytes: Buffer): boolean;
  cork(): void;
  uncork(): void;
  /** Bytes that it still holds: none of what was written may change before they are gone. */
  readonly writableLength: number;
}

/** Ordered output of one turn. */
export class Outbox {
  #pieces: Buffer[] = [];
  #bytes: Buffer | undefined;
  #start = 0;
  #end = 0;

  /** Adds `bytes[start, end)`; the bytes are not copied and must not change before `flush`. */
  add(bytes: Buffer, start = 0, end: number = bytes.length): void {
    if (this.#bytes === bytes && this.#end === start) {
      this.#end = end;
      return;
    }
    this.#close();
    this.#bytes = bytes;
    this.#start = start;
    this.#end = end;
  }

  /** Writes everything; false when the peer is slow. */
  flush(sink: ByteSink): boolean {
    this.#close();
    const pieces = this.#pieces;
    const [only] = pieces;
    if (only === undefined) return true;
    this.#pieces = [];
    if (pieces.length === 1) return sink.write(only);
    let isKeepingUp = true;
    sink.cork();
    for (const piece of pieces) isKeepingUp = sink.write(piece);
    sink.uncork();
    return isKeepingUp;
  }

  #close(): void {
    if (this.#bytes === undefined) return;
    const whole = this.#start === 0 && this.#end === this.#bytes.length;
    this.#pieces.push(whole ? this.#bytes : this.#bytes.subarray(this.#start, this.#end));
    this.#bytes = undefined;
  }
}
