import { type CountryCode, isSupportedCountry, parsePhoneNumberFromString } from 'libphonenumber-js/max';
import type { Detector } from '../detect/detector.ts';
import type { NumberRun } from '../detect/number-run.ts';
import type { ScanInput } from '../detect/scan-input.ts';
import { MaskingError } from '../errors.ts';

const FEWEST = 7;
/** E.164 has 15 digits, a national form a trunk prefix more, an international one `00` or `011` before it. */
const MOST = 18;
const PLUS = 0x2b;

/**
 * Phone numbers that the numbering plans of the world hold to be possible and assigned. Three forms count:
 * international (`+49 30 901820`); national with separators as the default region writes them; and any digits of the
 * right number where the column or the words before say that it is a phone. Digits alone are an order number.
 *
 * @param region ISO 3166 code of the country whose national numbers are known; undefined: international form only.
 * @throws {MaskingError} `ERR_MASKING_DETECTOR` for an unknown region.
 */
export function phoneDetector(region?: string): Detector {
  if (region !== undefined && !isSupportedCountry(region)) {
    throw new MaskingError(
      'ERR_MASKING_DETECTOR',
      `there is no phone region \`${region}\`; use a code such as DE`,
      {
        source: 'config',
      },
    );
  }
  return {
    name: 'phone',
    fewestDigits: FEWEST,
    numbers(input, run) {
      for (let first = 0; first < run.count; first += 1) {
        const last = findFrom(input, run, first, region);
        if (last !== -1) {
          input.hit(startOf(input, run, first), run.endOf(last));
          first = last;
        }
      }
    },
  };
}

/** Last group of a phone number that begins with a group; -1 for none. */
function findFrom(input: ScanInput, run: NumberRun, first: number, region: CountryCode | undefined): number {
  const isInternational = input.at(startOf(input, run, first)) === PLUS;
  // Without a region only the international form counts.
  const isNamed = !isInternational && region !== undefined && isNamedPhone(input, run, first);
  if (!isInternational && !isNamed && !mayBeNational(input, run, first, region)) {
    return -1;
  }
  let digits = 0;
  let last = first;
  while (last < run.count && digits + run.length(last) <= MOST) {
    digits += run.length(last);
    last += 1;
  }
  for (last -= 1; last >= first && digits >= FEWEST; last -= 1) {
    const isForm =
      isInternational ||
      isNamed ||
      (isWritten(input, run, first, last, region) && !input.isAbout('reference', startOf(input, run, first)));
    if (isForm && isPhone(input, run, first, last, region, isInternational)) {
      return last;
    }
    digits -= run.length(last);
  }
  return -1;
}

/** Where the number begins with its `+` or bracket. */
function startOf(input: ScanInput, run: NumberRun, group: number): number {
  const start = run.startOf(group);
  const before = input.at(start - 1);
  if (before === PLUS) {
    return start - 1;
  }
  return before === 0x28 ? (input.at(start - 2) === PLUS ? start - 2 : start - 1) : start;
}

/** Digits after such words are a phone number, from the first group of the run, or from the whole column. */
function isNamedPhone(input: ScanInput, run: NumberRun, first: number): boolean {
  return first === 0 && input.isAbout('phone', startOf(input, run, first));
}

function mayBeNational(
  input: ScanInput,
  run: NumberRun,
  first: number,
  region: CountryCode | undefined,
): boolean {
  if (region === undefined || run.count - first < 2 || run.length(first) > 5) {
    return false;
  }
  const before = input.at(run.startOf(first) - 1);
  const isFresh = first === 0 || before === 0x28 || before === 0x20;
  return isFresh;
}

/**
 * Says whether separators stand as people of the region put them: `(415) 555-2671`, `415-555-2671` in North America;
 * elsewhere a trunk 0 first and at most four groups of at least two digits.
 */
function isWritten(
  input: ScanInput,
  run: NumberRun,
  first: number,
  last: number,
  region: CountryCode | undefined,
): boolean {
  const grouping = run.grouping(first, last);
  if (NORTH_AMERICA.has(region ?? '')) {
    return grouping === 0x334 || grouping === 0x1334;
  }
  if (first === last || input.at(run.startOf(first)) !== 0x30 || last - first > 5) {
    return region !== undefined && NO_TRUNK_PREFIX.has(region) && NO_TRUNK_GROUPS.has(grouping);
  }
  for (let group = first; group <= last; group += 1) {
    if (run.length(group) < 2) {
      return false;
    }
  }
  // 03.11.2026 and 03/11/2026 are dates.
  const isDateLike = grouping === 0x224 || grouping === 0x222;
  return !isDateLike;
}

const NORTH_AMERICA = new Set(['US', 'CA', 'PR', 'JM', 'DO', 'TT', 'BS', 'BB', 'GU', 'VI']);
/** Countries of Europe whose national numbers have no 0 before them, and how they are written. */
const NO_TRUNK_PREFIX = new Set(['ES', 'PT', 'DK', 'NO', 'PL', 'CZ', 'GR', 'LU', 'IT']);
const NO_TRUNK_GROUPS = new Set([0x333, 0x3222, 0x2222, 0x332, 0x2322, 0x37, 0x36]);

function isPhone(
  input: ScanInput,
  run: NumberRun,
  first: number,
  last: number,
  region: CountryCode | undefined,
  isInternational: boolean,
): boolean {
  if (input.budget <= 0) {
    return true;
  }
  input.budget -= 1;
  const text = input.slice(startOf(input, run, first), run.endOf(last));
  const number = parsePhoneNumberFromString(text, region === undefined ? {} : { defaultCountry: region });
  if (number?.isValid() === true) {
    return true;
  }
  // `00` is how most of the world writes `+`, whatever the default region is.
  const digits = text.replace(/\D/g, '');
  return (
    !isInternational &&
    digits.startsWith('00') &&
    parsePhoneNumberFromString(`+${digits.slice(2)}`)?.isValid() === true
  );
}
