/** How many ways round the gateway were tried, as docs/lineage.md tells. */
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { FAMILIES } from './families.ts';

const PAGE = readFileSync(new URL('../../../../docs/lineage.md', import.meta.url), 'utf8');

/** What the page says of a family. */
function told(family: string): number {
  const row = new RegExp(`^\\| ${family} \\| ([0-9,]+) \\|`, 'mi').exec(PAGE);
  return Number((row?.[1] ?? '').replaceAll(',', ''));
}

const counts = Object.entries(FAMILIES).map(([family, attempts]) => ({ family, count: attempts.length }));
const sum = counts.reduce((all, { count }) => all + count, 0);

describe('attempts that work when they are sent directly', () => {
  it.each(counts)('$family: $count, as the page says', ({ family, count }) => {
    expect(count).toBeGreaterThan(20);
    expect(told(family)).toBe(count);
  });

  it(`are ${sum} together, and none is counted twice`, () => {
    expect(sum).toBeGreaterThanOrEqual(300);
    expect(told('together')).toBe(sum);
    const all = Object.values(FAMILIES).flat();
    expect(new Set(all).size).toBe(all.length);
  });
});
