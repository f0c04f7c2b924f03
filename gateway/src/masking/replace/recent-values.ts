/** Entries of each of the two generations. */
const MOST_ENTRIES = 2048;
/** Longer values, or what stands for them, are not kept. UTF-16 units. */
const LONGEST = 256;

/**
 * What was made of the values of late, in bounded memory. Two generations: values that are still asked for move to the
 * young one, the old one is dropped when the young one is full.
 */
export class RecentValues {
  #young = new Map<string, string>();
  #old = new Map<string, string>();

  get(value: string): string | undefined {
    const known = this.#young.get(value);
    if (known !== undefined) {
      return known;
    }
    const old = this.#old.get(value);
    if (old !== undefined) {
      this.set(value, old);
    }
    return old;
  }

  set(value: string, made: string): void {
    if (value.length > LONGEST || made.length > LONGEST) {
      return;
    }
    if (this.#young.size >= MOST_ENTRIES) {
      this.#old = this.#young;
      this.#young = new Map();
    }
    this.#young.set(value, made);
  }

  /** Entries that are held. */
  get size(): number {
    return this.#young.size + this.#old.size;
  }
}
