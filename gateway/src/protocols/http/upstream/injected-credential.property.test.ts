import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  type InjectedCredential,
  repeatsSecret,
  targetWith,
  withoutParameter,
} from './injected-credential.ts';

/** What a secret may hold (visible ASCII, spaces inside). */
const secrets = fc
  .string({
    unit: fc.constantFrom(...Array.from({ length: 95 }, (_, index) => String.fromCharCode(32 + index))),
    minLength: 8,
    maxLength: 40,
  })
  .map((text) => text.trim())
  .filter((text) => text.length >= 8);
/** Which characters are escaped although they need not be, in which case, and how often all of it is. */
const choices = fc.record({
  picks: fc.array(fc.nat({ max: 2 }), { minLength: 40, maxLength: 40 }),
  depth: fc.integer({ min: 0, max: 3 }),
  plus: fc.boolean(),
});

function escape(text: string, picks: readonly number[], plus: boolean): string {
  return [...text]
    .map((character, index) => {
      if (plus && character === ' ') return '+';
      const pick = picks[index % picks.length];
      if (/[A-Za-z0-9]/.test(character) && pick === 0) return character;
      const hex = character.charCodeAt(0).toString(16).padStart(2, '0');
      return `%${pick === 1 ? hex : hex.toUpperCase()}`;
    })
    .join('');
}

const inQuery = (secret: string): InjectedCredential => ({
  place: 'query',
  name: 'api_key',
  value: secret,
  secret,
});

describe('P6: a secret', () => {
  it('is found however a URL has it, in a URL in a URL too', () => {
    fc.assert(
      fc.property(secrets, choices, (secret, { picks, depth, plus }) => {
        let text = secret;
        for (let count = 0; count < depth; count += 1) text = escape(text, picks, plus && count === 0);
        expect(repeatsSecret(`location: /login?to=${text}&x=1`, inQuery(secret))).toBe(true);
      }),
    );
  });

  it('is not in a URL from which its parameter was taken', () => {
    fc.assert(
      fc.property(
        secrets,
        choices,
        fc.constantFrom('/a', '/a?b=1', '/a?b=1&c'),
        (secret, { picks, plus }, target) => {
          const injected = inQuery(secret);
          const sent = targetWith(target, injected);
          expect(withoutParameter(sent, injected)).toBe(target);
          const again = `${target}${target.includes('?') ? '&' : '?'}api_key=${escape(secret, picks, plus)}&d=2#end`;
          expect(repeatsSecret(withoutParameter(again, injected), injected)).toBe(false);
        },
      ),
    );
  });

  it('is not found where it is not', () => {
    fc.assert(
      fc.property(secrets, fc.webUrl({ withQueryParameters: true }), (secret, url) => {
        fc.pre(!decodeURIComponent(url).replaceAll('+', ' ').includes(secret.replaceAll('+', ' ')));
        expect(repeatsSecret(url, inQuery(secret))).toBe(false);
      }),
    );
  });
});
