import type { Detector } from '../../detect/detector.ts';
import { isDate, isVerhoeff, numberOf, weighted } from '../checksums.ts';
import { digitDetector } from './scheme.ts';

/** Cadastro de Pessoas Físicas (Brazil): two check digits, modulo 11; eleven equal digits are none. */
export const brCpf: Detector = digitDetector({
  name: 'br-cpf',
  lengths: [11],
  needs: 'form',
  forms: [0x3332, 0x92],
  isValid(digits) {
    const check = (count: number): number => {
      let sum = 0;
      for (let at = 0; at < count; at += 1) {
        sum += (digits[at] ?? 0) * (count + 1 - at);
      }
      return ((sum * 10) % 11) % 10;
    };
    const isVaried = digits.subarray(0, 11).some((digit) => digit !== digits[0]);
    return isVaried && check(9) === digits[9] && check(10) === digits[10];
  },
});

/** Aadhaar (India): twelve digits, the first 2 to 9, Verhoeff's check digit. */
export const inAadhaar: Detector = digitDetector({
  name: 'in-aadhaar',
  lengths: [12],
  needs: 'form',
  forms: [0x444],
  isValid: (digits, count) => (digits[0] ?? 0) >= 2 && isVerhoeff(digits, count),
});

const CN_WEIGHTS = [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2];

/** Checks a resident identity number of China (GB 11643): place, date, order, ISO/IEC 7064 MOD 11-2 with X for 10. */
export function isCnResidentId(digits: ArrayLike<number>, check: number): boolean {
  const year = numberOf(digits, 6, 10);
  const isBorn =
    year >= 1900 && year < 2100 && isDate(year, numberOf(digits, 10, 12), numberOf(digits, 12, 14));
  return isBorn && (digits[0] ?? 0) > 0 && (weighted(digits, CN_WEIGHTS) + check) % 11 === 1;
}

/** Resident identity number (China) that ends with a digit. */
export const cnResidentDigits: Detector = digitDetector({
  name: 'cn-resident-id',
  lengths: [18],
  needs: 'nothing',
  isValid: (digits) => isCnResidentId(digits, digits[17] ?? 0),
});
