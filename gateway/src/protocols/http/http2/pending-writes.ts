/** Writes to a stream of HTTP/2 that its peer has not taken: bounded by their number too, for Node keeps an object for each. */
import type { Duplex } from 'node:stream';
import { whenWritable } from '../chunk-source.ts';

/** Pieces that wait: of long ones the stream takes no more much earlier. */
const MOST_PIECES = 256;

/** One stream's writes. One at a time. */
export class PendingWrites {
  readonly #stream: Duplex;
  #pieces = 0;
  #onTaken: (() => void) | undefined;

  constructor(stream: Duplex) {
    this.#stream = stream;
  }

  /** Resolves when the stream takes more: true; false when it is gone, or took nothing for `timeoutMs`. Never rejects. */
  async write(piece: Buffer, timeoutMs: number): Promise<boolean> {
    this.#pieces += 1;
    this.#stream.write(piece, () => {
      this.#pieces -= 1;
      this.#onTaken?.();
    });
    const isWritable = await whenWritable(this.#stream, timeoutMs);
    if (!isWritable || this.#pieces < MOST_PIECES) return isWritable;
    return this.#taken(timeoutMs);
  }

  #taken(timeoutMs: number): Promise<boolean> {
    return new Promise((resolve) => {
      const settle = (isTaken: boolean): void => {
        clearTimeout(timer);
        this.#onTaken = undefined;
        this.#stream.off('close', onClose);
        resolve(isTaken);
      };
      const onClose = (): void => settle(false);
      const timer = setTimeout(onClose, timeoutMs);
      this.#onTaken = () => settle(!this.#stream.destroyed);
      this.#stream.once('close', onClose);
    });
  }
}
