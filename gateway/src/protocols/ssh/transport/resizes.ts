/** Changes of the size of a terminal, of which a client may send any number: the last one of a moment counts (P10). */
import type { TerminalSize } from './terminal.ts';

/** So long at least between two that are told. */
const MOMENT_MS = 50;

/** The size of one terminal. */
export class Resizes {
  /** Told of sizes, the last one always, and not too often. */
  onSize: ((size: TerminalSize) => void) | undefined;
  #waiting: TerminalSize | undefined;
  #timer: NodeJS.Timeout | undefined;

  take(size: TerminalSize): void {
    this.#waiting = size;
    if (this.#timer === undefined) this.#tell();
  }

  /** Nobody is told any more. */
  stop(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#waiting = undefined;
    this.onSize = undefined;
  }

  #tell(): void {
    this.#timer = undefined;
    const size = this.#waiting;
    if (size === undefined) return;
    this.#waiting = undefined;
    this.onSize?.(size);
    this.#timer = setTimeout(() => this.#tell(), MOMENT_MS).unref();
  }
}
