import { hexValue, isWordByte } from '../detect/byte-class.ts';
import type { Detector } from '../detect/detector.ts';
import type { ScanInput } from '../detect/scan-input.ts';

const COLON = 0x3a;

/**
 * Hardware addresses of 48 bits (IEEE 802): `00:1a:2b:3c:4d:5e`, `00-1A-2B-3C-4D-5E`, `001a.2b3c.4d5e`. All zeros and
 * all ones say nothing about anybody and are not reported.
 */
export const mac: Detector = {
  name: 'mac',
  colon(input, position) {
    const start = position - 2;
    const isFirst = input.at(start - 1) !== COLON && !isWordByte(input.at(start - 1));
    const end = start + 17;
    if (isFirst && isPairs(input, start, COLON) && input.at(end) !== COLON && !isWordByte(input.at(end))) {
      report(input, start, end);
    }
  },
  fewestTokenBytes: 14,
  token(input, start, end) {
    for (const [length, isForm] of FORMS) {
      const isWhole = end - start === length || !isWordByte(input.at(start + length));
      if (isWhole && isForm(input, start)) {
        report(input, start, start + length);
      } else if (
        end - start > length &&
        isForm(input, end - length) &&
        !isWordByte(input.at(end - length - 1))
      ) {
        report(input, end - length, end);
      }
    }
  },
};

const FORMS: readonly (readonly [number, (input: ScanInput, start: number) => boolean])[] = [
  [17, (input, start) => isPairs(input, start, 0x2d) && input.at(start + 17) !== 0x2d],
  [14, isDottedForm],
];

function isPairs(input: ScanInput, start: number, sign: number): boolean {
  for (let offset = 0; offset < 17; offset += 1) {
    const byte = input.at(start + offset);
    if (offset % 3 === 2 ? byte !== sign : hexValue(byte) === -1) {
      return false;
    }
  }
  return true;
}

function isDottedForm(input: ScanInput, start: number): boolean {
  for (let offset = 0; offset < 14; offset += 1) {
    const byte = input.at(start + offset);
    if (offset % 5 === 4 ? byte !== 0x2e : hexValue(byte) === -1) {
      return false;
    }
  }
  return true;
}

function report(input: ScanInput, start: number, end: number): void {
  const text = input.slice(start, end);
  // Numbers such as 2026.1126.1234 are no address: one that is written by people has a letter, but for colons.
  const isSaying = !/^[0:.-]+$|^[f:.-]+$/i.test(text) && (text.includes(':') || /[a-f]/i.test(text));
  if (isSaying || (input.isAbout('mac', start) && !/^[0:.-]+$/.test(text))) {
    input.hit(start, end);
  }
}
