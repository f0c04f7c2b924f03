import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { PictureError } from './errors.ts';
import { Pointer, PointerUpdate, readSlowPointer } from './pointer.ts';
import type { PointerShape } from './pointer-shape.ts';

const u16 = (...values: readonly number[]): readonly number[] =>
  values.flatMap((value) => [value & 0xff, value >> 8]);
const shapeOf = (pointer: Pointer): PointerShape => {
  if (typeof pointer.shape === 'string') throw new TypeError(pointer.shape);
  return pointer.shape;
};
const hex = (pointer: Pointer): string => Buffer.from(shapeOf(pointer).rgba).toString('hex');

/** Two by two pixels: place, hot spot, size, lengths of the masks, XOR mask, AND mask. */
const shape = (xor: readonly number[], and: readonly number[], place = 0): readonly number[] => [
  ...u16(place, 1, 0, 2, 2, and.length, xor.length),
  ...xor,
  ...and,
];

describe('pointer updates', () => {
  it('draws 24 bits, the lowest row first: colour, transparent, and the negative as black', () => {
    const pointer = new Pointer();
    // Rows are padded to two bytes: 6 of 24 bits, 2 of one bit.
    const xor = [0, 0, 0, 255, 255, 255, 1, 2, 3, 4, 5, 6];
    pointer.take(PointerUpdate.colour, Uint8Array.from(shape(xor, [0xc0, 0, 0x00, 0])));
    expect(hex(pointer)).toBe('030201ff060504ff00000000000000ff');
    expect(shapeOf(pointer)).toMatchObject({ hotX: 1, hotY: 0, width: 2, height: 2 });
  });

  it('draws one bit, the upmost row first', () => {
    const pointer = new Pointer();
    pointer.take(PointerUpdate.new, Uint8Array.from([...u16(1), ...shape([0x80, 0, 0, 0], [0, 0, 0xc0, 0])]));
    expect(hex(pointer)).toBe('ffffffff000000ff0000000000000000');
  });

  it('draws 32 bits with alpha, and with the AND mask where no pixel has any', () => {
    const pointer = new Pointer();
    const withAlpha = [0, 0, 255, 128, 0, 255, 0, 255, 255, 0, 0, 255, 0, 0, 0, 0];
    pointer.take(PointerUpdate.new, Uint8Array.from([...u16(32), ...shape(withAlpha, [0, 0, 0, 0])]));
    expect(hex(pointer)).toBe('0000ffff00000000ff00008000ff00ff');
    const without = [0, 0, 255, 0, 0, 255, 0, 0, 255, 0, 0, 0, 0, 0, 0, 0];
    pointer.take(PointerUpdate.new, Uint8Array.from([...u16(32), ...shape(without, [0, 0, 0x40, 0])]));
    expect(hex(pointer)).toBe('0000ffff00000000ff0000ff00ff00ff');
  });

  it('caches shapes, hides, moves, and reads the slow path alike', () => {
    const pointer = new Pointer();
    pointer.take(PointerUpdate.new, Uint8Array.from([...u16(1), ...shape([0, 0, 0, 0], [0, 0, 0, 0], 5)]));
    const first = pointer.shape;
    const slow = (bytes: readonly number[]): void => {
      const { code, data } = readSlowPointer(Uint8Array.from(bytes));
      pointer.take(code, data);
    };
    slow([...u16(1, 0), 0, 0, 0, 0]);
    expect(pointer.shape).toBe('hidden');
    slow([...u16(1, 0), 0, 0x7f, 0, 0]);
    expect(pointer.shape).toBe('default');
    slow(u16(7, 0, 5));
    expect(pointer.shape).toBe(first);
    slow(u16(3, 0, 300, 200));
    expect([pointer.x, pointer.y]).toEqual([300, 200]);
    expect(() => slow(u16(7, 0, 6))).toThrow(PictureError);
    expect(() => slow(u16(2, 0))).toThrow(PictureError);
  });

  it('P10: is bounded in sides, places and memory', () => {
    const codeOf = (code: number, bytes: readonly number[]): string => {
      try {
        new Pointer().take(code, Uint8Array.from(bytes));
      } catch (error) {
        return (error as PictureError).code;
      }
      return 'taken';
    };
    expect(codeOf(PointerUpdate.colour, u16(0, 0, 0, 97, 1, 0, 0))).toBe('ERR_PICTURE_SIZE');
    expect(codeOf(PointerUpdate.new, [...u16(1), ...shape([0, 0, 0, 0], [0, 0, 0, 0], 128)])).toBe(
      'ERR_PICTURE_SIZE',
    );
    expect(codeOf(PointerUpdate.new, u16(7, 0, 0, 0, 1, 1, 0, 0))).toBe('ERR_PICTURE_UNSUPPORTED');
    expect(codeOf(PointerUpdate.new, [...u16(1), ...shape([0, 0], [0, 0, 0, 0])])).toBe(
      'ERR_PICTURE_TRUNCATED',
    );
    const pointer = new Pointer();
    const large = (place: number): Uint8Array => {
      const mask = 48 * 384;
      const head = u16(1, place, 0, 0, 384, 384, mask & 0xffff, mask >> 16, mask & 0xffff, mask >> 16);
      return Uint8Array.from([...head, ...new Uint8Array(mask * 2)]);
    };
    for (let place = 0; place < 14; place += 1) pointer.take(PointerUpdate.large, large(place));
    expect(() => pointer.take(PointerUpdate.large, large(14))).toThrow(PictureError);
    // The place of another may be taken.
    pointer.take(PointerUpdate.large, large(3));
  });

  it('P10: takes or refuses any bytes, and says so by its own error only', () => {
    fc.assert(
      fc.property(
        fc.nat(13),
        fc.uint8Array({ maxLength: 120 }),
        fc.uint8Array({ maxLength: 4 }),
        (code, data, small) => {
          const pointer = new Pointer();
          const likely = Uint8Array.from([
            ...u16(small[0] ?? 0, 0, 0, (small[1] ?? 0) % 8, (small[2] ?? 0) % 8, 16, 64),
            ...data,
          ]);
          for (const bytes of [data, likely, Uint8Array.from([...u16(24), ...likely])]) {
            try {
              pointer.take(code, bytes);
              const { code: slowCode, data: rest } = readSlowPointer(bytes);
              pointer.take(slowCode, rest);
            } catch (error) {
              expect(error).toBeInstanceOf(PictureError);
            }
          }
        },
      ),
      { numRuns: 1000 },
    );
  });
});
