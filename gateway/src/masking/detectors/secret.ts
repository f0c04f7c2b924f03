import type { Detector } from '../detect/detector.ts';
import type { ScanInput } from '../detect/scan-input.ts';

const FEWEST = 20;
const FEWEST_NAMED = 12;
/** Entropy of random base62 of 20 characters is about 4.1 bits each, of words run together about 3.3. */
const ENTROPY = 3.6;
const ENTROPY_NAMED = 3;

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;
const HEX = /^(?:0x)?[0-9a-f]+$/i;
const ULID = /^[0-7][0-9A-HJKMNP-TV-Z]{25}$/;

/**
 * Secrets without a format: runs of at least 20 characters of base64 or base62 that are as irregular as random ones.
 * Not: UUIDs, ULIDs, hexadecimal digests and commits, numbers, words, paths, host names. Where the column or the words
 * before say that it is a secret, 12 characters and less irregularity suffice, and hexadecimal counts.
 */
export const secret: Detector = {
  name: 'secret',
  fewestTokenBytes: FEWEST_NAMED,
  token(input, start, end) {
    const text = input.tokenText(start, end);
    // A path or `name=value` is looked at in pieces; base64 may hold `/` and `=`, so its pieces are long.
    for (const match of text.matchAll(/[A-Za-z0-9_+/-]{12,}={0,2}/g)) {
      inspect(input, start + match.index, match[0]);
    }
  },
};

function inspect(input: ScanInput, start: number, text: string): void {
  if (!/[0-9]/.test(text) || /^[0-9-]+$/.test(text)) {
    return;
  }
  if (text.length >= FEWEST && isIrregular(text, ENTROPY) && !isKnownForm(text)) {
    input.hit(start, start + text.length);
  } else if (isIrregular(text, ENTROPY_NAMED) && input.isAbout('secret', start)) {
    input.hit(start, start + text.length);
  }
}

function isKnownForm(text: string): boolean {
  const bare = text.replace(/^[a-z]{1,16}[-_]/, '');
  return (
    HEX.test(text) ||
    HEX.test(bare) ||
    UUID.test(bare) ||
    ULID.test(text) ||
    // `sha256-…` of subresource integrity and lock files, and dated names.
    /^(?:sha(?:1|256|384|512)|md5)[-/]/.test(text) ||
    text.split(/[-_/+]/).every((piece) => isWordOrNumber(piece))
  );
}

/** A piece of a name: a word, camelCase words, a number, or a short code such as `v2` and `x64`. */
function isWordOrNumber(piece: string): boolean {
  return (
    /^[0-9]*$/.test(piece) ||
    /^[0-9a-f]{4,}$/.test(piece) ||
    /^(?:[A-Z]?[a-z]+|[A-Z]+)(?:[A-Z][a-z]+)*[0-9]{0,4}[a-z]{0,3}$/.test(piece) ||
    piece.length <= 6
  );
}

/** Letters of both cases and digits (or base64's signs), and Shannon entropy over a bound. */
function isIrregular(text: string, bound: number): boolean {
  const kinds =
    Number(/[a-z]/.test(text)) +
    Number(/[A-Z]/.test(text)) +
    Number(/[0-9]/.test(text)) +
    Number(/[+/]/.test(text));
  if (kinds < (bound === ENTROPY ? 3 : 2) && !(text.length >= 32 && kinds >= 2)) {
    return false;
  }
  const counts = new Map<string, number>();
  for (const character of text) {
    counts.set(character, (counts.get(character) ?? 0) + 1);
  }
  let entropy = 0;
  for (const count of counts.values()) {
    entropy -= (count / text.length) * Math.log2(count / text.length);
  }
  return entropy >= bound;
}
