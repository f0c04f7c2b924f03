import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { kindOfText } from './value-kind.ts';

/** What a kind looks like, whatever is known of it beforehand, in the order in which they are tried. */
const FORMS: readonly (readonly [string, RegExp])[] = [
  ['uuid', /^\{?[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\}?$/i],
  ['email', /^[^\s@]{1,64}@[^\s@]{1,255}\.[^\s@.]{2,63}$/],
  ['date', /^\d{4}-\d{2}-\d{2}$/],
  ['ip', /^\d{1,3}(?:\.\d{1,3}){3}$/],
  ['mac', /^[0-9a-f]{2}(?:[:-][0-9a-f]{2}){5}$/i],
  ['iban', /^[A-Z]{2}\d{2}(?: ?[A-Z0-9]{1,4}){3,8}$/],
  ['digits', /^\+?[(]?\d[\d ()./-]*$/],
];

const near = fc.oneof(
  ...FORMS.map(([, form]) => fc.stringMatching(new RegExp(form.source))),
  fc.emailAddress(),
  fc.string({ unit: 'grapheme', maxLength: 420 }),
  fc.stringMatching(/^[0-9A-F@ :.()+-]{0,40}$/),
);

describe('kinds of values', () => {
  it('are told by the first form that fits', () => {
    const changed = fc.tuple(near, fc.constantFrom('', ' ', '@', '\n', '}'), fc.boolean());
    fc.assert(
      fc.property(changed, ([text, more, isBefore]) => {
        const value = isBefore ? more + text : text + more;
        const trimmed = value.length > 400 ? '' : value.trim();
        expect(kindOfText(value)).toBe(FORMS.find(([, form]) => form.test(trimmed))?.[0] ?? 'text');
      }),
      { numRuns: 5000 },
    );
  });
});
