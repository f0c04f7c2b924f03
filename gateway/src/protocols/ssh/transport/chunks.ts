/** Reads a channel piece by piece. An async iterator would destroy the channel at its end, and a dead connection with it throws. */
import type { Readable } from 'node:stream';

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

  #read(): Buffer | undefined {
    try {
      // Reading may send a window adjustment, which a connection that has just ended cannot.
      return (this.#stream.read() as Buffer | null) ?? undefined;
    } catch {
      this.#isOver = true;
      return undefined;
    }
  }
}
