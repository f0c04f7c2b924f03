/**
 * Which columns of tables a query hands out unchanged, so that PostgreSQL names their origin in RowDescription: plain
 * references in target lists, also through subqueries in FROM, common tables and joins (markTargetListOrigin in
 * parse_target.c). Everything else a query hands out is computed, and has no origin.
 */
import { type NamePart, WILDCARD } from '../qualified-name.ts';
import type { RelationName } from './names.ts';

/** A column of a table; the wildcard stands for any of its columns. */
export interface Origin {
  readonly relation: RelationName;
  readonly column: NamePart;
}

/** A column that a query hands out. */
export interface OutputColumn {
  /** Its name; the wildcard for columns that are not known one by one (`*` of a table); `undefined` when it has none that could be named. */
  readonly name: NamePart | undefined;
  /** Where its value may come from; empty when it is computed. */
  readonly origins: readonly Origin[];
  /** The names of the columns that the wildcard stands for are not those of the table. */
  readonly renamed?: true;
}

/** The columns of a relation or of a query's result. */
export interface Columns {
  readonly list: readonly OutputColumn[];
  /** Each entry is one column, in order. */
  readonly isExact: boolean;
}

/** Nothing has an origin, and what names there are is not known. */
export const NO_ORIGINS: Columns = { list: [], isExact: false };

/** The columns of a table. */
export function columnsOfTable(relation: RelationName, renamed: boolean): Columns {
  const origins: readonly Origin[] = [{ relation, column: WILDCARD }];
  return {
    list: [{ name: WILDCARD, origins, ...(renamed ? { renamed } : {}) }],
    isExact: false,
  };
}

/** All columns of several relations; each once, so that what is joined with itself over and over does not grow (P10). */
export function joined(parts: readonly Columns[]): Columns {
  const [only] = parts;
  if (only !== undefined && parts.length === 1) return only;
  return { list: distinct(parts.flatMap(({ list }) => list)), isExact: false };
}

/** Without what is there twice. */
export function distinct<T>(items: readonly T[]): readonly T[] {
  return [...new Set(items)];
}

/** The origins that a name, or the wildcard for the whole row, may mean. */
export function originsOf(columns: Columns, name: NamePart): readonly Origin[] {
  return columns.list.flatMap((column) => {
    if (name === WILDCARD || column.name === name) return column.origins;
    if (column.name !== WILDCARD) return [];
    return column.renamed === true ? column.origins : column.origins.map((origin) => narrowed(origin, name));
  });
}

function narrowed(origin: Origin, name: NamePart): Origin {
  return origin.column === WILDCARD ? { relation: origin.relation, column: name } : origin;
}

/** The same columns under the names of an alias, which may be fewer. */
export function renamedColumns(columns: Columns, names: readonly string[]): Columns {
  if (names.length === 0) return columns;
  if (!columns.isExact) {
    const origins = distinct(columns.list.flatMap((column) => column.origins));
    return { list: [{ name: WILDCARD, origins, renamed: true }], isExact: false };
  }
  return {
    list: columns.list.map((column, index) => {
      const name = names[index];
      return name === undefined ? column : { ...column, name };
    }),
    isExact: true,
  };
}

/** The same names for values that are computed. */
export function withoutOrigins(columns: Columns): Columns {
  return {
    list: columns.list.map(({ name }) => ({ name, origins: [] })),
    isExact: columns.isExact,
  };
}
