/**
 * What may be known of the functions and operators of a database. Text does not tell a built-in function from one of the
 * same name with other arguments, nor a column from a function that takes the row (PostgreSQL documentation, chapters
 * 10.3 and 36.5.3). An absent member means that there is no such thing.
 */
export interface RoutineCatalog {
  /** Schemas with a function of that name, although pg_catalog has one too; `undefined` when there may be any. */
  readonly overloads: (name: string) => readonly string[] | undefined;
  /** Whether pg_catalog has a function of that name that PostgreSQL did not bring along: an extension's, or somebody's own. */
  readonly addedToCatalog: (name: string) => boolean;
  /** As `overloads`, for operators. */
  readonly operatorOverloads: (symbol: string) => readonly string[] | undefined;
  /** Whether a function of that name takes a row as its only argument. */
  readonly takesRow: (name: string) => boolean;
  /** Whether the relation has a column of that name; asked only for names that `takesRow`. */
  readonly hasColumn: (schema: string, relation: string, column: string) => boolean;
}

const NONE: readonly string[] = [];

/** A database of which nothing is known: no overloads, no functions of rows. */
export const NO_ROUTINES: RoutineCatalog = {
  overloads: () => NONE,
  addedToCatalog: () => false,
  operatorOverloads: () => NONE,
  takesRow: () => false,
  hasColumn: () => false,
};
