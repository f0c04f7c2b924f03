/** Chunks of a stream, one at a time, with a bound on each wait: what is not asked for stays in the kernel (back-pressure). */
import type { Duplex } from 'node:stream';

/** Why no chunk came. */
export type Silence = 'end' | 'timeout';

/** Reads one stream. The stream has an `error` listener already. */
export class ChunkSource {
  readonly #stream: Duplex;
  #waiter: (() => void) | undefined;
  #isOver: boolean;
  readonly #onReadable: () => void;

  constructor(stream: Duplex) {
    this.#stream = stream;
    this.#isOver = stream.destroyed || stream.readableEnded;
    const over = (): void => {
      this.#isOver = true;
      this.#wake();
    };
    this.#onReadable = () => {
      if (this.#waiter !== undefined) this.#wake();
      // The end is told only to who reads: nobody may be left waiting on a peer that has gone.
      else if (stream.readableLength === 0) stream.read();
    };
    stream.on('readable', this.#onReadable);
    stream.once('end', over);
    stream.once('close', over);
  }

  /** Leaves the stream to another reader. */
  release(): void {
    this.#stream.off('readable', this.#onReadable);
  }

  /** Whether the peer can send no more. */
  get isOver(): boolean {
    return this.#isOver;
  }

  /** The next chunk, or why there is none within `timeoutMs`. Never rejects. One call at a time. */
  async next(timeoutMs: number): Promise<Buffer | Silence> {
    const ready: unknown = this.#stream.read();
    if (Buffer.isBuffer(ready)) return ready;
    if (this.#isOver) return 'end';
    let timer: NodeJS.Timeout | undefined;
    let isLate = false;
    await new Promise<void>((resolve) => {
      this.#waiter = resolve;
      timer = setTimeout(() => {
        isLate = true;
        resolve();
      }, timeoutMs);
    });
    clearTimeout(timer);
    this.#waiter = undefined;
    const chunk: unknown = this.#stream.read();
    if (Buffer.isBuffer(chunk)) return chunk;
    if (this.#isOver) return 'end';
    return isLate ? 'timeout' : this.next(timeoutMs);
  }

  #wake(): void {
    this.#waiter?.();
  }
}

/** Resolves when the stream takes more: true; false when it is gone, or took nothing for `timeoutMs`. Never rejects. */
export function whenWritable(stream: Duplex, timeoutMs: number): Promise<boolean> {
  if (stream.destroyed) return Promise.resolve(false);
  if (!stream.writableNeedDrain) return Promise.resolve(true);
  return new Promise((resolve) => {
    const settle = (isWritable: boolean): void => {
      clearTimeout(timer);
      stream.off('drain', onDrain);
      stream.off('close', onClose);
      resolve(isWritable);
    };
    const onDrain = (): void => settle(true);
    const onClose = (): void => settle(false);
    const timer = setTimeout(onClose, timeoutMs);
    stream.once('drain', onDrain);
    stream.once('close', onClose);
  });
}
