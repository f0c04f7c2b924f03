/** What a byte may be part of, as bits; {@link BYTE_CLASS} gives them for each of the 256 bytes. */
export const DIGIT = 1;
export const LETTER = 2;
export const AT = 4;
export const COLON = 8;
/** Part of a token: letters, digits and what keys, JWTs and base64 are made of. */
export const TOKEN = 16;
/** May stand between the digits of one number. */
export const SEPARATOR = 32;
export const DASH = 64;
export const EQUALS = 128;
export const DOT = 256;
/** May begin a character that stands for an ASCII one, or for nothing: see `fold.ts`. */
export const FOLDABLE = 512;
/** First byte of a character outside of ASCII, or a byte that is no UTF-8. */
export const NON_ASCII = 1024;

/** An upper case letter, beside {@link LETTER}. */
export const UPPER = 2048;

export const WORD: number = DIGIT | LETTER;

/** Classes of each byte. */
export const BYTE_CLASS: Uint16Array = classes();

function classes(): Uint16Array {
  const table = new Uint16Array(256);
  const add = (characters: string, bits: number): void => {
    for (const character of characters) {
      const code = character.charCodeAt(0);
      table[code] = (table[code] ?? 0) | bits;
    }
  };
  const letters = 'abcdefghijklmnopqrstuvwxyz';
  add('0123456789', DIGIT | TOKEN);
  add(letters + letters.toUpperCase(), LETTER | TOKEN);
  add(letters.toUpperCase(), UPPER);
  add('_-+/=.~', TOKEN);
  add(' \t-./()', SEPARATOR);
  add('@', AT);
  add(':', COLON);
  add('-', DASH);
  add('=', EQUALS);
  add('.', DOT);
  add('%', FOLDABLE);
  for (let byte = 0x80; byte < 0x100; byte += 1) {
    table[byte] = NON_ASCII;
  }
  // Lead bytes: Latin-1 signs, Arabic and N'Ko digits, Indic and other digits, punctuation and CJK signs,
  // full-width forms, mathematical digits and tags. Other letters cost nothing.
  for (const lead of [0xc2, 0xcd, 0xd9, 0xdb, 0xdf, 0xe0, 0xe1, 0xe2, 0xe3, 0xea, 0xef, 0xf0, 0xf3]) {
    table[lead] = NON_ASCII | FOLDABLE;
  }
  return table;
}

/** Says whether a byte is an ASCII letter or digit. */
export function isWordByte(byte: number | undefined): boolean {
  return byte !== undefined && ((BYTE_CLASS[byte] ?? 0) & WORD) !== 0;
}

/** Says whether a byte is an ASCII digit. */
export function isDigitByte(byte: number | undefined): boolean {
  return byte !== undefined && byte >= 0x30 && byte <= 0x39;
}

/** Value of a hexadecimal digit, or -1. */
export function hexValue(byte: number | undefined): number {
  if (byte === undefined) {
    return -1;
  }
  if (byte >= 0x30 && byte <= 0x39) {
    return byte - 0x30;
  }
  const lower = byte | 0x20;
  return lower >= 0x61 && lower <= 0x66 ? lower - 0x57 : -1;
}
