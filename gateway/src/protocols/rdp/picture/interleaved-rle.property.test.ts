import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { PictureError } from './errors.ts';
import { decodeInterleaved } from './interleaved-rle.ts';
import { encodeInterleaved, type TestBitmap } from './testing/encode-interleaved.ts';

const depths = [8, 15, 16, 24] as const;

/** Bitmaps with runs, repeated rows and few colours, and the choices of the encoder. */
const bitmap: fc.Arbitrary<{ readonly bitmap: TestBitmap; readonly choices: readonly number[] }> = fc
  .record({
    width: fc.integer({ min: 1, max: 70 }),
    height: fc.integer({ min: 1, max: 12 }),
    depth: fc.constantFrom(...depths),
    colours: fc.array(fc.nat(0xffffff), { minLength: 1, maxLength: 5 }),
    runs: fc.array(fc.record({ length: fc.integer({ min: 1, max: 90 }), what: fc.nat(9) }), { minLength: 1 }),
    choices: fc.array(fc.nat(1000), { minLength: 1, maxLength: 50 }),
  })
  .map(({ width, height, depth, colours, runs, choices }) => {
    const most = depth === 24 ? 0xffffff : 2 ** depth - 1;
    const pixels: number[] = [];
    for (let index = 0; pixels.length < width * height; index += 1) {
      const { length, what } = runs[index % runs.length] ?? { length: 1, what: 0 };
      for (let count = 0; count < length && pixels.length < width * height; count += 1) {
        const above = pixels[pixels.length - width] ?? 0;
        const colour = (colours[(what + count * (what % 2)) % colours.length] ?? 0) & most;
        pixels.push(what < 4 ? above : what < 6 ? (above ^ colour) & most : what === 6 ? most : colour);
      }
    }
    return { bitmap: { width, height, depth, pixels }, choices };
  });

function decode({ width, height, depth }: TestBitmap, bytes: Uint8Array): readonly number[] {
  const into = new Uint32Array(width * height).fill(0xdead_beef);
  decodeInterleaved({ bytes, width, height, bitsPerPixel: depth }, into);
  return [...into];
}

describe('interleaved run-length encoding', () => {
  it('decodes what an encoder wrote by other code, with every form of every order', () => {
    const heads = new Set<number>();
    fc.assert(
      fc.property(bitmap, ({ bitmap: made, choices }) => {
        let next = 0;
        const bytes = encodeInterleaved(made, (below) => (choices[next++ % choices.length] ?? 0) % below);
        for (const byte of bytes) heads.add(byte);
        expect(decode(made, bytes)).toEqual(made.pixels);
        // What follows a whole bitmap is padding.
        expect(decode(made, Uint8Array.from([...bytes, 0, 0xff]))).toEqual(made.pixels);
      }),
      { numRuns: 500 },
    );
    for (const head of [0xf0, 0xf1, 0xf2, 0xf3, 0xf4, 0xf6, 0xf7, 0xf8, 0xf9, 0xfa, 0xfd, 0xfe])
      expect(heads).toContain(head);
  });

  it('is as the specification says, order by order', () => {
    const cases: readonly (readonly [string, readonly number[], number, number, readonly number[]])[] = [
      ['a background run in the first row is black', [0x04], 4, 1, [0, 0, 0, 0]],
      ['the foreground is white at first', [0x24], 4, 1, [0xffff, 0xffff, 0xffff, 0xffff]],
      ['between two background runs is a pixel of the foreground', [0x01, 0x03], 4, 1, [0, 0xffff, 0, 0]],
      ['not where the second begins the second row', [0x02, 0x02], 2, 2, [0, 0, 0, 0]],
      [
        'a colour run, and the row above again',
        [0x62, 0x34, 0x12, 0x02],
        2,
        2,
        [0x1234, 0x1234, 0x1234, 0x1234],
      ],
      ['a colour image', [0x82, 1, 0, 2, 0], 2, 1, [1, 2]],
      ['foreground over the row above', [0x62, 0x0f, 0, 0x22], 2, 2, [0xf, 0xf, 0xfff0, 0xfff0]],
      ['a set foreground stays', [0xc2, 0x0f, 0, 0x22], 4, 1, [0xf, 0xf, 0xf, 0xf]],
      ['a masked image, the lowest bit first', [0x41, 0b1010], 8, 1, [0, 0xffff, 0, 0xffff, 0, 0, 0, 0]],
      ['of fewer pixels than a byte has', [0x40, 0x02, 0b101], 3, 1, [0xffff, 0, 0xffff]],
      ['two colours in turn', [0xe2, 1, 0, 2, 0], 4, 1, [1, 2, 1, 2]],
      ['the short forms', [0xf9], 8, 1, [0xffff, 0xffff, 0, 0, 0, 0, 0, 0]],
      ['', [0xfa], 8, 1, [0xffff, 0, 0xffff, 0, 0, 0, 0, 0]],
      ['', [0xfd, 0xfe], 2, 1, [0xffff, 0]],
      ['a run of 32 and more', [0x00, 0x01, 0x02], 35, 1, [...Array(33).fill(0), 0xffff, 0]],
      ['a run longer than a row', [0x62, 7, 0, 0xf0, 6, 0], 2, 4, Array(8).fill(7)],
    ];
    for (const [what, bytes, width, height, pixels] of cases) {
      const made: TestBitmap = { width, height, depth: 16, pixels };
      expect(decode(made, Uint8Array.from(bytes)), what).toEqual(pixels);
    }
  });

  it('P10: has one stable answer to orders that are none, runs over the end, and data that ends', () => {
    const refused = (bytes: readonly number[]): string => {
      try {
        decode({ width: 4, height: 2, depth: 16, pixels: [] }, Uint8Array.from(bytes));
      } catch (error) {
        return (error as PictureError).code;
      }
      return 'taken';
    };
    for (const head of [0xa0, 0xbf, 0xf5, 0xfb, 0xfc, 0xff])
      expect(refused([head, 0, 0])).toBe('ERR_PICTURE_DATA');
    expect(refused([0xf0, 0xff, 0xff])).toBe('ERR_PICTURE_DATA');
    expect(refused([0xf8, 0xff, 0xff, 0, 0, 0, 0])).toBe('ERR_PICTURE_DATA');
    // A run of nothing behind a background run would be one of -1.
    expect(refused([0x01, 0xf0, 0, 0])).toBe('ERR_PICTURE_DATA');
    expect(refused([0x88, 1, 0])).toBe('ERR_PICTURE_TRUNCATED');
    expect(refused([0x04])).toBe('ERR_PICTURE_TRUNCATED');
    expect(refused([])).toBe('ERR_PICTURE_TRUNCATED');
  });

  it('P10: takes or refuses any bytes, and says so by its own error only', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), fc.constantFrom(...depths), (bytes, depth) => {
        try {
          decode({ width: 40, height: 20, depth, pixels: [] }, bytes);
        } catch (error) {
          expect(error).toBeInstanceOf(PictureError);
        }
      }),
      { numRuns: 2000 },
    );
  });
});
