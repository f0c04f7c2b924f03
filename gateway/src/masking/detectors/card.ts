import { isDigitByte } from '../detect/byte-class.ts';
import type { Detector } from '../detect/detector.ts';
import type { NumberRun } from '../detect/number-run.ts';
import type { ScanInput } from '../detect/scan-input.ts';
import { isLuhn, numberOf } from './checksums.ts';

/** How cards print their number: 4-4-4-4, 4-4-4-4-3, 4-6-5 (American Express), 4-6-4 (Diners), 4-4-4-1 to 4-4-4-3. */
const PRINTED = new Set([0x4444, 0x44443, 0x465, 0x464, 0x4441, 0x4442, 0x4443, 0x88, 0x484]);

/** Issuer ranges: first and last value of the first six digits, and the lengths in use (ISO/IEC 7812, scheme manuals). */
const ISSUERS: readonly (readonly [first: number, last: number, ...lengths: number[]])[] = [
  [400000, 499999, 13, 16, 19], // Visa
  [222100, 272099, 16], // Mastercard
  [510000, 559999, 16],
  [340000, 349999, 15], // American Express
  [370000, 379999, 15],
  [300000, 305999, 14, 16, 19], // Diners Club
  [309500, 309599, 14, 16, 19],
  [360000, 369999, 14, 16, 19],
  [380000, 399999, 14, 16, 19],
  [601100, 601199, 16, 19], // Discover
  [644000, 659999, 16, 19],
  [622126, 622925, 16, 19],
  [620000, 629999, 16, 17, 18, 19], // UnionPay
  [810000, 817199, 16, 17, 18, 19],
  [352800, 358999, 16, 17, 18, 19], // JCB
  [500000, 509999, 16, 18, 19], // Maestro, Elo, Verve
  [560000, 589999, 16, 18, 19],
  [630000, 639999, 16, 18, 19],
  [670000, 679999, 16, 18, 19],
  [600000, 600999, 16], // RuPay and others
  [606200, 606299, 16], // Hipercard
  [608000, 608999, 16],
  [650000, 653149, 16],
  [220000, 220499, 16, 17, 18, 19], // Mir
  [979200, 979289, 16], // Troy
];

/**
 * Numbers of payment cards: an issuer's range with a length in use, and Luhn's check digit. Digits may be grouped as
 * cards print them; any other even grouping counts when nothing else stands in the run of digits.
 */
export const card: Detector = {
  name: 'card',
  fewestDigits: 13,
  numbers(input, run) {
    for (let first = 0; first < run.count; first += 1) {
      const found = findFrom(input, run, first);
      if (found !== -1) {
        input.hit(run.startOf(first), run.endOf(found));
        first = found;
      }
    }
  },
};

/** Last group of a card number that begins with a group; -1 for none. The longest wins. */
function findFrom(input: ScanInput, run: NumberRun, first: number): number {
  let found = -1;
  let digits = 0;
  for (let last = first; last < run.count; last += 1) {
    digits += run.length(last);
    if (digits > 19) {
      break;
    }
    if (digits >= 13 && isGrouped(input, run, first, last) && isCard(input, run, first, last)) {
      found = last;
    }
  }
  return found;
}

function isGrouped(input: ScanInput, run: NumberRun, first: number, last: number): boolean {
  if (first === last) {
    return input.at(run.startOf(first) - 1) !== 0x2b && !isFraction(input, run, first);
  }
  if (PRINTED.has(run.grouping(first, last))) {
    return !isWithinLonger(input, run, first, last);
  }
  const isAlone = first === 0 && last === run.count - 1 && isUniform(input, run, first, last);
  const start = run.startOf(first);
  return isAlone && (input.isAbout('card', start) || !input.isAbout('reference', start));
}

function isUniform(input: ScanInput, run: NumberRun, first: number, last: number): boolean {
  const separator = run.uniformSeparator(input.bytes, first, last);
  return separator === 0x20 || separator === 0x2d || (separator === 0x2e && last - first > 1);
}

/** Groups of four that go on before or after it, as in an IBAN. */
function isWithinLonger(input: ScanInput, run: NumberRun, first: number, last: number): boolean {
  const separator = run.separatorAfter(input.bytes, first);
  const isBefore =
    first > 0 && run.length(first - 1) >= 3 && run.separatorAfter(input.bytes, first - 1) === separator;
  const isAfter =
    last + 1 < run.count && run.length(last + 1) === 4 && run.separatorAfter(input.bytes, last) === separator;
  return isBefore || isAfter;
}

/** `0.4111111111111111` is a number with a fraction. */
function isFraction(input: ScanInput, run: NumberRun, group: number): boolean {
  const before = run.startOf(group) - 1;
  const after = run.endOf(group);
  return (
    (input.at(before) === 0x2e && isDigitByte(input.at(before - 1))) ||
    (input.at(after) === 0x2e &&
      isDigitByte(input.at(after + 1)) &&
      !input.isAbout('card', run.startOf(group)))
  );
}

function isCard(input: ScanInput, run: NumberRun, first: number, last: number): boolean {
  const count = input.digitsOf(run, first, last);
  const prefix = numberOf(input.digits, 0, 6);
  return (
    ISSUERS.some(([from, to, ...lengths]) => prefix >= from && prefix <= to && lengths.includes(count)) &&
    isLuhn(input.digits, count)
  );
}
