/**
 * Classes of bytes, as one table of flags: RFC 9110 sections 5.5 and 5.6.2, RFC 3986 section 2.
 * Text here is latin1: one character a byte, nothing decoded, nothing lost.
 */

/** `tchar` of RFC 9110 section 5.6.2: methods, field names, options. */
export const TOKEN = 1;
/** {@link TOKEN} without the underscore. */
export const DASHED_TOKEN = 256;
/** Bytes of a method: the token characters that registered methods have, which are all in upper case. */
export const METHOD = 512;
/** Bytes of a field value: visible ASCII, SP, HTAB and obs-text (RFC 9110 section 5.5). */
export const VALUE = 2;
/**
 * Bytes of a request target. RFC 3986 has fewer; clients send `|`, `[`, `]`, `{`, `}` and `^` as they are. Not here, and to be
 * percent-encoded: controls, space, `"`, `#` (a fragment is never sent), `<`, `>`, `` ` `` and the backslash, which some
 * servers read as a slash (field of path confusion), and everything beyond ASCII.
 */
export const TARGET = 4;
/** Bytes of a host name: letters, digits, `-`, `.` and `_`. */
export const HOST = 8;
/** Digits. */
export const DIGIT = 16;
/** Hexadecimal digits. */
export const HEX = 32;
/** Bytes of an IPv6 address in brackets: hexadecimal digits, `:` and `.`. */
export const IPV6 = 64;
/** Optional whitespace: SP and HTAB. */
export const BLANK = 128;

const TABLE = new Uint16Array(256);

function mark(flag: number, characters: string): void {
  for (let index = 0; index < characters.length; index += 1) {
    const code = characters.charCodeAt(index);
    TABLE[code] = (TABLE[code] ?? 0) | flag;
  }
}

function markRange(flag: number, first: number, last: number): void {
  for (let code = first; code <= last; code += 1) TABLE[code] = (TABLE[code] ?? 0) | flag;
}

const DIGITS = '0123456789';
const LETTERS = 'abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ';

mark(TOKEN, `${DIGITS}${LETTERS}!#$%&'*+-.^_\`|~`);
mark(DASHED_TOKEN, `${DIGITS}${LETTERS}!#$%&'*+-.^\`|~`);
mark(METHOD, `${DIGITS}ABCDEFGHIJKLMNOPQRSTUVWXYZ-_`);
mark(VALUE, '\t');
markRange(VALUE, 0x20, 0x7e);
markRange(VALUE, 0x80, 0xff);
mark(TARGET, `${DIGITS}${LETTERS}-._~:/?[]@!$&'()*+,;=%|{}^`);
mark(HOST, `${DIGITS}${LETTERS}-._`);
mark(DIGIT, DIGITS);
mark(HEX, `${DIGITS}abcdefABCDEF`);
mark(IPV6, `${DIGITS}abcdefABCDEF:.`);
mark(BLANK, ' \t');

/** Whether a byte (or a character of latin1 text) is of the class `flag`; false beyond 255 and for NaN. */
export function isOf(flag: number, code: number): boolean {
  return ((TABLE[code] ?? 0) & flag) !== 0;
}

/** The first place in `text[start, end)` that is not of the class `flag`; `end` if all are. */
export function skip(flag: number, text: string, start: number, end: number): number {
  let position = start;
  while (position < end && ((TABLE[text.charCodeAt(position)] ?? 0) & flag) !== 0) position += 1;
  return position;
}

/** Whether `text` is not empty and all of it is of the class `flag`. */
export function isAllOf(flag: number, text: string): boolean {
  return text.length > 0 && skip(flag, text, 0, text.length) === text.length;
}

export const HTAB = 0x09;
export const LF = 0x0a;
export const CR = 0x0d;
export const SP = 0x20;
export const COLON = 0x3a;

/** Shows a byte in a message without printing it. */
export function toByteName(code: number): string {
  return `0x${code.toString(16).padStart(2, '0')}`;
}
