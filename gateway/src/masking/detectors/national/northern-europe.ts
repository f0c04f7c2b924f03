import type { Detector } from '../../detect/detector.ts';
import { isDate, isLuhn, numberOf, weighted } from '../checksums.ts';
import { digitDetector } from './scheme.ts';

/** Personnummer (Sweden): YYMMDD-NNNC or YYYYMMDD-NNNC with Luhn over ten digits; 60 is added to a day of coordination. */
export const sePersonnummer: Detector = digitDetector({
  name: 'se-personnummer',
  lengths: [10, 12],
  needs: 'form',
  forms: [0x64, 0x84],
  isValid(digits, count) {
    const short = digits.subarray(count - 10, count);
    const century = count === 12 ? numberOf(digits, 0, 2) : 19;
    const day = numberOf(short, 4, 6);
    const isBorn = isDate(numberOf(short, 0, 2), numberOf(short, 2, 4), day > 60 ? day - 60 : day);
    return (century === 18 || century === 19 || century === 20) && isBorn && isLuhn(short, 10);
  },
});

/** Fødselsnummer (Norway): a date (day + 40 for a D number) and two check digits, modulo 11. */
export const noFnr: Detector = digitDetector({
  name: 'no-fnr',
  lengths: [11],
  needs: 'form',
  forms: [0x65],
  isValid(digits) {
    const day = numberOf(digits, 0, 2);
    return (
      isDate(numberOf(digits, 4, 6), numberOf(digits, 2, 4), day > 40 ? day - 40 : day) &&
      weighted(digits, [3, 7, 6, 1, 8, 9, 4, 5, 2, 1]) % 11 === 0 &&
      weighted(digits, [5, 4, 3, 2, 7, 6, 5, 4, 3, 2, 1]) % 11 === 0
    );
  },
});

/** CPR-nummer (Denmark): a date and four digits; since 2007 given without a check digit, so words are needed. */
export const dkCpr: Detector = digitDetector({
  name: 'dk-cpr',
  lengths: [10],
  needs: 'words',
  isValid: (digits) => isDate(numberOf(digits, 4, 6), numberOf(digits, 2, 4), numberOf(digits, 0, 2)),
});

/** PESEL (Poland): a date whose month carries the century, and a check digit; one in fifty numbers passes. */
export const plPesel: Detector = digitDetector({
  name: 'pl-pesel',
  lengths: [11],
  needs: 'words',
  isValid: (digits) =>
    isDate(numberOf(digits, 0, 2), numberOf(digits, 2, 4) % 20, numberOf(digits, 4, 6)) &&
    weighted(digits, [1, 3, 7, 9, 1, 3, 7, 9, 1, 3, 1]) % 10 === 0,
});
