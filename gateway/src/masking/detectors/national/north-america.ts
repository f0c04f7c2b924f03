import type { Detector } from '../../detect/detector.ts';
import { isLuhn, numberOf } from '../checksums.ts';
import { digitDetector } from './scheme.ts';

/** Numbers that were printed in advertisements or are used as examples, which everybody has and nobody is. */
const NOBODY = new Set([78051120, 219099999, 123456789]);

/** Social Security number (US): no check digit, but area 000, 666 and 900-999, group 00 and serial 0000 are not given. */
export const usSsn: Detector = digitDetector({
  name: 'us-ssn',
  lengths: [9],
  needs: 'form',
  forms: [0x324],
  isValid(digits) {
    const area = numberOf(digits, 0, 3);
    return (
      area > 0 &&
      area < 900 &&
      area !== 666 &&
      numberOf(digits, 3, 5) > 0 &&
      numberOf(digits, 5, 9) > 0 &&
      !NOBODY.has(numberOf(digits, 0, 9))
    );
  },
});

/** Individual Taxpayer Identification Number (US, IRS publication 4757): 9xx with groups 50-65, 70-88, 90-92, 94-99. */
export const usItin: Detector = digitDetector({
  name: 'us-itin',
  lengths: [9],
  needs: 'form',
  forms: [0x324],
  isValid(digits) {
    const group = numberOf(digits, 3, 5);
    const isGroup =
      (group >= 50 && group <= 65) || (group >= 70 && group <= 88) || (group >= 90 && group !== 93);
    return digits[0] === 9 && isGroup;
  },
});

/** Social Insurance Number (Canada): Luhn; 0 and 8 do not begin one. Its form is that of many phone numbers. */
export const caSin: Detector = digitDetector({
  name: 'ca-sin',
  lengths: [9],
  needs: 'words',
  isValid: (digits, count) => digits[0] !== 0 && digits[0] !== 8 && isLuhn(digits, count),
});
