import { countrySpecs, isValidIBAN } from 'ibantools';
import { isWordByte } from '../detect/byte-class.ts';
import type { Detector } from '../detect/detector.ts';
import type { ScanInput } from '../detect/scan-input.ts';

const SHORTEST = 15;
/** Signs that people put between the groups of an IBAN. */
const SIGNS = new Set([0x20, 0x2d, 0x2e, 0x2f]);

/**
 * International bank account numbers (ISO 13616): structure and length of the country and mod 97, in either case,
 * whole or in groups.
 */
export const iban: Detector = {
  name: 'iban',
  word(input, start, end) {
    // Two letters and two digits begin it; a country that does not exist is dropped by the library.
    const isBeginning =
      end - start >= 4 &&
      isLetter(input.at(start)) &&
      isLetter(input.at(start + 1)) &&
      isDigit(input.at(start + 2)) &&
      isDigit(input.at(start + 3));
    if (isBeginning) {
      findFrom(input, start);
    }
  },
};

function findFrom(input: ScanInput, start: number): void {
  const length = countrySpecs[input.slice(start, start + 2).toUpperCase()]?.chars ?? 0;
  if (length < SHORTEST) {
    return;
  }
  let compact = '';
  let found = -1;
  for (let position = start; compact.length < length; position += 1) {
    const byte = input.at(position);
    if (isWordByte(byte)) {
      compact += String.fromCharCode(byte);
      const isWhole = !isWordByte(input.at(position + 1));
      if (isWhole && compact.length === length && isValidIBAN(compact.toUpperCase())) {
        found = position + 1;
      }
    } else if (!SIGNS.has(byte) || !isWordByte(input.at(position + 1))) {
      break;
    }
  }
  if (found !== -1) {
    input.hit(start, found);
  }
}

function isLetter(byte: number): boolean {
  const lower = byte | 0x20;
  return lower >= 0x61 && lower <= 0x7a;
}

function isDigit(byte: number): boolean {
  return byte >= 0x30 && byte <= 0x39;
}
