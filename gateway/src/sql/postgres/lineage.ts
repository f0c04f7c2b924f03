/**
 * Which columns of tables a query hands out. Unchanged, so that PostgreSQL names their origin in RowDescription: plain
 * references in target lists, also through subqueries in FROM, common tables and joins (markTargetListOrigin in
 * parse_target.c). Or as part of a computed value, which has no origin.
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
  /** What its value is computed from, by what cannot fail and tells nothing else (`total.ts`); absent: nothing. */
  readonly derived?: readonly Origin[];
  /** The names of the columns that the wildcard stands for are not those of the table. */
  readonly renamed?: true;
}

/** The columns of a relation or of a query's result. */
export interface Columns {
  readonly list: readonly OutputColumn[];
  /** Each entry is one column, in order. */
  readonly isExact: boolean;
  /** As exact, but for entries that stand for all columns of a table in their order. */
  readonly isInOrder?: true;
}

/** Nothing has an origin, and what names there are is not known. */
export const NO_ORIGINS: Columns = { list: [], isExact: false };

/** The columns of a table. */
export function columnsOfTable(relation: RelationName, renamed: boolean): Columns {
  const origins: readonly Origin[] = [{ relation, column: WILDCARD }];
  return {
    list: [{ name: WILDCARD, origins, ...(renamed ? { renamed } : {}) }],
    isExact: false,
    ...(renamed ? {} : { isInOrder: true as const }),
  };
}

/** All columns of several relations; each once, so that what is joined with itself over and over does not grow (P10). */
export function joined(parts: readonly Columns[]): Columns {
  const [only] = parts;
  if (only !== undefined && parts.length === 1) return only;
  const all = parts.flatMap(({ list }) => list);
  const list = distinct(all);
  const isInOrder =
    list.length === all.length && parts.every((part) => part.isExact || part.isInOrder === true);
  return { list, isExact: false, ...(isInOrder ? { isInOrder: true as const } : {}) };
}

/** Each column by itself; `undefined` where tables are not known well enough. */
export function expanded(
  columns: Columns,
  columnsOf: (relation: RelationName) => ReadonlySet<string> | undefined,
): readonly OutputColumn[] | undefined {
  if (columns.isExact) return columns.list;
  if (columns.isInOrder !== true) return undefined;
  const made: OutputColumn[] = [];
  for (const column of columns.list) {
    const [origin, ...more] = column.origins;
    if (column.name !== WILDCARD) {
      made.push(column);
      continue;
    }
    const isTable = origin?.column === WILDCARD && more.length === 0 && column.derived === undefined;
    const names = isTable ? columnsOf(origin.relation) : undefined;
    if (origin === undefined || names === undefined) return undefined;
    for (const name of names) made.push({ name, origins: [{ relation: origin.relation, column: name }] });
  }
  return made;
}

/** Without what is there twice. */
export function distinct<T>(items: readonly T[]): readonly T[] {
  return [...new Set(items)];
}

/** All columns of tables that may be found in the value of a column. */
export function carriedBy({ origins, derived }: OutputColumn): readonly Origin[] {
  return derived === undefined ? origins : [...origins, ...derived];
}

/** The columns of tables in what a name, or the wildcard for the whole row, may mean. */
export function originsOf(columns: Columns, name: NamePart): readonly Origin[] {
  return columnsNamed(columns, name).flatMap(carriedBy);
}

/** The columns that a name, or the wildcard for the whole row, may mean, narrowed to what it says of them. */
export function columnsNamed(columns: Columns, name: NamePart): readonly OutputColumn[] {
  return columns.list.flatMap((column) => {
    if (name === WILDCARD || column.name === name) return [column];
    // PostgreSQL has a name for it that may be this one.
    if (column.name === undefined) return column.derived === undefined ? [] : [column];
    if (column.name !== WILDCARD) return [];
    if (column.renamed === true) return [column];
    return [{ ...column, origins: column.origins.map((origin) => narrowed(origin, name)) }];
  });
}

/** One column whose value is computed from these. */
export function derivedColumn(name: NamePart | undefined, derived: readonly Origin[]): OutputColumn {
  return derived.length === 0 ? { name, origins: [] } : { name, origins: [], derived };
}

function narrowed(origin: Origin, name: NamePart): Origin {
  return origin.column === WILDCARD ? { relation: origin.relation, column: name } : origin;
}

/** The same columns under the names of an alias, which may be fewer. */
export function renamedColumns(columns: Columns, names: readonly string[]): Columns {
  if (names.length === 0) return columns;
  if (!columns.isExact) {
    const origins = distinct(columns.list.flatMap((column) => column.origins));
    const derived = distinct(columns.list.flatMap((column) => column.derived ?? []));
    const all = { name: WILDCARD, origins, renamed: true } as const;
    return { list: [derived.length === 0 ? all : { ...all, derived }], isExact: false };
  }
  return {
    list: columns.list.map((column, index) => {
      const name = names[index];
      return name === undefined ? column : { ...column, name };
    }),
    isExact: true,
  };
}

/** The columns of UNION ALL: each value comes from one of the arms, and its origin is lost. */
export function appended(
  arms: readonly Columns[],
  columnsOf: (relation: RelationName) => ReadonlySet<string> | undefined,
): Columns {
  const exact = arms.flatMap((arm) => {
    const list = expanded(arm, columnsOf);
    return list === undefined ? [] : [list];
  });
  const [first = []] = exact;
  if (exact.length < arms.length || exact.some((list) => list.length !== first.length)) {
    const derived = distinct(arms.flatMap(({ list }) => list.flatMap(carriedBy)));
    return { list: [{ name: WILDCARD, origins: [], derived, renamed: true }], isExact: false };
  }
  const list = first.map(({ name }, index) =>
    derivedColumn(name, distinct(exact.flatMap((arm) => arm.slice(index, index + 1).flatMap(carriedBy)))),
  );
  return { list, isExact: true };
}
