import { BYTE_CLASS, isWordByte, LETTER, NON_ASCII, WORD } from '../detect/byte-class.ts';
import type { Detector } from '../detect/detector.ts';
import { LONGEST_SIDE } from '../detect/limits.ts';
import type { ScanInput } from '../detect/scan-input.ts';

const DOT = 0x2e;
/** Signs of a local part (RFC 5322 atext) without those that end a value in URLs, code and markup. */
const LOCAL = byteSet("!#$%&'*+-^_~.");
const DOMAIN = byteSet('-.');
/** Signs that begin no local part: they belong to the text around it. */
const NOT_FIRST = /^[.'&#!$*^~%-]+/;
/** What looks like a domain and is the name of a file: `logo@2x.png`. */
const FILE_ENDINGS = new Set([
  'png',
  'jpg',
  'jpeg',
  'gif',
  'svg',
  'webp',
  'css',
  'scss',
  'js',
  'mjs',
  'ts',
  'json',
]);

/**
 * E-mail addresses, found from their `@` outwards: local part (RFC 5322, and non-ASCII of RFC 6531, or quoted) and a
 * domain with a top level of letters, or an address literal. `git@` of SSH URLs is none.
 */
export const email: Detector = {
  name: 'email',
  atSign(input, position) {
    const end = domainEnd(input, position + 1);
    if (end === -1) {
      return;
    }
    const start = localStart(input, position);
    if (start !== -1 && !isGitUser(input, start, position, end)) {
      input.hit(start, end);
    }
  },
};

function byteSet(signs: string): Uint8Array {
  const set = new Uint8Array(256);
  for (let byte = 0; byte < 256; byte += 1) {
    set[byte] = ((BYTE_CLASS[byte] ?? 0) & (WORD | NON_ASCII)) !== 0 ? 1 : 0;
  }
  for (const sign of signs) {
    set[sign.charCodeAt(0)] = 1;
  }
  return set;
}

function localStart(input: ScanInput, at: number): number {
  if (input.at(at - 1) === 0x22) {
    for (let position = at - 2; position >= at - LONGEST_SIDE && position >= input.start; position -= 1) {
      if (input.at(position) === 0x22 && input.at(position - 1) !== 0x5c) {
        return position < at - 2 ? position : -1;
      }
    }
    return -1;
  }
  let start = at;
  while (start > input.start && at - start < LONGEST_SIDE && LOCAL[input.at(start - 1)] === 1) {
    start -= 1;
  }
  if (isWordByte(input.at(start))) {
    return start < at ? start : -1;
  }
  const signs = NOT_FIRST.exec(input.slice(start, Math.min(at, start + 8)))?.[0].length ?? 0;
  return start + signs < at ? start + signs : -1;
}

function domainEnd(input: ScanInput, from: number): number {
  if (input.at(from) === 0x5b) {
    const literal = /^\[(?:IPv6:[0-9a-f:.]+|\d{1,3}(?:\.\d{1,3}){3})\]/i.exec(input.slice(from, from + 64));
    return literal === null ? -1 : from + literal[0].length;
  }
  let end = from;
  while (end < input.end && end - from < LONGEST_SIDE && DOMAIN[input.at(end)] === 1) {
    end += 1;
  }
  while (end > from && (input.at(end - 1) === 0x2e || input.at(end - 1) === 0x2d)) {
    end -= 1;
  }
  const plain = plainTop(input, from, end);
  if (plain !== -1) {
    return FILE_ENDINGS.has(input.slice(plain, end).toLowerCase()) ? -1 : end;
  }
  const domain = input.slice(from, end);
  const dot = domain.lastIndexOf('.');
  const top = domain.slice(dot + 1).toLowerCase();
  const isTop = /^(?:[a-z]{2,63}|xn--[a-z0-9-]{2,59})$|[\x80-\xff]/.test(top);
  return dot > 0 && isTop && !domain.includes('..') && !FILE_ENDINGS.has(top) ? end : -1;
}

/** Where the top level begins, if it is made of letters and nothing about the domain is odd; -1: look closer. */
function plainTop(input: ScanInput, from: number, end: number): number {
  let top = -1;
  for (let position = from; position < end; position += 1) {
    const byte = input.bytes[position] ?? 0;
    if (byte === DOT) {
      if (top === position || position === from) {
        return -1;
      }
      top = position + 1;
    }
  }
  if (top === -1 || end - top < 2 || end - top > 63) {
    return -1;
  }
  for (let position = top; position < end; position += 1) {
    if (((BYTE_CLASS[input.bytes[position] ?? 0] ?? 0) & LETTER) === 0) {
      return -1;
    }
  }
  return top;
}

function isGitUser(input: ScanInput, start: number, at: number, end: number): boolean {
  return (
    at - start === 3 && input.slice(start, at) === 'git' && (input.at(end) === 0x3a || input.at(end) === 0x2f)
  );
}
