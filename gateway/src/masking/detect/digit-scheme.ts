import type { NumberRun } from './number-run.ts';
import type { ScanInput } from './scan-input.ts';

/** An identity number that consists of digits. */
export interface DigitScheme {
  /** How many digits it has. */
  readonly lengths: readonly number[];
  /** The number's own rules, check digits among them. */
  isValid(digits: Uint8Array, count: number): boolean;
  /**
   * What else is needed, by how often a number of that length passes {@link isValid} by chance. `nothing`: hardly ever.
   * `form`: the groups of {@link forms}, or words around it that speak of an identity number. `words`: those only.
   */
  readonly needs: 'nothing' | 'form' | 'words';
  /** How it is written in groups, as hexadecimal digits: `3-2-4` is 0x324. */
  readonly forms?: readonly number[];
}

/** A scheme with its number in the scanner. */
export interface PlacedScheme {
  readonly index: number;
  readonly scheme: DigitScheme;
}

/** Schemes by how many digits they have. */
export type SchemesByLength = readonly (readonly PlacedScheme[] | undefined)[];

/** Sorts schemes by length. */
export function schemesByLength(schemes: readonly PlacedScheme[]): SchemesByLength {
  const most = Math.max(0, ...schemes.flatMap(({ scheme }) => scheme.lengths));
  return Array.from({ length: most + 1 }, (_, length) => {
    const fitting = schemes.filter(({ scheme }) => scheme.lengths.includes(length));
    return fitting.length === 0 ? undefined : fitting;
  });
}

/** No number is written in more groups; one with a sign after each digit counts when it stands alone. */
const MOST_GROUPS = 8;

/** Looks at each window of groups of a run once, for all schemes of its length. */
export function askSchemes(input: ScanInput, run: NumberRun, schemes: SchemesByLength): void {
  for (let first = 0; first < run.count; first += 1) {
    let digits = 0;
    for (let last = first; last < run.count; last += 1) {
      digits += run.length(last);
      const isAlone = first === 0 && last === run.count - 1;
      if (digits >= schemes.length || (last - first >= MOST_GROUPS && !isAlone && first > 0)) {
        break;
      }
      if (last - first >= MOST_GROUPS && !isAlone) {
        continue;
      }
      const fitting = schemes[digits];
      if (fitting !== undefined) {
        askWindow(input, run, first, last, fitting);
      }
    }
  }
}

function askWindow(
  input: ScanInput,
  run: NumberRun,
  first: number,
  last: number,
  fitting: readonly PlacedScheme[],
): void {
  const count = input.digitsOf(run, first, last);
  for (const { index, scheme } of fitting) {
    if (scheme.isValid(input.digits, count) && isFound(scheme, input, run, first, last)) {
      input.current = index;
      input.hit(run.startOf(first), run.endOf(last));
    }
  }
}

function isFound(
  scheme: DigitScheme,
  input: ScanInput,
  run: NumberRun,
  first: number,
  last: number,
): boolean {
  if (scheme.needs === 'nothing') {
    return first === last || isWhole(input, run, first, last);
  }
  const isForm =
    scheme.needs === 'form' &&
    scheme.forms?.includes(run.grouping(first, last)) === true &&
    isWhole(input, run, first, last);
  return isForm || input.isAbout('national-id', run.startOf(first));
}

/** Says that the window is no part of a longer number: the separators around it are others than the last of its own. */
function isWhole(input: ScanInput, run: NumberRun, first: number, last: number): boolean {
  const before = first === 0 ? 0 : run.separatorAfter(input.bytes, first - 1);
  const after = run.separatorAfter(input.bytes, last);
  return (
    before !== (run.separatorAfter(input.bytes, first) || -1) &&
    after !== (run.separatorAfter(input.bytes, last - 1) || -1)
  );
}
