/** Relations whose rules cannot be followed to the tables behind them. */
import type { RowOf } from './catalog-rows.ts';
import type { ViewColumns } from './view-columns.ts';

/** Views over views. */
const DEEPEST = 64;

/**
 * Those that read themselves, directly or over others (`CREATE OR REPLACE VIEW` can make two views read each other; the server
 * finds out when one is used), that lie deeper than 64 views, or that read such ones.
 */
export function tangledRelations(
  reads: ReadonlyMap<number, readonly RowOf<'reads'>[]>,
  views: ReadonlyMap<number, ViewColumns>,
): ReadonlySet<number> {
  const sources = new Map<number, readonly number[]>();
  for (const [relation, rows] of reads) sources.set(relation, [...new Set(rows.map((row) => row[2]))]);
  // The server's dependencies leave out what a view reads of itself.
  for (const [view, { shows, uses }] of views) {
    if ([...shows.values(), ...uses].some(([relation]) => relation === view)) sources.set(view, [view]);
  }
  const left = new Set(sources.keys());
  for (let depth = 0; depth < DEEPEST; depth += 1) {
    const level = [...left].filter((relation) => !(sources.get(relation) ?? []).some((one) => left.has(one)));
    if (level.length === 0) return left;
    for (const relation of level) left.delete(relation);
  }
  return left;
}
