import { L_CAT, PROHIBITED, RAND_AL } from './saslprep-tables.ts';

type Range = readonly [first: number, last: number];

const NON_ASCII_SPACE = /[\u{a0}\u{1680}\u{2000}-\u{200b}\u{202f}\u{205f}\u{3000}]/gu;
const MAPPED_TO_NOTHING =
  /\u{ad}|\u{34f}|\u{1806}|[\u{180b}-\u{180d}]|[\u{200b}-\u{200d}]|\u{2060}|[\u{fe00}-\u{fe0f}]|\u{feff}/gu;

const prohibited = readRanges(PROHIBITED);
const rightToLeft = readRanges(RAND_AL);
const leftToRight = readRanges(L_CAT);

/**
 * Prepares a password for SCRAM (RFC 5802 section 2.2) with the SASLprep profile (RFC 4013), as PostgreSQL does when
 * it stores one: text that the profile refuses (prohibited or unassigned characters, mixed directions) is used as it
 * is, and prohibitions are checked before normalisation. ASCII is never changed.
 */
export function saslprep(password: string): string {
  if (/^[\0-\x7f]*$/.test(password)) return password;
  // U+200B is in both tables; PostgreSQL takes it for a space.
  const mapped = password.replace(NON_ASCII_SPACE, ' ').replace(MAPPED_TO_NOTHING, '');
  const codes = Array.from(mapped, (character) => character.codePointAt(0) ?? 0);
  if (codes.length === 0 || codes.some((code) => isIn(prohibited, code)) || !isOneDirection(codes)) {
    return password;
  }
  return mapped.normalize('NFKC');
}

/** RFC 3454 section 6: with any right-to-left character, the first and the last are such, and none is left-to-right. */
function isOneDirection(codes: readonly number[]): boolean {
  if (!codes.some((code) => isIn(rightToLeft, code))) return true;
  return (
    !codes.some((code) => isIn(leftToRight, code)) &&
    isIn(rightToLeft, codes[0] ?? 0) &&
    isIn(rightToLeft, codes.at(-1) ?? 0)
  );
}

function readRanges(table: string): readonly Range[] {
  let at = 0;
  return table.split(' ').map((entry): Range => {
    const [gap = '', length = '0'] = entry.split('-');
    const first = at + Number.parseInt(gap, 36);
    at = first + Number.parseInt(length, 36);
    return [first, at];
  });
}

/** Binary search: the ranges are sorted and apart. */
function isIn(ranges: readonly Range[], code: number): boolean {
  let low = 0;
  let high = ranges.length - 1;
  while (low <= high) {
    const middle = (low + high) >> 1;
    const [first, last] = ranges[middle] ?? [0, -1];
    if (code < first) high = middle - 1;
    else if (code > last) low = middle + 1;
    else return true;
  }
  return false;
}
