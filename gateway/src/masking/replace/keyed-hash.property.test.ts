import { createHmac } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { KeyedHash } from './keyed-hash.ts';

const ofNode = (key: Uint8Array, prefix: string, value: string | Uint8Array): string =>
  createHmac('sha256', key).update(prefix, 'latin1').update(value).digest('hex');

const prefixes = fc.string({ unit: 'grapheme-ascii', maxLength: 40 });
const keys = fc.uint8Array({ minLength: 1, maxLength: 64 });

describe('keyed digests', () => {
  it('P5: are HMAC-SHA-256, for any key and text', () => {
    fc.assert(
      fc.property(keys, prefixes, fc.string({ unit: 'binary', maxLength: 600 }), (key, prefix, text) => {
        expect(new KeyedHash(key).digest(prefix, text).toString('hex')).toBe(ofNode(key, prefix, text));
      }),
      { numRuns: 500 },
    );
  });

  it('P5: are HMAC-SHA-256, for any bytes of any length around the ends of blocks', () => {
    const hash = new KeyedHash(Buffer.alloc(32, 7));
    for (let length = 0; length < 1200; length += 1) {
      const bytes = Uint8Array.from({ length }, (_, at) => (at * 31 + length) & 0xff);
      expect(hash.digest('k\0', bytes).toString('hex')).toBe(ofNode(Buffer.alloc(32, 7), 'k\0', bytes));
    }
  });

  it('two keys in turn do not disturb each other', () => {
    const one = new KeyedHash(Buffer.alloc(32, 1));
    const other = new KeyedHash(Buffer.alloc(64, 2));
    const first = one.digest('a', 'value');
    other.digest('b', 'another value, which is longer than one block of the hash function has bytes');
    expect(one.digest('a', 'value')).toEqual(first);
  });

  it('RFC 4231, test case 2', () => {
    expect(
      new KeyedHash(Buffer.from('Jefe')).digest('', 'what do ya want for nothing?').toString('hex'),
    ).toBe('5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843');
  });
});
