/** Output bytes of a session's masked results, gathered so that many rewritten rows leave as one slice. */

/** Takes slices in order; they are not copied and must not change any more. */
export interface SliceSink {
  add(bytes: Buffer, start?: number, end?: number): void;
}

/** Bytes of one buffer of the pool. */
const BLOCK_BYTES = 65_536;
const NOTHING = Buffer.alloc(0);

/**
 * A buffer that is written from front to end: what was handed out stays true until it is collected, however slowly the
 * client reads, or until {@link OutputPool.rewind}. Positions are relative to the first byte that was not handed out yet.
 */
export class OutputPool {
  #bytes: Buffer = NOTHING;
  #from = 0;
  #at = 0;

  /** Bytes written and not handed out. */
  get length(): number {
    return this.#at - this.#from;
  }

  /** Makes room for `count` more bytes. What is written already stays in one piece with them. */
  reserve(count: number): void {
    if (this.#at + count <= this.#bytes.length) return;
    const grown = Buffer.allocUnsafeSlow(Math.max(BLOCK_BYTES, 2 * this.length + count));
    this.#bytes.copy(grown, 0, this.#from, this.#at);
    this.#at = this.length;
    this.#from = 0;
    this.#bytes = grown;
  }

  /** Whether `count` more bytes fit without a new buffer. */
  hasRoom(count: number): boolean {
    return this.#at + count <= this.#bytes.length;
  }

  copy(source: Buffer, start: number, end: number): void {
    const count = end - start;
    this.reserve(count);
    const bytes = this.#bytes;
    let to = this.#at;
    if (count < 24) for (let at = start; at < end; at += 1) bytes[to++] = source[at] ?? 0;
    else source.copy(bytes, to, start, end);
    this.#at += count;
  }

  int32(value: number): void {
    this.reserve(4);
    this.#put(this.#at, value);
    this.#at += 4;
  }

  byte(value: number): void {
    this.reserve(1);
    this.#bytes[this.#at] = value;
    this.#at += 1;
  }

  /** Writes UTF-8 behind its Int32 length. */
  textValue(text: string): void {
    this.reserve(4 + 3 * text.length);
    const written = writeText(this.#bytes, this.#at + 4, text);
    this.#put(this.#at, written);
    this.#at += 4 + written;
  }

  /** Writes UTF-8. */
  text(text: string): void {
    this.reserve(3 * text.length);
    this.#at += writeText(this.#bytes, this.#at, text);
  }

  /** Overwrites an Int32. */
  patch(position: number, value: number): void {
    this.#put(this.#from + position, value);
  }

  /** Hands out what was written. */
  flush(sink: SliceSink): void {
    if (this.#at === this.#from) return;
    sink.add(this.#bytes, this.#from, this.#at);
    this.#from = this.#at;
  }

  /** Everything that was handed out is gone: the buffer is written from its front again, while it is warm in the caches. */
  rewind(): void {
    if (this.#at !== this.#from) return;
    this.#from = 0;
    this.#at = 0;
  }

  /** Lets go of the buffer, for a session that waits. */
  release(): void {
    this.#bytes = NOTHING;
    this.#from = 0;
    this.#at = 0;
  }

  #put(at: number, value: number): void {
    const bytes = this.#bytes;
    bytes[at] = value >>> 24;
    bytes[at + 1] = value >>> 16;
    bytes[at + 2] = value >>> 8;
    bytes[at + 3] = value;
  }
}

/** Short ASCII, which most masks are, without a call into the engine. */
function writeText(bytes: Buffer, start: number, text: string): number {
  if (text.length > 48) return bytes.write(text, start, 'utf8');
  for (let index = 0; index < text.length; index += 1) {
    const code = text.charCodeAt(index);
    if (code > 0x7f) return bytes.write(text, start, 'utf8');
    bytes[start + index] = code;
  }
  return text.length;
}
