import { describe, expect, it } from 'vitest';
import { RecentValues } from './recent-values.ts';

describe('recent values', () => {
  it('P10: hold a bounded number, and those that are asked for stay', () => {
    const recent = new RecentValues();
    recent.set('kept', 'made');
    for (let index = 0; index < 10_000; index += 1) {
      recent.set(`v${index}`, `p${index}`);
      expect(recent.get('kept')).toBe('made');
      expect(recent.size).toBeLessThanOrEqual(4096);
    }
    expect(recent.get('v9999')).toBe('p9999');
    expect(recent.get('v1')).toBeUndefined();
  });

  it('P10: hold no long ones', () => {
    const recent = new RecentValues();
    recent.set('x'.repeat(257), 'made');
    recent.set('short', 'x'.repeat(257));
    expect(recent.size).toBe(0);
  });
});
