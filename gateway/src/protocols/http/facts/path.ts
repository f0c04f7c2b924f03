import { decodePercent, encodePercent } from '../../../documents/percent.ts';
import { type Reading, read, unread } from '../../../documents/reading.ts';

/** A path in its one form. */
export interface NormalPath {
  /**
   * What rules see: `/` and the segments decoded. Inside of a segment a slash is written `%2F` and a percent sign
   * `%25`, so that the text has one meaning.
   */
  readonly text: string;
  /** What is sent upstream. */
  readonly encoded: string;
  /** Decoded, in order; the last is empty where the path ends in a slash. */
  readonly segments: readonly string[];
}

/** What a service needs that is refused elsewhere. */
export interface PathOptions {
  /** `keep`: `%2F` is part of its segment, and sent as `%2F`. */
  readonly encodedSlash: 'refuse' | 'keep';
}

const LONGEST = 8192;
const MOST_SEGMENTS = 256;
/** `pchar` (RFC 3986, 3.3) but `;`, which starts matrix parameters. */
const LITERAL = /^[A-Za-z0-9\-._~!$&'()*+,=:@]$/;
/** Controls of ASCII, Latin-1 and Unicode: ends of lines, directions, what has no width. Joiners belong to scripts. */
const CONTROL = /[\p{Cc}\p{Zl}\p{Zp}\p{Bidi_Control}\u200b\u2060\ufeff]/u;
/** Dots that become a dot segment where parameters, a query, a fragment or white space are cut off after decoding. */
const DOTS = /^\.{1,2}[;?#\s]/;
const HEX_ESCAPE = /%[0-9A-Fa-f]{2}/;
/** Slashes and backslashes to code pages that take the nearest character. */
const LOOKALIKE = /[\u2044\u2215\u29f8\u2216\u29f5\u00a5\u20a9]/;
/** Characters that change where a path leads. */
const STRUCTURE = /[/\\.%;?#\0]/;

/**
 * Reads the path of a request: percent-encoding undone once, dot segments removed whether or not they were encoded.
 * What services are known to read in different ways is refused: backslashes, empty segments, matrix parameters,
 * double encoding, encoded slashes (unless kept), controls, UTF-8 that is none, characters that turn into dots or
 * slashes by compatibility forms, and paths that lead above the root.
 */
export function readPath(raw: string, options: PathOptions): Reading<NormalPath> {
  if (!raw.startsWith('/')) return unread('a path that does not begin with a slash');
  if (raw.length > LONGEST) return unread(`a path longer than ${LONGEST} characters`);
  const parts = raw.slice(1).split('/');
  if (parts.length > MOST_SEGMENTS) return unread(`a path of more than ${MOST_SEGMENTS} segments`);
  const segments: string[] = [];
  for (const [index, part] of parts.entries()) {
    const isLast = index === parts.length - 1;
    if (part === '' && !isLast) return unread('an empty path segment');
    const segment = readSegment(part, options);
    if (!segment.ok) return segment;
    if (segment.value === '.' || segment.value === '..') {
      if (segment.value === '..' && segments.pop() === undefined) return unread('a path above the root');
      if (isLast) segments.push('');
    } else {
      segments.push(segment.value);
    }
  }
  return read({
    text: `/${segments.map(legible).join('/')}`,
    encoded: `/${segments.map((segment) => encodePercent(segment, LITERAL)).join('/')}`,
    segments,
  });
}

function readSegment(part: string, { encodedSlash }: PathOptions): Reading<string> {
  if (part.includes(';')) return unread('matrix parameters in the path');
  if (part.includes('#')) return unread('a fragment');
  const decoded = decodePercent(part, 'plus');
  if (!decoded.ok) return decoded;
  const segment = decoded.value;
  if (CONTROL.test(segment)) return unread('a control character in the path');
  if (segment.includes('\\')) return unread('a backslash in the path');
  if (DOTS.test(segment)) return unread('dots that some services take for a dot segment');
  if (HEX_ESCAPE.test(segment)) return unread('a path that is encoded twice');
  if (changesUnderCompatibility(segment))
    return unread('a character that some services take for another one');
  if (segment.includes('/')) {
    if (encodedSlash === 'refuse') return unread('an encoded slash in the path');
    if (segment.split('/').some((inner) => inner === '' || inner === '.' || inner === '..')) {
      return unread('dot or empty segments between encoded slashes');
    }
  }
  return decoded;
}

/** A fullwidth slash is a slash for services that fold characters (NFKC, best fit). */
function changesUnderCompatibility(segment: string): boolean {
  if (/^[ -~]*$/.test(segment)) return false;
  if (LOOKALIKE.test(segment)) return true;
  return [...segment].some(
    (character) => character.charCodeAt(0) > 0x7e && STRUCTURE.test(character.normalize('NFKC')),
  );
}

function legible(segment: string): string {
  return segment.replaceAll('%', '%25').replaceAll('/', '%2F');
}
