import { type Frame, FrameSplitter } from '../../wire/frame-splitter.ts';

/** How one message is told in a transcript: `Query SELECT 1`. */
export type Tell = (bytes: Buffer, start: number, end: number) => string;

/** Reads a byte stream into one line a message. */
export class MessageLines {
  readonly #tellers: ReadonlyMap<number, Tell>;
  readonly #splitter: FrameSplitter;
  #lines: string[] = [];
  #bytes = 0;

  constructor(tellers: ReadonlyMap<number, Tell>) {
    this.#tellers = tellers;
    this.#splitter = new FrameSplitter({ maxFrameBytes: 256 << 20 });
  }

  /** Bytes so far. */
  get bytes(): number {
    return this.#bytes;
  }

  push(chunk: Buffer): void {
    this.#bytes += chunk.length;
    this.#splitter.push(chunk);
    for (let frame = this.#splitter.next(); frame !== undefined; frame = this.#splitter.next()) {
      this.#lines.push(this.#tell(frame));
    }
  }

  /** Lines since the last call. */
  take(): readonly string[] {
    return this.#lines.splice(0);
  }

  #tell({ type, bytes, start, end }: Frame): string {
    const tell = this.#tellers.get(type);
    return tell?.(bytes, start, end) ?? `? ${String.fromCharCode(type)}`;
  }
}
