import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { compileGlob, compileGlobs } from './glob.ts';

describe('a glob', () => {
  it.each([
    ['pg-*', 'pg-prod', true],
    ['*-prod', 'pg-prod', true],
    ['p*-*d', 'pg-prod', true],
    ['ab*ba', 'aba', false],
    ['a*b*c', 'a-c-b-c', true],
    ['a*b*c', 'acb', false],
    ['*', '', true],
    ['', '', true],
    ['a.c', 'abc', false],
    ['**', 'x', true],
  ])('%s and %s: %s', (pattern, value, expected) => {
    expect(compileGlob(pattern)(value)).toBe(expected);
    expect(compileGlobs([pattern])(value)).toBe(expected);
  });

  it('agrees with the regular expression of the same meaning', () => {
    const text = fc
      .array(fc.constantFrom('a', 'b', '*'), { maxLength: 7 })
      .map((letters) => letters.join(''));
    fc.assert(
      fc.property(text, text, (pattern, value) => {
        const expression = new RegExp(`^${pattern.replaceAll('*', '[^]*')}$`);
        expect(compileGlob(pattern)(value)).toBe(expression.test(value));
      }),
    );
  });

  it('P10: takes linear time where a backtracking matcher would not', () => {
    expect(compileGlob(`${'*a'.repeat(200)}b`)('a'.repeat(20_000))).toBe(false);
  });
});
