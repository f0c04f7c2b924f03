/** What a view hands on of the columns of relations, and what else it does with them, as its stored tree tells. */
import type { RowOf } from './catalog-rows.ts';

/** A column of a relation by numbers; number 0 is the whole row. */
export type ColumnPlace = readonly [relation: number, column: number];

/** A view whose columns are known one by one. */
export interface ViewColumns {
  /** Columns that are a column of a relation, by their number. */
  readonly shows: ReadonlyMap<number, ColumnPlace>;
  /** What is computed, compared, sorted or grouped by: it may be found in any of its columns, and in which rows there are. */
  readonly uses: readonly ColumnPlace[];
}

/**
 * Reads the tree of a view. Undefined where it does not fit the dependencies that the server keeps of it beside: then nothing is
 * known of single columns.
 */
export function viewColumns(
  [, , relations, shown, anywhere]: RowOf<'tree'>,
  reads: readonly RowOf<'reads'>[],
): ViewColumns | undefined {
  const relationOf = (entry: number): number | undefined => relations?.[entry - 1] ?? undefined;
  const shows = new Map<number, ColumnPlace>();
  const counts = new Map<string, number>();
  for (const [entry, column, number] of shown ?? []) {
    const relation = relationOf(entry);
    if (relation === undefined || shows.has(number)) return undefined;
    shows.set(number, [relation, column]);
    const key = `${entry} ${column}`;
    counts.set(key, (counts.get(key) ?? 0) + 1);
  }
  const uses = new Map<string, ColumnPlace>();
  const seen = new Map<string, number>();
  for (const [entry, column] of anywhere ?? []) {
    const relation = relationOf(entry);
    if (relation === undefined) return undefined;
    const key = `${entry} ${column}`;
    seen.set(key, (seen.get(key) ?? 0) + 1);
    if ((seen.get(key) ?? 0) > (counts.get(key) ?? 0)) uses.set(`${relation} ${column}`, [relation, column]);
  }
  const known = [...shows.values(), ...uses.values()];
  const isRead = (relation: number, column: number): boolean =>
    known.some(([of, number]) => of === relation && (number === column || number === 0));
  const isWhole = reads.every(([, , relation, column]) => column === 0 || isRead(relation, column));
  return isWhole ? { shows, uses: [...uses.values()] } : undefined;
}
