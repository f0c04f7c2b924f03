/** Something that holds bytes which wait for the disk. */
export interface Holder {
  /** Bytes that wait. */
  readonly pending: number;
  /** Nothing will be written any more: nobody needs to wait. */
  readonly isOver: boolean;
}

/** Bounds the memory of one recording and of all together, and lets those wait who are over it (P10). */
export class MemoryBudget {
  readonly #each: number;
  readonly #total: number;
  readonly #waiting = new Map<Holder, PromiseWithResolvers<void>>();
  #used = 0;

  constructor(limits: { readonly each: number; readonly total: number }) {
    this.#each = limits.each;
    this.#total = limits.total;
  }

  /** Bytes that wait in all recordings. */
  get used(): number {
    return this.#used;
  }

  /** Takes note of bytes that came, or went. */
  change(bytes: number): void {
    this.#used += bytes;
    if (bytes < 0 && this.#waiting.size > 0) this.wake();
  }

  /** Whether the holder has to wait before it takes more. A holder of nothing never has to: so all get on. */
  isOver(holder: Holder): boolean {
    return holder.pending > this.#each || (this.#used > this.#total && holder.pending > 0);
  }

  /** Far over: somebody did not wait. */
  isOverrun(holder: Holder): boolean {
    return holder.pending > this.#each * 4 + OVERRUN_BYTES;
  }

  /** Resolves when the holder may take more. */
  wait(holder: Holder): Promise<void> {
    if (holder.isOver || !this.isOver(holder)) return Promise.resolve();
    let waiting = this.#waiting.get(holder);
    if (waiting === undefined) {
      waiting = Promise.withResolvers<void>();
      this.#waiting.set(holder, waiting);
    }
    return waiting.promise;
  }

  /** Lets go of all who need not wait any more. */
  wake(): void {
    for (const [holder, waiting] of this.#waiting) {
      if (!holder.isOver && this.isOver(holder)) continue;
      this.#waiting.delete(holder);
      waiting.resolve();
    }
  }
}

/** One call may bring so much on top: a request at its cap, in the worst encoding. */
const OVERRUN_BYTES = 16 * 1024 * 1024;
