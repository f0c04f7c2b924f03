/** Reads a channel piece by piece. An async iterator would destroy the channel at its end, and a dead connection with it throws. */
import type { Readable } from 'node:stream';

/** What a readable stream of Node holds. */
interface Buffered {
  readonly _readableState?: { readonly buffer?: readonly Buffer[]; readonly bufferIndex?: number };
}

/** What is left to read of a stream of a channel. */
export class Chunks {
  readonly #stream: Readable;
  #wake: (() => void) | undefined;
  #isOver = false;

  /** @param gone nothing comes any more, whatever the stream says */
  constructor(stream: Readable, gone: AbortSignal) {
    this.#stream = stream;
    const over = (): void => {
      this.#isOver = true;
      // A connection may have very many channels, one after the other.
      gone.removeEventListener('abort', over);
      this.#wake?.();
    };
    stream.on('readable', () => this.#wake?.());
    for (const event of ['end', 'close', 'error']) stream.once(event, over);
    if (gone.aborted) over();
    else gone.addEventListener('abort', over, { once: true });
  }

  /** The next piece; undefined at the end. Never rejects. One call at a time. */
  async next(): Promise<Buffer | undefined> {
    for (;;) {
      const chunk = this.#read();
      if (chunk !== undefined) return chunk;
      if (this.#isOver) return undefined;
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
      this.#wake = undefined;
    }
  }

  /** Nobody reads on: whoever waits gets the end. */
  stop(): void {
    this.#isOver = true;
    this.#wake?.();
  }

  /** Length of what came first: more than that would be copied together. Undefined where Node does not say. */
  get #firstBytes(): number | undefined {
    const { buffer, bufferIndex = 0 } = (this.#stream as Readable & Buffered)._readableState ?? {};
    return buffer?.[bufferIndex]?.length;
  }

  #read(): Buffer | undefined {
    try {
      // Reading may send a window adjustment, which a connection that has just ended cannot.
      return (this.#stream.read(this.#firstBytes) as Buffer | null) ?? undefined;
    } catch {
      this.#isOver = true;
      return undefined;
    }
  }
}
