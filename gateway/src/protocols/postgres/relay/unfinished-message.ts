import type { Outbox } from './outbox.ts';

/** What is held of one message, in bytes; a longer one is handed on in parts (P10). */
const MOST_BYTES = 1024 * 1024;
/** Parts may be tiny: then they are put together. */
const MOST_PARTS = 64;

/** A message to the client of which the end is still to come. */
export class UnfinishedMessage {
  readonly #outbox: Outbox;
  #parts: Buffer[] = [];
  #bytes = 0;
  #isOpen = false;
  #isPartlySent = false;

  constructor(outbox: Outbox) {
    this.#outbox = outbox;
  }

  get isOpen(): boolean {
    return this.#isOpen;
  }

  /** Parts of it were handed on, and the rest was not. */
  get isPartlySent(): boolean {
    return this.#isPartlySent;
  }

  begin(): void {
    this.#isOpen = true;
  }

  /** Takes a part; the bytes are not copied and must not change. */
  add(bytes: Buffer, start: number, end: number): void {
    if (this.#isPartlySent) {
      this.#outbox.add(bytes, start, end);
      return;
    }
    this.#parts.push(bytes.subarray(start, end));
    this.#bytes += end - start;
    if (this.#bytes > MOST_BYTES) {
      this.#release();
      this.#isPartlySent = true;
    } else if (this.#parts.length > MOST_PARTS) {
      this.#parts = [Buffer.concat(this.#parts)];
    }
  }

  /** The message is whole: what is held of it is handed on. */
  end(): void {
    this.#release();
    this.#isOpen = false;
    this.#isPartlySent = false;
  }

  #release(): void {
    for (const part of this.#parts) this.#outbox.add(part);
    this.#parts = [];
    this.#bytes = 0;
  }
}
