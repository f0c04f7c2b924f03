import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { partial } from './partial.ts';
import { partialAddress } from './partial-address.ts';
import { kindOfText } from './value-kind.ts';

const sign = fc.constantFrom(...'ab7Z@@..-_+ \té\u0000~!'.split(''));
const near = fc.oneof(
  fc.emailAddress(),
  fc.string({ unit: sign, maxLength: 24 }),
  fc
    .tuple(fc.string({ unit: sign, maxLength: 70 }), fc.constantFrom('.com', '.de', '.c', '.info', '.c-m'))
    .map(([local, top]) => `${local}@host${top}`),
  fc.nat({ max: 300 }).map((length) => `a@${'x'.repeat(length)}.com`),
);

describe('partial addresses', () => {
  it('P5: are what the general way makes of them, or nothing', () => {
    let count = 0;
    fc.assert(
      fc.property(near, fc.nat({ max: 9 }), (text, before) => {
        const value = Buffer.from(text);
        const bytes = Buffer.concat([Buffer.alloc(before, 0x61), value, Buffer.from('b@c.de')]);
        const quick = partialAddress(bytes, before, before + value.length)?.toString();
        if (quick === undefined) return;
        count += 1;
        expect(quick).toBe(partial(text, kindOfText(text)));
      }),
      { numRuns: 5000 },
    );
    expect(count).toBeGreaterThan(100);
  });

  it('P10: are kept in bounded number', () => {
    for (let index = 0; index < 5000; index += 1) {
      const top = Array.from({ length: 3 }, (_, at) => String.fromCharCode(97 + ((index >> (4 * at)) & 15)));
      const address = `someone@host.${top.join('')}`;
      expect(partialAddress(Buffer.from(address), 0, address.length)?.toString()).toBe(
        `s***@***.${top.join('')}`,
      );
    }
  });
});
