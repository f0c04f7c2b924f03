import type { RelationName } from './names.ts';

/** What may be known of tables. Absent lookups cost precision, never safety. Names are as in the dimension `tables`. */
export interface TableCatalog {
  /** All columns of a relation; empty when there is no such relation; `undefined` when it is not known. */
  readonly columns?: (table: string) => readonly string[] | undefined;
  /** Column sets of its unique, not partial, not deferrable keys; `undefined` when not known. */
  readonly keys?: (table: string) => readonly (readonly string[])[] | undefined;
}

/** Lists of a catalog that is asked again and again, as sets. */
const sets = new WeakMap<readonly string[], ReadonlySet<string>>();

function setOf(columns: readonly string[]): ReadonlySet<string> {
  const made = sets.get(columns) ?? new Set(columns);
  sets.set(columns, made);
  return made;
}

/** Names that are remembered; statements choose them, so there is a bound (P10). */
const MOST_NAMES = 5_000;

const views = new WeakMap<NonNullable<TableCatalog['columns']>, CatalogView>();

/** Answers for relation names with several candidates: only where exactly one of them can exist. */
export class CatalogView {
  readonly #catalog: TableCatalog;
  readonly #columns = new Map<string, ReadonlySet<string> | undefined>();

  constructor(catalog: TableCatalog) {
    this.#catalog = catalog;
  }

  /** The view of a catalog; what it answers never changes, so that what was asked is remembered. */
  static of({ columns, keys }: TableCatalog): CatalogView {
    if (columns === undefined) return keys === undefined ? UNKNOWN : new CatalogView({ keys });
    const known = views.get(columns);
    if (known !== undefined && known.#catalog.keys === keys) return known;
    const made = new CatalogView({ columns, ...(keys === undefined ? {} : { keys }) });
    views.set(columns, made);
    return made;
  }

  /** The columns of the relation, if they are known for certain. */
  columnsOf(relation: RelationName): ReadonlySet<string> | undefined {
    if (this.#catalog.columns === undefined) return undefined;
    const { key } = relation;
    if (this.#columns.has(key)) return this.#columns.get(key);
    const only = this.#onlyExisting(relation);
    const columns = only === undefined ? undefined : this.#catalog.columns(only);
    const made = columns === undefined ? undefined : setOf(columns);
    if (this.#columns.size >= MOST_NAMES) this.#columns.clear();
    this.#columns.set(key, made);
    return made;
  }

  /** The unique keys of the relation, if they are known for certain. */
  keysOf(relation: RelationName): readonly (readonly string[])[] {
    const only = this.#onlyExisting(relation);
    return only === undefined ? [] : (this.#catalog.keys?.(only) ?? []);
  }

  #onlyExisting(relation: RelationName): string | undefined {
    const existing = relation.tables.filter((table) => this.#catalog.columns?.(table)?.length !== 0);
    return existing.length === 1 ? existing[0] : undefined;
  }
}

const UNKNOWN = new CatalogView({});
