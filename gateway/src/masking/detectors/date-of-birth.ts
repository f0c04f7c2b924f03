import { BYTE_CLASS, LETTER } from '../detect/byte-class.ts';
import type { Detector } from '../detect/detector.ts';
import type { NumberRun } from '../detect/number-run.ts';
import type { ScanInput } from '../detect/scan-input.ts';
import { isDate, numberOf } from './checksums.ts';

const MONTHS =
  'jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec|janvier|f.{1,2}vrier|mars|avril|mai|juin|juillet|ao.{1,2}t|januar|februar|m.{1,2}rz|juni|juli|okt|dez|enero|febrero|marzo|abril|mayo|junio|julio|agosto|octubre|diciembre';
/** `12 March 1985`, `12. März 1985`, `March 12th, 1985`, `12-Mar-1985`. */
const WRITTEN = new RegExp(
  `(?:\\b\\d{1,2}(?:st|nd|rd|th)?[ .-]{1,2}(?:of )?(?:${MONTHS})[a-z.]*[ ,.-]{1,2}(?:19|20)\\d\\d\\b)` +
    `|(?:\\b(?:${MONTHS})[a-z.]* \\d{1,2}(?:st|nd|rd|th)?,? (?:19|20)\\d\\d\\b)`,
  'gi',
);
/** How far from a year its month may stand, in bytes. */
const REACH = 32;

/**
 * Dates where the column or the words just before say that somebody was born then. A date alone tells nothing, so it
 * is not reported. Numeric dates in the orders of ISO 8601, of Europe and of North America, and written-out months.
 */
export const dateOfBirth: Detector = {
  name: 'date-of-birth',
  fewestDigits: 4,
  numbers(input, run) {
    for (let group = 0; group < run.count; group += 1) {
      if (group + 2 < run.count && isNumericDate(input, run, group)) {
        report(input, run.startOf(group), run.endOf(group + 2));
        group += 2;
      } else if (run.length(group) === 8 && isCompactDate(input, run, group)) {
        report(input, run.startOf(group), run.endOf(group));
      } else if (run.length(group) === 4 && isYear(yearOf(input, run, group))) {
        findWritten(input, run.startOf(group), run.endOf(group));
      }
    }
  },
};

function report(input: ScanInput, start: number, end: number): void {
  if (input.isAbout('birth', start)) {
    input.hit(start, end);
  }
}

function isNumericDate(input: ScanInput, run: NumberRun, first: number): boolean {
  const separator = run.separatorAfter(input.bytes, first);
  const isOne = separator === run.separatorAfter(input.bytes, first + 1) && separator !== 0;
  if (!isOne || run.length(first + 1) > 2) {
    return false;
  }
  const left = valueOf(input, run, first);
  const middle = valueOf(input, run, first + 1);
  const right = valueOf(input, run, first + 2);
  if (run.length(first) === 4) {
    return isYear(left) && isDate(left, middle, right);
  }
  const isShortYear = run.length(first + 2) === 2;
  const year = isShortYear ? 1900 + right : right;
  return (isShortYear || isYear(right)) && (isDate(year, middle, left) || isDate(year, left, middle));
}

function isCompactDate(input: ScanInput, run: NumberRun, group: number): boolean {
  input.digitsOf(run, group, group);
  const { digits } = input;
  return (
    isYear(numberOf(digits, 0, 4)) &&
    isDate(numberOf(digits, 0, 4), numberOf(digits, 4, 6), numberOf(digits, 6, 8))
  );
}

function yearOf(input: ScanInput, run: NumberRun, group: number): number {
  return numberOf(input.digits, 0, input.digitsOf(run, group, group));
}

/** A group of up to four digits as a number; -1 for a longer one. */
function valueOf(input: ScanInput, run: NumberRun, group: number): number {
  return run.length(group) > 4 ? -1 : yearOf(input, run, group);
}

function isYear(year: number): boolean {
  return year >= 1880 && year <= 2099;
}

function findWritten(input: ScanInput, year: number, end: number): void {
  const from = Math.max(input.start, year - REACH);
  if (!hasLetter(input, from, year)) {
    return;
  }
  for (const match of input.slice(from, end).matchAll(WRITTEN)) {
    if (from + match.index + match[0].length === end) {
      report(input, from + match.index, end);
    }
  }
}

function hasLetter(input: ScanInput, from: number, to: number): boolean {
  for (let position = to - 1; position >= from; position -= 1) {
    if (((BYTE_CLASS[input.at(position)] ?? 0) & LETTER) !== 0) {
      return true;
    }
  }
  return false;
}
