import { GatheredBytes } from '../../wire/gathered-bytes.ts';

/** `hold` until its end is known, `pass` on as it comes, `drop` since something stands for it already. */
export type TokenMode = 'hold' | 'pass' | 'drop';

const NOTHING = Buffer.alloc(0);
/** What may be added to a chunk before its copy has to grow. */
const SPARE_BYTES = 512;
/** So short a slice is copied faster byte by byte. */
const SHORT = 24;

/**
 * Puts a stream together from slices of its chunks and what replaces parts of it. One token at a time may be held over
 * the ends of chunks; while it is muted nothing is handed out. A chunk in which nothing is replaced is handed out as it is,
 * any other as one copy.
 */
export class StreamSplicer {
  isMuted = false;
  mode: TokenMode = 'pass';
  chunk: Buffer = NOTHING;
  #out: Buffer[] = [];
  #held = new GatheredBytes();
  /** In the chunk: where the token begins, and up to where everything is settled. */
  #start = 0;
  #from = 0;
  /** What is handed out of this chunk, once it is more than a slice of it. */
  #copy: Buffer = NOTHING;
  #copied = 0;

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

  /** Where the held token begins in the chunk; undefined where it began in an earlier one. */
  get heldFrom(): number | undefined {
    return this.#held.length === 0 ? this.#start : undefined;
  }

  /** The bytes of the held token that ends before `end`. */
  raw(end: number): Buffer {
    const last = this.chunk.subarray(this.#start, end);
    return this.#held.length === 0 ? last : Buffer.concat([this.#held.bytes, last]);
  }

  /** Hands out what stands before `end`, but what is settled. */
  emit(end: number): void {
    if (end > this.#from && !this.isMuted) this.#add(this.chunk, this.#from, end);
    this.#from = Math.max(this.#from, end);
  }

  /** What stands before `end` has something in its place. */
  skip(end: number): void {
    this.#from = end;
  }

  put(text: string): void {
    if (this.isMuted) return;
    this.#reserve(3 * text.length);
    this.#copied += this.#copy.write(text, this.#copied, 'utf8');
  }

  /** Gives up the held token: `text` stands for it, and the rest of it is dropped. */
  giveUp(text: string): void {
    if (this.#held.length === 0) this.emit(this.#start);
    this.put(text);
    this.#forget();
    this.mode = 'drop';
  }

  /** Ends the held token that {@link raw} gave: replaced, or as it is. */
  settle(end: number, raw: Buffer, replaced: string | undefined): void {
    if (replaced !== undefined) {
      this.giveUp(replaced);
      this.#from = end;
    } else if (this.#held.length > 0) {
      this.#add(raw, 0, raw.length);
      this.#from = end;
    }
    this.#forget();
  }

  /** The chunk is over. @param isInToken a token goes on in the next one */
  suspend(isInToken: boolean): void {
    const end = this.chunk.length;
    if (isInToken && this.mode === 'hold') {
      this.#emitLast(this.#start);
      this.#held.add(Buffer.from(this.chunk.subarray(this.#start, end)));
      this.#from = end;
    } else if (isInToken && this.mode === 'drop') {
      this.#from = end;
    }
    this.#emitLast(end);
    this.finish();
  }

  /** Hands out the last that comes of this chunk: without a copy, where it is the only thing. */
  #emitLast(end: number): void {
    if (this.#copied > 0 || this.isMuted || end <= this.#from) {
      this.emit(end);
      return;
    }
    this.#out.push(this.chunk.subarray(this.#from, end));
    this.#from = end;
  }

  /** Hands out what was put together. */
  finish(): void {
    if (this.#copied === 0) return;
    this.#out.push(this.#copy.subarray(0, this.#copied));
    this.#copy = NOTHING;
    this.#copied = 0;
  }

  #add(bytes: Buffer, start: number, end: number): void {
    this.#reserve(end - start);
    const copy = this.#copy;
    let to = this.#copied;
    if (end - start < SHORT) for (let at = start; at < end; at += 1) copy[to++] = bytes[at] ?? 0;
    else bytes.copy(copy, to, start, end);
    this.#copied += end - start;
  }

  #reserve(count: number): void {
    if (this.#copied + count <= this.#copy.length) return;
    const grown = Buffer.allocUnsafe(Math.max(2 * this.#copied, this.chunk.length) + count + SPARE_BYTES);
    this.#copy.copy(grown, 0, 0, this.#copied);
    this.#copy = grown;
  }

  #forget(): void {
    this.#held.take();
  }
}
