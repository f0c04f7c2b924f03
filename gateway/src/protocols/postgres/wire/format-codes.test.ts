import { describe, expect, it } from 'vitest';
import { formatAt } from './format-codes.ts';

describe('formatAt', () => {
  it('is text for every value when there is no code', () => {
    expect([formatAt([], 0), formatAt([], 9)]).toEqual(['text', 'text']);
  });

  it('is the one code for every value when there is one', () => {
    expect([formatAt(['binary'], 0), formatAt(['binary'], 9)]).toEqual(['binary', 'binary']);
  });

  it('is the code of the value when there is one a value', () => {
    expect([0, 1, 2].map((index) => formatAt(['binary', 'text'], index))).toEqual(['binary', 'text', 'text']);
  });
});
