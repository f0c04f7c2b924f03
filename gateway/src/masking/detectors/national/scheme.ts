import type { Detector } from '../../detect/detector.ts';
import type { NumberRun } from '../../detect/number-run.ts';
import type { ScanInput } from '../../detect/scan-input.ts';

/** An identity number that consists of digits. */
export interface DigitScheme {
  readonly name: string;
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

/** Makes a detector of a number of digits. */
export function digitDetector(scheme: DigitScheme): Detector {
  const fewest = Math.min(...scheme.lengths);
  const most = Math.max(...scheme.lengths);
  return {
    name: scheme.name,
    fewestDigits: fewest,
    numbers(input, run) {
      for (let first = 0; first < run.count; first += 1) {
        let digits = 0;
        for (let last = first; last < run.count; last += 1) {
          digits += run.length(last);
          if (digits > most) {
            break;
          }
          if (
            digits >= fewest &&
            scheme.lengths.includes(digits) &&
            isFound(scheme, input, run, first, last)
          ) {
            input.hit(run.startOf(first), run.endOf(last));
            first = last;
            break;
          }
        }
      }
    },
  };
}

function isFound(
  scheme: DigitScheme,
  input: ScanInput,
  run: NumberRun,
  first: number,
  last: number,
): boolean {
  const count = input.digitsOf(run, first, last);
  if (!scheme.isValid(input.digits, count)) {
    return false;
  }
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
