import fc from 'fast-check';
import { expect, it } from 'vitest';
import { decodeCursor, encodeCursor } from './cursor.ts';
import { ApiError } from './errors.ts';

it('gives back every position that it was made of, under its own kind only', () => {
  fc.assert(
    fc.property(fc.stringMatching(/^[A-Za-z0-9_.]{1,100}$/), (position) => {
      const cursor = encodeCursor('s1', position);
      expect(decodeCursor('s1', cursor)).toBe(position);
      expect(() => decodeCursor('x1', cursor)).toThrow(ApiError);
    }),
  );
});

it('P10: any other text gives a position of harmless characters or an ApiError, and nothing else', () => {
  fc.assert(
    fc.property(
      fc.oneof(
        fc.string(),
        fc.string().map((text) => encodeCursor('s1', text)),
      ),
      (text) => {
        try {
          expect(decodeCursor('s1', text)).toMatch(/^[A-Za-z0-9_.]{1,100}$/);
        } catch (error) {
          expect(error).toMatchObject({ code: 'ERR_API_CURSOR' });
        }
      },
    ),
  );
});
