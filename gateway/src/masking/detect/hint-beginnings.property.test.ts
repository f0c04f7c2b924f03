import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { mayHoldHint } from './hint-beginnings.ts';
import { HINT_FORMS, wordsOf } from './hints.ts';

const words = fc.oneof(
  ...HINT_FORMS.map((form) => fc.stringMatching(new RegExp(`^${form.source.replaceAll('\\b', '')}$`))),
);
const cased = fc
  .tuple(words, fc.constantFrom('lower', 'upper', 'title'))
  .map(([word, how]) =>
    how === 'lower'
      ? word
      : how === 'upper'
        ? word.toUpperCase()
        : word.charAt(0).toUpperCase() + word.slice(1),
  );
const noise = fc.string({ unit: fc.constantFrom(...'aBc dEx-_.:(1'.split('')), maxLength: 6 });
const label = fc.array(fc.oneof(cased, noise), { maxLength: 5 }).map((parts) => parts.join(''));

describe('beginnings of hint words', () => {
  it('P5: no word of a hint is overlooked', () => {
    let told = 0;
    fc.assert(
      fc.property(label, fc.nat({ max: 3 }), (text, cut) => {
        const bytes = Buffer.from(`xx${text.replaceAll(' ', cut === 0 ? '_' : ' ')}`);
        const words = wordsOf(bytes.toString('latin1', 2));
        if (!HINT_FORMS.some((form) => form.test(words))) return;
        told += 1;
        expect(mayHoldHint(bytes, 2, bytes.length)).toBe(true);
      }),
      { numRuns: 20_000 },
    );
    expect(told).toBeGreaterThan(5000);
  });

  it.each(['name of customer ', 'a note of some length', 'Total: ', ''])('%j holds none', (text) => {
    expect(mayHoldHint(Buffer.from(text), 0, text.length)).toBe(false);
  });
});
