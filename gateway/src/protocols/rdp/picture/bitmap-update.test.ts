import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodeBitmapUpdate, drawRectangle } from './bitmap-update.ts';
import { PictureError } from './errors.ts';
import { decodePaletteUpdate } from './palette.ts';
import { Screen } from './screen.ts';
import { bitmapUpdate, rectangle } from './testing/updates.ts';

const rowOf = (screen: Screen, y: number): string =>
  Buffer.from(screen.rgba.slice(y * screen.width * 4, (y + 1) * screen.width * 4)).toString('hex');

describe('bitmap updates', () => {
  it('draws rows the lowest first, padded to four bytes, in each depth', () => {
    const cases: readonly (readonly [number, readonly number[], string, string])[] = [
      [8, [1, 0, 0, 0, 2, 0, 0, 0], '020202ff', '010101ff'],
      [15, [0x1f, 0, 0, 0, 0xe0, 0x03, 0, 0], '00ff00ff', '0000ffff'],
      [16, [0x00, 0xf8, 0, 0, 0xe0, 0x07, 0, 0], '00ff00ff', 'ff0000ff'],
      [24, [1, 2, 3, 0, 4, 5, 6, 0], '060504ff', '030201ff'],
      [32, [1, 2, 3, 0, 4, 5, 6, 0], '060504ff', '030201ff'],
    ];
    for (const [depth, data, upper, lower] of cases) {
      const screen = new Screen(1, 2);
      const bytes = rectangle({ left: 0, top: 0, width: 1, height: 2, depth, flags: 0, data });
      decodeBitmapUpdate(bitmapUpdate([bytes]), screen);
      expect([rowOf(screen, 0), rowOf(screen, 1)], String(depth)).toEqual([upper, lower]);
    }
  });

  it('draws compressed data with and without its header, and takes no more of it than that says', () => {
    const run = [0xf3, 4, 0, 0x00, 0xf8];
    const header = [0, 0, run.length, 0, 0, 0, 0, 0];
    for (const [flags, data] of [
      [0x401, run],
      [0x001, [...header, ...run, 0xff]],
    ] as const) {
      const screen = new Screen(2, 2);
      drawRectangle(rectangle({ left: 0, top: 0, width: 2, height: 2, depth: 16, flags, data }), screen);
      expect(rowOf(screen, 1)).toBe('ff0000ffff0000ff');
    }
  });

  it('draws no more than the rectangle, and nothing outside of the screen', () => {
    const data = [0xf3, 16, 0, 0xff, 0xff];
    const screen = new Screen(4, 4);
    const inside = rectangle({
      left: 1,
      top: 1,
      right: 2,
      bottom: 1,
      width: 4,
      height: 4,
      depth: 16,
      flags: 0x401,
      data,
    });
    expect(drawRectangle(inside, screen)).toEqual({ left: 1, top: 1, right: 3, bottom: 2 });
    expect(rowOf(screen, 1)).toBe('000000ffffffffffffffffff000000ff');
    expect(rowOf(screen, 2)).toBe('000000ff'.repeat(4));
    const over = rectangle({
      left: 3,
      top: 3,
      right: 6,
      bottom: 6,
      width: 4,
      height: 4,
      depth: 16,
      flags: 0x401,
      data,
    });
    expect(drawRectangle(over, screen)).toEqual({ left: 3, top: 3, right: 4, bottom: 4 });
    const outside = rectangle({ left: 9, top: 0, width: 4, height: 4, depth: 16, flags: 0x401, data });
    expect(drawRectangle(outside, screen)).toBeUndefined();
  });

  it('draws 8-bit pixels by the palette that came before', () => {
    const screen = new Screen(1, 1);
    const palette = new Uint8Array(8 + 768);
    palette.set([2, 0, 0, 0, 0, 1, 0, 0]);
    palette.set([0x11, 0x22, 0x33], 8 + 5 * 3);
    decodePaletteUpdate(palette, screen);
    drawRectangle(
      rectangle({ left: 0, top: 0, width: 1, height: 1, depth: 8, flags: 0, data: [5, 0, 0, 0] }),
      screen,
    );
    expect(rowOf(screen, 0)).toBe('112233ff');
    expect(() => decodePaletteUpdate(palette.subarray(0, 700), screen)).toThrow(PictureError);
    expect(() => decodePaletteUpdate(Uint8Array.of(2, 0, 0, 0, 255, 0, 0, 0), screen)).toThrow(PictureError);
  });

  it('P10: refuses sizes that cannot be before it takes memory for them', () => {
    const codeOf = (work: () => unknown): string => {
      try {
        work();
      } catch (error) {
        return (error as PictureError).code;
      }
      return 'taken';
    };
    const screen = new Screen(100, 100);
    const draw = (more: Partial<Parameters<typeof rectangle>[0]>): string =>
      codeOf(() =>
        drawRectangle(
          rectangle({ left: 0, top: 0, width: 4, height: 4, depth: 16, flags: 0x401, data: [0], ...more }),
          screen,
        ),
      );
    expect(draw({ width: 0xffff, height: 0xffff })).toBe('ERR_PICTURE_SIZE');
    expect(draw({ width: 0 })).toBe('ERR_PICTURE_SIZE');
    expect(draw({ depth: 4 })).toBe('ERR_PICTURE_UNSUPPORTED');
    expect(draw({ depth: 4, flags: 0 })).toBe('ERR_PICTURE_UNSUPPORTED');
    expect(draw({ flags: 0 })).toBe('ERR_PICTURE_TRUNCATED');
    expect(draw({ flags: 1 })).toBe('ERR_PICTURE_TRUNCATED');
    for (const [width, height] of [
      [0, 1],
      [8193, 1],
      [8192, 8192],
      [1.5, 1],
    ] as const) {
      expect(codeOf(() => new Screen(width, height))).toBe('ERR_PICTURE_SIZE');
    }
    expect(codeOf(() => decodeBitmapUpdate(Uint8Array.of(1, 0, 2, 0, 1), screen))).toBe(
      'ERR_PICTURE_TRUNCATED',
    );
    expect(codeOf(() => decodeBitmapUpdate(Uint8Array.of(0, 0, 0, 0), screen))).toBe('ERR_PICTURE_DATA');
  });

  it('P10: takes or refuses any bytes, and says so by its own error only', () => {
    const screen = new Screen(50, 40);
    const number = fc.oneof(fc.nat(60), fc.nat(0xffff));
    const made = fc.record({
      left: number,
      top: number,
      right: number,
      bottom: number,
      width: number,
      height: number,
      depth: fc.constantFrom(8, 15, 16, 24, 32, 1, 0xffff),
      flags: fc.constantFrom(0, 1, 0x401, 0xffff),
      data: fc.uint8Array({ maxLength: 100 }).map((bytes) => [...bytes]),
    });
    fc.assert(
      fc.property(fc.array(made, { maxLength: 3 }), fc.uint8Array({ maxLength: 20 }), (rectangles, tail) => {
        const bytes = Buffer.concat([bitmapUpdate(rectangles.map(rectangle)), tail]);
        for (const payload of [bytes, tail, bytes.subarray(0, bytes.length >> 1)]) {
          try {
            decodeBitmapUpdate(payload, screen);
          } catch (error) {
            expect(error).toBeInstanceOf(PictureError);
          }
        }
        expect(screen.pixels.every((pixel) => pixel >>> 24 === 0xff)).toBe(true);
      }),
      { numRuns: 1500 },
    );
  });
});
