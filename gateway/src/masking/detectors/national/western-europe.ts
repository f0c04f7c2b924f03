import type { Detector } from '../../detect/detector.ts';
import { isDate, isMod11And10, numberOf, weighted } from '../checksums.ts';
import { digitDetector } from './scheme.ts';

/**
 * Steuer-Identifikationsnummer (Germany, § 139b AO): of the first ten digits exactly one occurs twice or three times
 * (three only where not in a row), the check digit is ISO/IEC 7064 MOD 11,10.
 */
export const deSteuerId: Detector = digitDetector({
  name: 'de-steuer-id',
  lengths: [11],
  needs: 'form',
  forms: [0x2333],
  isValid(digits, count) {
    const counts = new Uint8Array(10);
    for (let at = 0; at < 10; at += 1) {
      const digit = digits[at] ?? 0;
      counts[digit] = (counts[digit] ?? 0) + 1;
    }
    const repeated = counts.filter((times) => times > 1);
    const isOnce = repeated.length === 1 && (repeated[0] === 2 || repeated[0] === 3);
    return digits[0] !== 0 && isOnce && isMod11And10(digits, count);
  },
});

/** Numéro d'inscription au répertoire (France, INSEE): sex, year, month, place, order; key is 97 less the rest. */
export const frNir: Detector = digitDetector({
  name: 'fr-nir',
  lengths: [15],
  needs: 'nothing',
  isValid(digits) {
    const month = numberOf(digits, 3, 5);
    const isMonth = (month >= 1 && month <= 12) || (month >= 20 && month <= 42) || month >= 50;
    const sex = digits[0] ?? 0;
    const isSex = sex === 1 || sex === 2 || sex === 3 || sex === 4 || sex === 7 || sex === 8;
    return isSex && isMonth && 97 - (numberOf(digits, 0, 13) % 97) === numberOf(digits, 13, 15);
  },
});

/** Burgerservicenummer (Netherlands): the "elfproef", weights 9 to 2 and -1. One in eleven numbers passes. */
export const nlBsn: Detector = digitDetector({
  name: 'nl-bsn',
  lengths: [9],
  needs: 'words',
  isValid: (digits) =>
    numberOf(digits, 0, 9) > 0 && weighted(digits, [9, 8, 7, 6, 5, 4, 3, 2, -1]) % 11 === 0,
});

/** Rijksregisternummer, numéro national (Belgium): date, order, 97 less the rest, with a 2 before it since 2000. */
export const beRrn: Detector = digitDetector({
  name: 'be-rrn',
  lengths: [11],
  needs: 'form',
  forms: [0x22232, 0x632],
  isValid(digits) {
    const month = numberOf(digits, 2, 4) % 20;
    const body = numberOf(digits, 0, 9);
    const check = numberOf(digits, 9, 11);
    const isBorn = isDate(numberOf(digits, 0, 2), month, numberOf(digits, 4, 6));
    return isBorn && (97 - (body % 97) === check || 97 - ((2_000_000_000 + body) % 97) === check);
  },
});

/** AHV-Nummer (Switzerland): 756 and the check digit of EAN-13. */
export const chAhv: Detector = digitDetector({
  name: 'ch-ahv',
  lengths: [13],
  needs: 'nothing',
  isValid: (digits) =>
    numberOf(digits, 0, 3) === 756 && weighted(digits, [1, 3, 1, 3, 1, 3, 1, 3, 1, 3, 1, 3, 1]) % 10 === 0,
});

/** NHS number (England): weights 10 to 2, modulo 11. Its form is that of phone numbers. */
export const ukNhs: Detector = digitDetector({
  name: 'uk-nhs',
  lengths: [10],
  needs: 'words',
  isValid: (digits) =>
    numberOf(digits, 0, 10) > 0 && weighted(digits, [10, 9, 8, 7, 6, 5, 4, 3, 2, 1]) % 11 === 0,
});
