import type { Detector } from '../detect/detector.ts';
import type { ScanInput } from '../detect/scan-input.ts';

const BEGIN = '-----BEGIN ';
const END = '-----END ';
/** How far the name of a PEM block may reach, in bytes. */
const LONGEST_NAME = 64;
/** Base64 of `-----BEGIN ` at each of the three offsets it may have. */
const WRAPPED = /LS0tLS1CRUdJTi|0tLS0tQkVHSU4|tLS0tLUJFR0lO/;

/**
 * Private keys: PEM (RFC 7468) and OpenPGP blocks from BEGIN to END, or to the end of the text where END is missing;
 * such a block wrapped in base64 once more; PuTTY's key files.
 */
export const privateKey: Detector = {
  name: 'private-key',
  dash(input, first) {
    let position = first;
    // More dashes may stand before: those of a removed line of `diff`.
    while (input.at(position + 5) === 0x2d) {
      position += 1;
    }
    if (position < input.skipUntil || !startsWith(input, position, BEGIN)) {
      return;
    }
    const name = input.slice(position + BEGIN.length, position + BEGIN.length + LONGEST_NAME);
    if (/^[A-Z0-9 ]*PRIVATE KEY(?: BLOCK)?-----/.test(name)) {
      // What is inside was looked through already; else a text of many BEGINs would be read once for each.
      input.skipUntil = endOf(input, position + BEGIN.length);
      input.hit(position, input.skipUntil);
    }
  },
  fewestTokenBytes: 19,
  token(input, start, end) {
    const beginning = input.tokenText(start, end).slice(0, 512);
    if (WRAPPED.test(beginning) || beginning.startsWith('PuTTY-User-Key-File')) {
      input.hit(start, beginning.startsWith('PuTTY') ? input.end : end);
    }
  },
};

/** How a key goes on that has no end in the text it was found in; undefined where it does not. */
export type OpenKey = 'pem' | 'putty' | 'base64';

/**
 * Whether the key that ends a text goes on behind it. What is looked through line by line sees the first line of a key only.
 *
 * @param found the finding, up to the end of its text, one character a byte.
 */
export function openKeyOf(found: string): OpenKey | undefined {
  const open = found.slice(found.lastIndexOf(END) + 1);
  if (/-----BEGIN [A-Z0-9 ]{0,48}PRIVATE KEY(?: BLOCK)?-----/.test(open)) return 'pem';
  if (found.includes('PuTTY-User-Key-File')) return 'putty';
  return WRAPPED.test(found) ? 'base64' : undefined;
}

function endOf(input: ScanInput, from: number): number {
  for (let position = from; position < input.end; position += 1) {
    if (input.at(position) === 0x2d && startsWith(input, position, END)) {
      const close = input.slice(position + END.length, position + END.length + LONGEST_NAME).indexOf('-----');
      return close === -1 ? input.end : position + END.length + close + 5;
    }
  }
  return input.end;
}

function startsWith(input: ScanInput, position: number, text: string): boolean {
  for (let offset = 0; offset < text.length; offset += 1) {
    if (input.at(position + offset) !== text.charCodeAt(offset)) {
      return false;
    }
  }
  return true;
}
