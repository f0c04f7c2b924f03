/** Seeded choices: the same corpus in every run. */
export class SeededRandom {
  #state: number;

  constructor(seed: number) {
    this.#state = seed;
  }

  /** From 0 to 1, without 1 (Mulberry32). */
  next(): number {
    this.#state = (this.#state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(this.#state ^ (this.#state >>> 15), 1 | this.#state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  }

  /** A whole number from `first` to `last`. */
  within(first: number, last: number): number {
    return first + Math.floor(this.next() * (last - first + 1));
  }

  pick<T>(values: readonly T[]): T {
    const value = values[Math.floor(this.next() * values.length)];
    if (value === undefined) {
      throw new Error('nothing to pick from');
    }
    return value;
  }

  of(alphabet: string, count: number): string {
    return Array.from({ length: count }, () =>
      alphabet.charAt(Math.floor(this.next() * alphabet.length)),
    ).join('');
  }

  digits(count: number): string {
    return this.of('0123456789', count);
  }

  hex(count: number): string {
    return this.of('0123456789abcdef', count);
  }
}
