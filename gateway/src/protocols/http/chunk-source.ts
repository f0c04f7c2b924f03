/** Chunks of a stream, one at a time, with a bound on each wait: what is not asked for stays in the kernel (back-pressure). */
import type { Duplex } from 'node:stream';
import { takeChunks } from '../../listener/take-chunks.ts';

/** Why no chunk came. */
export type Silence = 'end' | 'timeout';

/** Reads one stream. The stream has an `error` listener already. */
export class ChunkSource {
  readonly #stream: Duplex;
  readonly #release: () => void;
  /** What came while nobody asked; the stream is paused as long as there is anything. */
  readonly #early: Buffer[] = [];
  #waiter: ((chunk: Buffer | Silence) => void) | undefined;
  #isOver: boolean;
  /** One for all waits: it is started anew, not made anew. */
  #timer: NodeJS.Timeout | undefined;
  #timerMs = 0;

  constructor(stream: Duplex) {
    this.#stream = stream;
    this.#isOver = stream.destroyed || stream.readableEnded;
    const over = (): void => {
      this.#isOver = true;
      clearTimeout(this.#timer);
      this.#answer('end');
    };
    this.#release = takeChunks(stream, (chunk) => {
      if (!this.#answer(chunk)) {
        this.#early.push(chunk);
        stream.pause();
      }
      return true;
    });
    stream.once('end', over);
    stream.once('close', over);
  }

  /** Leaves the stream to another reader, with what nobody asked for. */
  release(): void {
    const stream = this.#stream;
    clearTimeout(this.#timer);
    this.#release();
    stream.pause();
    for (const chunk of this.#early.splice(0).reverse()) stream.unshift(chunk);
  }

  /** Whether the peer can send no more. */
  get isOver(): boolean {
    return this.#isOver;
  }

  /** Whether something came that nobody asked for. */
  get hasEarly(): boolean {
    return this.#early.length > 0;
  }

  /** The next chunk, or why there is none within `timeoutMs`. Never rejects. One call at a time. */
  next(timeoutMs: number): Promise<Buffer | Silence> {
    const early = this.#early.shift();
    if (early !== undefined) return Promise.resolve(early);
    if (this.#isOver) return Promise.resolve('end');
    return new Promise((resolve) => {
      this.#waiter = resolve;
      this.#wait(timeoutMs);
      if (this.#stream.isPaused()) this.#stream.resume();
    });
  }

  #wait(timeoutMs: number): void {
    if (this.#timer !== undefined && this.#timerMs === timeoutMs) {
      this.#timer.refresh();
      return;
    }
    clearTimeout(this.#timer);
    this.#timerMs = timeoutMs;
    this.#timer = setTimeout(() => this.#answer('timeout'), timeoutMs);
    // It runs on between waits, and is no reason for a process to stay.
    this.#timer.unref();
  }

  /** Whether somebody waited. */
  #answer(chunk: Buffer | Silence): boolean {
    const waiter = this.#waiter;
    if (waiter === undefined) return false;
    this.#waiter = undefined;
    waiter(chunk);
    return true;
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
