import { describe, expect, it } from 'vitest';
import { closestWord, didYouMean } from './did-you-mean.ts';

describe('a suggestion', () => {
  it.each([
    ['kindz', 'kinds'],
    ['tabels', 'tables'],
    ['select', 'SELECT'],
    ['alow', 'allow'],
    ['effcet', 'effect'],
  ])('for %s is %s', (word, expected) => {
    expect(closestWord(word, ['kinds', 'tables', 'SELECT', 'allow', 'effect'])).toBe(expected);
  });

  it('is not made where nothing is near', () => {
    expect(closestWord('frobnicate', ['kinds', 'tables'])).toBeUndefined();
    expect(didYouMean('x'.repeat(10_000), ['kinds'])).toBe('');
  });
});
