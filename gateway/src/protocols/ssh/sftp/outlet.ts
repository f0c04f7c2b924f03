/** From this many bytes on whoever fills it has to wait. */
const HELD_BYTES = 1024 * 1024;
/** Small messages are put together, up to so many bytes: each write costs a packet of SSH. */
const JOINED_BYTES = 256 * 1024;

/** Writes messages one behind the other to a place that takes one at a time. */
export class Outlet {
  readonly #write: (bytes: Buffer) => Promise<void>;
  readonly #onWritten: () => void;
  #queue: Buffer[] = [];
  #bytes = 0;
  #isWriting = false;
  #waiting: (() => void)[] = [];

  /** @param onWritten told when some of it is written */
  constructor(write: (bytes: Buffer) => Promise<void>, onWritten: () => void = () => undefined) {
    this.#write = write;
    this.#onWritten = onWritten;
  }

  /** Bytes that are not written yet. */
  get bytes(): number {
    return this.#bytes;
  }

  push(bytes: Buffer): void {
    this.#queue.push(bytes);
    this.#bytes += bytes.length;
    if (!this.#isWriting) void this.#drain();
  }

  /** Resolves when more may be pushed. */
  async ready(): Promise<void> {
    while (this.#bytes > HELD_BYTES) {
      await new Promise<void>((resolve) => this.#waiting.push(resolve));
    }
  }

  /** Resolves when all that was pushed is written. */
  async empty(): Promise<void> {
    while (this.#bytes > 0) {
      await new Promise<void>((resolve) => this.#waiting.push(resolve));
    }
  }

  async #drain(): Promise<void> {
    this.#isWriting = true;
    // What is pushed in the same turn goes along.
    await Promise.resolve();
    while (this.#queue.length > 0) {
      const bytes = this.#take();
      await this.#write(bytes);
      this.#bytes -= bytes.length;
      const waiting = this.#waiting;
      this.#waiting = [];
      for (const wake of waiting) wake();
      this.#onWritten();
    }
    this.#isWriting = false;
  }

  #take(): Buffer {
    let count = 0;
    let length = 0;
    for (const { length: more } of this.#queue) {
      if (count > 0 && length + more > JOINED_BYTES) break;
      count += 1;
      length += more;
    }
    const [first] = this.#queue;
    const taken = this.#queue.splice(0, count);
    return count === 1 && first !== undefined ? first : Buffer.concat(taken, length);
  }
}
