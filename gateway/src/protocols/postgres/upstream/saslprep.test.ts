import { expect, test } from 'vitest';
import { saslprep } from './saslprep.ts';

test.each([
  ['ASCII, control characters included, is never changed', 'pa ss\u0001\t', 'pa ss\u0001\t'],
  ['RFC 4013 section 3 example 1: a soft hyphen vanishes', 'I\u00adX', 'IX'],
  ['RFC 4013 section 3 example 4: compatibility characters are normalised', '\u00aa', 'a'],
  ['RFC 4013 section 3 example 5: so are Roman numerals', '\u2168', 'IX'],
  ['other spaces become the plain one', 'a\u00a0b\u3000c', 'a b c'],
  ['the zero width space is taken for a space, as PostgreSQL does', 'a\u200bb', 'a b'],
  ['a composed and a decomposed letter are one', 'e\u0301', '\u00e9'],
  ['Hangul is composed', '\u1112\u1161\u11ab', '\ud55c'],
  ['a right-to-left word stays', '\u05d0\u05d1', '\u05d0\u05d1'],
  ['a right-to-left word around a digit is normalised', '\u05d0\u00b9\u05d1', '\u05d01\u05d1'],
])('%s', (_, password, prepared) => {
  expect(saslprep(password)).toBe(prepared);
});

test.each([
  ['a character unassigned in Unicode 3.2, here an emoji', '\u{1f600}\u00aa'],
  ['a control character', '\u00aa\u0007'],
  ['a private use character', '\ue000\u00aa'],
  ['a character that changes the direction', '\u202e\u00aa'],
  ['a tag character', '\u{e0041}\u00aa'],
  ['nothing but characters that vanish', '\u00ad'],
  ['both directions', '\u05d0\u00aa\u05d0'],
  ['a right-to-left word that ends in a digit', '\u06271'],
  ['the last code point', '\u{10ffff}\u00aa'],
])('text that the profile refuses is used as it is, as PostgreSQL does: %s', (_, password) => {
  expect(saslprep(password)).toBe(password);
});
