import { describe, expect, it } from 'vitest';
import { accessOf, limitsOf } from '../limits/testing/access.ts';
import { createLimitsFulfiller } from './limits.ts';

describe('the fulfiller of limits', () => {
  const fulfils = (metered: readonly string[], bounds: Parameters<typeof limitsOf>[0], family = 'sql') =>
    limitsOf(bounds).every((limits) =>
      createLimitsFulfiller({ metered: new Set(metered) }).canFulfil(limits, accessOf({ family })),
    );

  it('P3: refuses a bound on the exchange where the protocol does not meter', () => {
    for (const bound of [{ rows: 1 }, { bytes: 1 }, { timeoutMs: 1 }]) {
      expect([fulfils([], bound), fulfils(['postgres'], bound)]).toEqual([false, true]);
      expect(fulfils([], bound, 'connect')).toBe(true);
    }
  });

  it('P3: refuses a bound on rows where the protocol knows none', () => {
    const fulfiller = createLimitsFulfiller({ metered: new Set(), rowless: new Set(['postgres']) });
    const fits = (bounds: Parameters<typeof limitsOf>[0]): boolean =>
      limitsOf(bounds).every((limits) => fulfiller.canFulfil(limits, accessOf({ family: 'sql' })));
    expect([{ bytes: 1 }, { timeoutMs: 1 }, { rows: 1 }, { rows: 1, bytes: 1 }].map(fits)).toEqual([
      true,
      true,
      false,
      false,
    ]);
  });

  it('P3: refuses a bound on changes where nobody counts them, or this request cannot be counted, and says why', () => {
    const [limits] = limitsOf({ affectedRows: 1 });
    if (limits === undefined) throw new Error('no limits');
    const metered = new Set(['postgres']);
    const asks = (why: () => string | undefined): boolean | string =>
      createLimitsFulfiller({ metered, changes: new Map([['postgres', why]]) }).canFulfil(
        limits,
        accessOf({ family: 'sql' }),
      );
    expect(fulfils(['postgres'], { affectedRows: 1 })).toBe(false);
    expect(asks(() => undefined)).toBe(true);
    expect(asks(() => 'nobody counts them')).toBe(
      `rule ${limits.rule} bounds the rows that may be changed, and nobody counts them`,
    );
  });

  it('takes what the gate counts, for every protocol', () => {
    for (const bound of [{ statementsPerMinute: 1 }, { distinctTables: 1 }, { sessions: 1 }]) {
      expect(fulfils([], bound)).toBe(true);
    }
  });

  it('takes no other obligation', () => {
    const mask = { kind: 'mask', rule: 'r', columns: ['*'], method: 'null' } as const;
    expect(createLimitsFulfiller({ metered: new Set(['postgres']) }).canFulfil(mask, accessOf())).toBe(false);
  });
});
