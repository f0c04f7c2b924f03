import { constants, deflateRawSync, inflateRawSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { inflate } from './inflate.ts';

const STRATEGIES = [
  constants.Z_DEFAULT_STRATEGY,
  constants.Z_FIXED,
  constants.Z_HUFFMAN_ONLY,
  constants.Z_RLE,
  constants.Z_FILTERED,
];
/** Bytes with runs and repetitions, and such without. */
const body = fc
  .array(
    fc.oneof(
      fc.uint8Array({ maxLength: 400, size: 'max' }),
      fc
        .tuple(fc.uint8Array({ minLength: 1, maxLength: 40 }), fc.nat(900))
        .map(([piece, times]) =>
          Uint8Array.from({ length: piece.length * times }, (_, at) => piece[at % piece.length] ?? 0),
        ),
    ),
    { maxLength: 12, size: 'max' },
  )
  .map((pieces) => Buffer.concat(pieces));

describe('raw DEFLATE', () => {
  it('is undone, whatever zlib made of it', () => {
    fc.assert(
      fc.property(
        body,
        fc.integer({ min: 0, max: 9 }),
        fc.constantFrom(...STRATEGIES),
        (bytes, level, strategy) => {
          const packed = deflateRawSync(bytes, { level, strategy });
          expect(Buffer.from(inflate(packed, bytes.length)).equals(bytes)).toBe(true);
        },
      ),
      { numRuns: 300 },
    );
  });

  it('P10: bytes that are none give an error, or what zlib makes of them, and never more than was asked for', () => {
    const packed = deflateRawSync(
      Buffer.from('the same, the same, the same, and then something else: '.repeat(30)),
    );
    fc.assert(
      fc.property(
        fc.oneof(
          fc.uint8Array({ maxLength: 80 }),
          fc.tuple(fc.nat(packed.length * 8 - 1), fc.nat(packed.length)).map(([bit, end]) => {
            const changed = Uint8Array.from(packed);
            changed[bit >> 3] = (changed[bit >> 3] ?? 0) ^ (1 << (bit & 7));
            return changed.subarray(0, Math.max(end, packed.length - 30));
          }),
        ),
        fc.nat(3000),
        (bytes, length) => {
          let [mine, theirs]: (Uint8Array | undefined)[] = [];
          try {
            theirs = inflateRawSync(bytes);
          } catch {
            // Told below, where that is right.
          }
          try {
            mine = inflate(bytes, length);
          } catch (error) {
            expect(String(error)).toContain('a block of the recording is damaged');
          }
          if (mine !== undefined) expect(mine.length).toBe(length);
          if (theirs?.length === length) expect(Buffer.from(mine ?? []).equals(theirs)).toBe(true);
        },
      ),
      { numRuns: 2000 },
    );
    expect(() => inflate(packed, 10)).toThrow('longer than it says');
    expect(() => inflate(packed, 1e5)).toThrow('shorter than it says');
    expect(() => inflate(packed.subarray(0, -1), 55 * 30)).toThrow();
  });
});
