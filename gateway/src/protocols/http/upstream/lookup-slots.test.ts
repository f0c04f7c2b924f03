import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { LookupSlots } from './lookup-slots.ts';

const wanted = (): boolean => true;

describe('room for lookups', () => {
  it('P10: is for so many at a time, whatever comes of them, and is there again behind them', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 1, max: 4 }),
        fc.array(fc.constantFrom('fine', 'fails', 'unwanted'), { maxLength: 30 }),
        async (most, kinds) => {
          const slots = new LookupSlots(most);
          let running = 0;
          let peak = 0;
          const done: number[] = [];
          const results = await Promise.allSettled(
            kinds.map((kind, index) =>
              slots.use(
                async () => {
                  running += 1;
                  peak = Math.max(peak, running);
                  await new Promise((resolve) => setImmediate(resolve));
                  running -= 1;
                  done.push(index);
                  if (kind === 'fails') throw new Error('no');
                  return index;
                },
                () => kind !== 'unwanted',
              ),
            ),
          );
          expect(peak).toBeLessThanOrEqual(most);
          expect(running).toBe(0);
          expect(results.map(({ status }) => status)).toEqual(
            kinds.map((kind) => (kind === 'fine' ? 'fulfilled' : 'rejected')),
          );
          // What nobody wanted was not done; the rest was, and nobody was passed by.
          expect(done).toEqual(kinds.flatMap((kind, index) => (kind === 'unwanted' ? [] : [index])));
          await expect(slots.use(async () => 'again', wanted)).resolves.toBe('again');
        },
      ),
      { numRuns: 100 },
    );
  });
});
