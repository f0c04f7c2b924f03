import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { exchangeLimits } from './exchange-limits.ts';
import { countTogether, nothingDelivered, ResultMeter } from './result-meter.ts';
import { limitsOf } from './testing/access.ts';

const rowsBy = (allowed: number) => ({ rows: { rule: 'r', allowed } });

describe('the bounds of an exchange', () => {
  it('are the smallest of all rules, each with its rule; none is none', () => {
    expect(
      exchangeLimits([
        ...limitsOf({ rule: 'a', rows: 10, timeoutMs: 5 }),
        ...limitsOf({ rule: 'b', rows: 3, bytes: 100, statementsPerMinute: 1 }),
      ]),
    ).toEqual({
      rows: { rule: 'b', allowed: 3 },
      bytes: { rule: 'b', allowed: 100 },
      timeoutMs: { rule: 'a', allowed: 5 },
    });
    const month = limitsOf({ timeoutMs: 30 * 86_400_000 });
    expect(exchangeLimits(month)?.timeoutMs?.allowed).toBe(2 ** 31 - 1);
    expect(exchangeLimits([])).toBeUndefined();
    expect(exchangeLimits(limitsOf({ statementsPerMinute: 1 }))).toBeUndefined();
  });
});

describe('the meter of a result', () => {
  it('delivers a result that fits exactly, and of a longer one the rows that fit', () => {
    const meter = new ResultMeter(rowsBy(2));
    expect([meter.row(10), meter.row(10)]).toEqual([true, true]);
    expect(meter.exceeded).toBeUndefined();
    expect([meter.row(10), meter.row(1)]).toEqual([false, false]);
    expect(meter.exceeded).toEqual({ limit: 'rows', rule: 'r', allowed: 2 });
    expect([meter.rows, meter.bytes]).toEqual([2, 20]);
  });

  it('lets no row by that would pass the bytes, and no later one that would fit', () => {
    const meter = new ResultMeter({ bytes: { rule: 'r', allowed: 100 } });
    expect([meter.row(60), meter.row(41), meter.row(1)]).toEqual([true, false, false]);
    expect(meter.exceeded).toMatchObject({ limit: 'bytes' });
    expect(new ResultMeter(rowsBy(0)).row(1)).toBe(false);
  });

  it('counts in chunks as it does row by row', () => {
    fc.assert(
      fc.property(
        fc.array(fc.array(fc.nat(50), { maxLength: 8 }), { maxLength: 20 }),
        fc.nat(40),
        fc.nat(800),
        (chunks, rows, bytes) => {
          const limits = { ...rowsBy(rows), bytes: { rule: 'b', allowed: bytes } };
          const single = new ResultMeter(limits);
          const chunked = new ResultMeter(limits);
          for (const chunk of chunks) {
            const total = chunk.reduce((sum, length) => sum + length, 0);
            if (!chunked.rowsThatFit(chunk.length, total)) for (const length of chunk) chunked.row(length);
            for (const length of chunk) single.row(length);
          }
          expect([chunked.rows, chunked.bytes, chunked.exceeded]).toEqual([
            single.rows,
            single.bytes,
            single.exceeded,
          ]);
        },
      ),
    );
  });

  it('ends once: by time or by what was counted, whichever came first', () => {
    const meter = new ResultMeter({ ...rowsBy(1), timeoutMs: { rule: 't', allowed: 15_000 } });
    expect(meter.timeIsUp()).toEqual({ limit: 'timeoutMs', rule: 't', allowed: 15_000 });
    expect([meter.row(1), meter.timeIsUp()]).toEqual([false, undefined]);
    expect(meter.exceeded).toMatchObject({ limit: 'timeoutMs' });
    expect(new ResultMeter(rowsBy(1)).timeIsUp()).toBeUndefined();
  });

  it('P10: fetches of one result count together, also one that began before the rows of another came', () => {
    const delivered = nothingDelivered();
    const [first, second, third] = [0, 1, 2].map(() => new ResultMeter(rowsBy(3), delivered));
    expect([first?.row(5), first?.row(5), second?.row(5), second?.row(5)]).toEqual([true, true, true, false]);
    expect(first?.exceeded).toBeUndefined();
    expect(third?.row(1)).toBe(false);
    expect(third?.exceeded).toMatchObject({ limit: 'rows' });
    expect(delivered).toEqual({ rows: 3, bytes: 15 });
  });

  it('P10: results that are fetched in one exchange count as one from then on', () => {
    const results = [
      { delivered: { rows: 2, bytes: 90 } },
      { delivered: { rows: 7, bytes: 10 } },
      { delivered: nothingDelivered() },
    ];
    const together = countTogether(results);
    expect(together).toEqual({ rows: 7, bytes: 90 });
    expect(results.every(({ delivered }) => delivered === together)).toBe(true);
    expect(countTogether([])).toBeUndefined();
  });
});
