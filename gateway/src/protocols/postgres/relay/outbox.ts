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
    const last = this.#takeLast();
    if (last !== undefined) this.#pieces.push(last);
    this.#bytes = bytes;
    this.#start = start;
    this.#end = end;
  }

  /** Writes everything; false when the peer is slow. */
  flush(sink: ByteSink): boolean {
    const last = this.#takeLast();
    if (this.#pieces.length === 0) return last === undefined || sink.write(last);
    const pieces = this.#pieces;
    this.#pieces = [];
    let isKeepingUp = true;
    sink.cork();
    for (const piece of pieces) isKeepingUp = sink.write(piece);
    if (last !== undefined) isKeepingUp = sink.write(last);
    sink.uncork();
    return isKeepingUp;
  }

  /** What further bytes might have joined. */
  #takeLast(): Buffer | undefined {
    const bytes = this.#bytes;
    if (bytes === undefined) return undefined;
    this.#bytes = undefined;
    return this.#start === 0 && this.#end === bytes.length ? bytes : bytes.subarray(this.#start, this.#end);
  }
}
