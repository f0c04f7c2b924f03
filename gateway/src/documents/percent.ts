import { type Reading, read, unread } from './reading.ts';

const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
/** RFC 3986, 2.3. */
const UNRESERVED = /^[A-Za-z0-9\-._~]*$/;
const ESCAPE = /%(?![0-9A-Fa-f]{2})/;

/**
 * Undoes percent-encoding once (RFC 3986, 2.1). The text must be ASCII without controls, its escapes must be whole,
 * and what comes out must be UTF-8 in its shortest form without NUL.
 * @param plus `space` in forms and queries, where `+` stands for a space
 */
export function decodePercent(text: string, plus: 'plus' | 'space'): Reading<string> {
  if (!/^[!-~]*$/.test(text)) return unread('a character that has to be percent-encoded');
  const spaced = plus === 'space' ? text.replaceAll('+', ' ') : text;
  if (!spaced.includes('%')) return read(spaced);
  if (ESCAPE.test(spaced)) return unread('a broken percent escape');
  const bytes = Buffer.alloc(spaced.length);
  let length = 0;
  for (let at = 0; at < spaced.length; at += 1) {
    if (spaced.charAt(at) === '%') {
      bytes[length] = Number.parseInt(spaced.slice(at + 1, at + 3), 16);
      at += 2;
    } else {
      bytes[length] = spaced.charCodeAt(at);
    }
    length += 1;
  }
  try {
    const decoded = decoder.decode(bytes.subarray(0, length));
    return decoded.includes('\0') ? unread('an encoded NUL') : read(decoded);
  } catch {
    return unread('percent-encoded bytes that are no UTF-8');
  }
}

/** Percent-encodes all bytes but those of unreserved and `literal` characters; escapes are in upper case (RFC 3986, 6.2.2.1). */
export function encodePercent(text: string, literal: RegExp): string {
  if (UNRESERVED.test(text)) return text;
  let encoded = '';
  for (const character of text) {
    if (literal.test(character)) {
      encoded += character;
      continue;
    }
    for (const byte of Buffer.from(character)) {
      encoded += `%${byte.toString(16).toUpperCase().padStart(2, '0')}`;
    }
  }
  return encoded;
}
