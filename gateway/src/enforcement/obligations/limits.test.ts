import { describe, expect, it } from 'vitest';
import { accessOf, limitsOf } from '../limits/testing/access.ts';
import { createUsage } from '../limits/usage.ts';
import { createLimitsFulfiller } from './limits.ts';

describe('the fulfiller of limits', () => {
  const usage = createUsage({ clock: { nowMs: () => 1_000 } });
  const fulfils = (metered: readonly string[], ...bounds: Parameters<typeof limitsOf>) =>
    limitsOf(...bounds).every((limits) =>
      createLimitsFulfiller(usage, new Set(metered)).canFulfil(limits, accessOf()),
    );

  it('P3: refuses a bound on the exchange where the protocol does not meter', () => {
    for (const bound of [{ rows: 1 }, { bytes: 1 }, { timeoutMs: 1 }]) {
      expect([fulfils([], bound), fulfils(['postgres'], bound)]).toEqual([false, true]);
    }
    expect(fulfils([], { statementsPerMinute: 1 })).toBe(true);
  });

  it('refuses what is used up, and another kind of obligation', () => {
    usage.take(accessOf(), limitsOf({ statementsPerMinute: 1 }));
    expect(fulfils([], { statementsPerMinute: 1 })).toBe(false);
    const mask = { kind: 'mask', rule: 'r', columns: ['*'], method: 'null' } as const;
    expect(createLimitsFulfiller(usage, new Set()).canFulfil(mask, accessOf())).toBe(false);
  });
});
