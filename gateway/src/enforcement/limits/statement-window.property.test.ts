import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { StatementWindow, WINDOW_MS } from './statement-window.ts';

describe('the window of statements a minute', () => {
  it('counts exactly what a list of all times counts, whatever the gaps', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 40_000 }), { maxLength: 300 }), (gaps) => {
        const window = new StatementWindow();
        const times: number[] = [];
        let now = 1_000_000;
        for (const gap of gaps) {
          now += gap % 3 === 0 ? 0 : gap;
          expect(window.count(now)).toBe(times.filter((time) => time > now - WINDOW_MS).length);
          window.add(now, 1 + (gap % 4));
          for (let one = 0; one <= gap % 4; one += 1) times.push(now);
          expect(window.marks).toBe(new Set(times.filter((time) => time > now - WINDOW_MS)).size);
        }
      }),
    );
  });

  it('says to the millisecond when a place is free', () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 0, max: 9_000 }), { minLength: 1, maxLength: 60 }),
        fc.integer({ min: 1, max: 20 }),
        fc.integer({ min: 1, max: 20 }),
        (gaps, allowed, more) => {
          const window = new StatementWindow();
          let now = 0;
          for (const gap of gaps) window.add((now += gap), 1 + (gap % 3));
          const wait = window.waitMs(now, allowed, more);
          expect(wait === undefined).toBe(more > allowed);
          if (wait === undefined) return;
          if (wait > 0) expect(window.count(now + wait - 1) + more).toBeGreaterThan(allowed);
          expect(window.count(now + wait) + more).toBeLessThanOrEqual(allowed);
        },
      ),
    );
  });

  it('P10: holds one mark a millisecond, however many statements there were in it', () => {
    const window = new StatementWindow();
    for (let statement = 0; statement < 10_000; statement += 1) window.add(7, 1);
    expect([window.count(7), window.marks]).toEqual([10_000, 1]);
  });

  it('is not opened early by a clock that was set back', () => {
    const window = new StatementWindow();
    window.add(100_000, 1);
    window.add(40_000, 1);
    expect(window.count(40_001)).toBe(2);
    expect(window.count(160_000)).toBe(0);
  });

  it('never says when, where nothing is ever permitted', () => {
    expect(new StatementWindow().waitMs(0, 0, 1)).toBeUndefined();
  });
});
