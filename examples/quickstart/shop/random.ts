/** A small seeded generator: the same shop on every machine, so that examples in the documentation stay true. */

/** Draws values; every draw moves the state. */
export interface Random {
  /** An integer from `low` to `high`, both included. */
  integer(low: number, high: number): number;
  /** True with the given probability. */
  chance(probability: number): boolean;
  /** One element of a list; throws RangeError when it is empty. */
  pick<T>(list: readonly T[]): T;
  /** `count` decimal digits. */
  digits(count: number): string;
  /** `count` characters of `alphabet`. */
  text(count: number, alphabet: string): string;
}

/** The generator for `seed`; two of one seed agree for ever (mulberry32 by Tommy Ettinger, public domain). */
export function createRandom(seed: number): Random {
  let state = seed >>> 0;
  const next = (): number => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 0x1_0000_0000;
  };
  const integer = (low: number, high: number): number => low + Math.floor(next() * (high - low + 1));
  const text = (count: number, alphabet: string): string =>
    Array.from({ length: count }, () => alphabet.charAt(integer(0, alphabet.length - 1))).join('');
  return {
    integer,
    text,
    chance: (probability) => next() < probability,
    pick: <T>(list: readonly T[]): T => {
      if (list.length === 0) throw new RangeError('nothing to pick from');
      return list[integer(0, list.length - 1)] as T;
    },
    digits: (count) => text(count, '0123456789'),
  };
}
