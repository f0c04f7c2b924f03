/** `hold` until its end is known, `pass` on as it comes, `drop` since something stands for it already. */
export type TokenMode = 'hold' | 'pass' | 'drop';

/**
 * Puts a stream together from slices of its chunks and what replaces parts of it. One token at a time may be held over
 * the ends of chunks; while it is muted nothing is handed out.
 */
export class StreamSplicer {
  isMuted = false;
  mode: TokenMode = 'pass';
  chunk: Buffer = Buffer.alloc(0);
  #out: Buffer[] = [];
  #held: Buffer[] = [];
  #heldBytes = 0;
  /** In the chunk: where the token begins, and up to where everything is settled. */
  #start = 0;
  #from = 0;

  begin(chunk: Buffer, out: Buffer[]): void {
    this.chunk = chunk;
    this.#out = out;
    this.#from = 0;
    this.#start = 0;
  }

  /** A token begins. */
  open(at: number, mode: TokenMode): void {
    this.#start = at;
    this.mode = this.isMuted ? 'pass' : mode;
  }

  /** The bytes of the held token that ends before `end`. */
  raw(end: number): Buffer {
    const last = this.chunk.subarray(this.#start, end);
    return this.#heldBytes === 0 ? last : Buffer.concat([...this.#held, last]);
  }

  /** Hands out what stands before `end`, but what is settled. */
  emit(end: number): void {
    if (end > this.#from && !this.isMuted) this.#out.push(this.chunk.subarray(this.#from, end));
    this.#from = Math.max(this.#from, end);
  }

  /** What stands before `end` has something in its place. */
  skip(end: number): void {
    this.#from = end;
  }

  put(text: string): void {
    if (!this.isMuted) this.#out.push(Buffer.from(text));
  }

  /** Gives up the held token: `text` stands for it, and the rest of it is dropped. */
  giveUp(text: string): void {
    if (this.#heldBytes === 0) this.emit(this.#start);
    this.put(text);
    this.#forget();
    this.mode = 'drop';
  }

  /** Ends the held token that {@link raw} gave: replaced, or as it is. */
  settle(end: number, raw: Buffer, replaced: string | undefined): void {
    if (replaced !== undefined) {
      this.giveUp(replaced);
      this.#from = end;
    } else if (this.#heldBytes > 0) {
      this.#out.push(raw);
      this.#from = end;
    }
    this.#forget();
  }

  /** The chunk is over. @param isInToken a token goes on in the next one */
  suspend(isInToken: boolean): void {
    const end = this.chunk.length;
    if (isInToken && this.mode === 'hold') {
      this.emit(this.#start);
      this.#held.push(Buffer.from(this.chunk.subarray(this.#start, end)));
      this.#heldBytes += end - this.#start;
      this.#from = end;
    } else if (isInToken && this.mode === 'drop') {
      this.#from = end;
    }
    this.emit(end);
  }

  #forget(): void {
    this.#held = [];
    this.#heldBytes = 0;
  }
}
