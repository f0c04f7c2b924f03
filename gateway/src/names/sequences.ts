/** One element of a sequence: `many` stands for any number of elements. */
export type Element<T> = 'many' | { readonly one: T };

/**
 * Whether every sequence that `value` stands for fits `pattern`: what an allow rule asks. A `many` of the value is taken
 * only by a `many` of the pattern, so the answer may be no where it could be yes, never the other way round.
 */
export function covers<P, V>(
  pattern: readonly Element<P>[],
  value: readonly Element<V>[],
  fits: (pattern: P, value: V) => boolean,
): boolean {
  return compare(pattern, value, { fits, isManyOfValueFree: false });
}

/** Whether some sequence that `value` stands for may fit `pattern`: what a deny rule asks. */
export function meets<P, V>(
  pattern: readonly Element<P>[],
  value: readonly Element<V>[],
  fits: (pattern: P, value: V) => boolean,
): boolean {
  return compare(pattern, value, { fits, isManyOfValueFree: true });
}

/** Row by row from the end, so that time and memory are those of one product and two rows. */
function compare<P, V>(
  pattern: readonly Element<P>[],
  value: readonly Element<V>[],
  { fits, isManyOfValueFree }: { fits: (pattern: P, value: V) => boolean; isManyOfValueFree: boolean },
): boolean {
  const width = value.length;
  if (!pattern.includes('many') && !value.includes('many')) {
    return pattern.length === width && pattern.every((element, at) => fitsAt(element, value[at], fits));
  }
  let below: boolean[] = [];
  for (let row = pattern.length; row >= 0; row -= 1) {
    const current: boolean[] = Array.from({ length: width + 1 }, () => false);
    const wanted = pattern[row];
    for (let at = width; at >= 0; at -= 1) {
      current[at] = rests(wanted, value[at], {
        isEnd: row === pattern.length && at === width,
        skipPattern: below[at] === true,
        skipValue: current[at + 1] === true,
        skipBoth: below[at + 1] === true,
        fits,
        isManyOfValueFree,
      });
    }
    below = current;
  }
  return below[0] === true;
}

function fitsAt<P, V>(
  wanted: Element<P>,
  given: Element<V> | undefined,
  fits: (pattern: P, value: V) => boolean,
): boolean {
  return wanted !== 'many' && given !== undefined && given !== 'many' && fits(wanted.one, given.one);
}

interface Rests<P, V> {
  readonly isEnd: boolean;
  readonly skipPattern: boolean;
  readonly skipValue: boolean;
  readonly skipBoth: boolean;
  readonly fits: (pattern: P, value: V) => boolean;
  readonly isManyOfValueFree: boolean;
}

function rests<P, V>(
  wanted: Element<P> | undefined,
  given: Element<V> | undefined,
  { isEnd, skipPattern, skipValue, skipBoth, fits, isManyOfValueFree }: Rests<P, V>,
): boolean {
  if (isEnd) return true;
  if (wanted === 'many') return skipPattern || (given !== undefined && skipValue);
  if (given === 'many') return isManyOfValueFree && (skipValue || (wanted !== undefined && skipPattern));
  return wanted !== undefined && given !== undefined && skipBoth && fits(wanted.one, given.one);
}
