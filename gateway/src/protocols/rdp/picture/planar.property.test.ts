import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { PictureError } from './errors.ts';
import { decodePlanar } from './planar.ts';
import { encodePlanar, type TestPlanes } from './testing/encode-planar.ts';

const planes: fc.Arbitrary<TestPlanes> = fc
  .record({
    width: fc.integer({ min: 1, max: 60 }),
    height: fc.integer({ min: 1, max: 9 }),
    isRunLength: fc.boolean(),
    hasAlpha: fc.boolean(),
    noise: fc.array(fc.nat(255), { minLength: 1, maxLength: 300 }),
    flat: fc.integer({ min: 1, max: 40 }),
  })
  .map(({ width, height, isRunLength, hasAlpha, noise, flat }) => {
    const plane = (seed: number): Uint8Array =>
      Uint8Array.from(
        { length: width * height },
        (_, at) => noise[Math.floor((at + seed) / flat) % noise.length] ?? 0,
      );
    return {
      width,
      height,
      isRunLength,
      hasAlpha,
      alpha: plane(3),
      colours: [plane(0), plane(7), plane(11)],
    };
  });

describe('planar bitmaps of 32 bits', () => {
  it('decodes what an encoder wrote by other code', () => {
    fc.assert(
      fc.property(planes, fc.array(fc.nat(1000), { minLength: 1 }), (made, choices) => {
        let next = 0;
        const bytes = encodePlanar(made, (below) => (choices[next++ % choices.length] ?? 0) % below);
        const into = new Uint8Array(made.width * made.height * 3);
        decodePlanar(bytes, made.width, made.height, into);
        expect(Buffer.from(into).equals(Buffer.concat(made.colours))).toBe(true);
      }),
      { numRuns: 500 },
    );
  });

  it('P10: refuses what was not negotiated, segments over a row, and data that ends', () => {
    const refused = (bytes: readonly number[]): string => {
      try {
        decodePlanar(Uint8Array.from(bytes), 4, 2, new Uint8Array(24));
      } catch (error) {
        return (error as PictureError).code;
      }
      return 'taken';
    };
    expect(refused([0x31])).toBe('ERR_PICTURE_UNSUPPORTED');
    expect(refused([0x38])).toBe('ERR_PICTURE_UNSUPPORTED');
    expect(refused([0x30, 0x05])).toBe('ERR_PICTURE_DATA');
    expect(refused([0x30, 0x02])).toBe('ERR_PICTURE_DATA');
    expect(refused([0x30, 0x00])).toBe('ERR_PICTURE_DATA');
    expect(refused([0x30, 0x40, 1, 2])).toBe('ERR_PICTURE_TRUNCATED');
    expect(refused([0x30, 0x04])).toBe('ERR_PICTURE_TRUNCATED');
    expect(refused([0x20, 1, 2, 3])).toBe('ERR_PICTURE_TRUNCATED');
    expect(refused([])).toBe('ERR_PICTURE_TRUNCATED');
  });

  it('P10: takes or refuses any bytes, and says so by its own error only', () => {
    fc.assert(
      fc.property(
        fc.uint8Array({ maxLength: 300 }),
        fc.constantFrom(0x00, 0x10, 0x20, 0x30),
        (bytes, format) => {
          try {
            decodePlanar(Uint8Array.from([format, ...bytes]), 11, 5, new Uint8Array(165));
          } catch (error) {
            expect(error).toBeInstanceOf(PictureError);
          }
        },
      ),
      { numRuns: 2000 },
    );
  });
});
