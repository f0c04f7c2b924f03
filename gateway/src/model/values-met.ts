import type { FieldUse } from './facts.ts';

/**
 * The places of all values that columns meet. Columns of one expression share the list of what they meet, and each list is
 * looked at once: thousands of columns beside thousands of literals are no more than that (P10).
 */
export function valuesMet(uses: readonly FieldUse[], of: 'literals' | 'parameters'): ReadonlySet<number> {
  const lists = new Set(uses.map(({ values }) => values?.[of]));
  const places = new Set<number>();
  for (const list of lists) for (const place of list ?? []) places.add(place);
  return places;
}
