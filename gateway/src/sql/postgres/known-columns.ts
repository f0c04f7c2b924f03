import type { FieldSource, OutputFields } from '../../model/facts.ts';
import { formatPart, type NamePart, WILDCARD } from '../qualified-name.ts';
import type { Expansion } from './field-uses.ts';
import type { Origin } from './lineage.ts';
import type { RelationName } from './names.ts';
import type { KnownRelation, RelationCatalog } from './relation-catalog.ts';
import { rising } from './rising.ts';

/** What a use of a column of a relation comes to; the wildcard stands for any of its columns. */
export interface KnownColumn {
  /** The column itself, alone. */
  readonly origins: readonly [Origin];
  /** All names it may go by: in each schema where its table may be, and those of the table's ancestors. */
  readonly names: readonly string[];
  /** These, in order; where the name stands for all columns of a relation that is known, each of them. */
  readonly expanded: readonly string[];
  /** A generated column hands out what it is computed from; its own origin is known. */
  readonly sources: readonly string[];
  /** The columns behind those of views; behind a whole row, all of them. */
  readonly shown: readonly FieldSource[];
  /** As a column of a result that hands it out as it is. */
  readonly output: OutputFields;
}

interface KnownTable {
  readonly relation: RelationName;
  readonly relations: readonly (KnownRelation | undefined)[];
  readonly columns: Map<NamePart, KnownColumn>;
}

/** Relations that are remembered: statements choose their names, so there is a bound (P10). */
const MOST_RELATIONS = 5_000;

const shared = new WeakMap<RelationCatalog, KnownColumns>();

/** Columns by the catalog that tells of them: what is found out of one is kept for all statements that use it. */
export class KnownColumns {
  readonly #catalog: RelationCatalog | undefined;
  readonly #tables = new Map<string, KnownTable>();
  /** Says which columns there are where a name stands for all of a relation whose columns are known. */
  readonly expand: Expansion;

  private constructor(catalog: RelationCatalog | undefined) {
    this.#catalog = catalog;
    this.expand = (names) => (names.some(isWhole) ? names.flatMap((name) => this.#expand(name)) : names);
  }

  /** Those of a catalog, which never changes: where the database does, there is another one. */
  static of(catalog: RelationCatalog | undefined): KnownColumns {
    if (catalog === undefined) return new KnownColumns(undefined);
    const known = shared.get(catalog) ?? new KnownColumns(catalog);
    shared.set(catalog, known);
    return known;
  }

  /** What is known of a column. */
  column(relation: RelationName, column: NamePart): KnownColumn {
    const table = this.#tables.get(relation.key) ?? this.#look(relation);
    const known = table.columns.get(column);
    if (known !== undefined) return known;
    const made = this.#make(table, column);
    // What there is is bounded by the catalog; what statements make up is not.
    if (column === WILDCARD || table.relations.some((one) => one?.columns?.includes(column) === true))
      table.columns.set(column, made);
    return made;
  }

  #look(relation: RelationName): KnownTable {
    const relations = relation.tables.map((table) => this.#catalog?.relation(table));
    const made: KnownTable = { relation, relations, columns: new Map() };
    if (this.#tables.size >= MOST_RELATIONS) this.#tables.clear();
    this.#tables.set(relation.key, made);
    return made;
  }

  #make({ relation, relations }: KnownTable, column: NamePart): KnownColumn {
    const part = formatPart(column);
    const names: string[] = [];
    const sources: string[] = [];
    const shown: FieldSource[] = [];
    for (const [index, table] of relation.tables.entries()) {
      const known = relations[index];
      names.push(`${table}.${part}`);
      for (const parent of known?.parents ?? []) names.push(`${parent}.${part}`);
      for (const [name, from] of Object.entries(known?.generated ?? {}))
        if (column === WILDCARD || column === name) sources.push(...from);
      const behind = known?.shows === undefined ? [] : shownIn(known.shows, column);
      if (behind.length > 0) shown.push({ names: behind, by: { dimension: 'tables', names: [table] } });
    }
    // Facts of many statements share them.
    Object.freeze(names);
    return {
      origins: [{ relation, column }],
      names,
      expanded: Object.freeze(rising(this.expand(names))),
      sources,
      shown,
      output: Object.freeze({ plain: names, derived: Object.freeze([]) }),
    };
  }

  #expand(name: string): readonly string[] {
    if (!isWhole(name)) return [name];
    const columns = this.#catalog?.relation(name.slice(0, -ALL_COLUMNS.length))?.columns;
    return columns?.map((column) => `${name.slice(0, -1)}${formatPart(column)}`) ?? [name];
  }
}

const ALL_COLUMNS = '.*';

function isWhole(name: string): boolean {
  return name.endsWith(ALL_COLUMNS);
}

function shownIn(shows: ReadonlyMap<string, readonly string[]>, column: NamePart): readonly string[] {
  return typeof column === 'string' ? (shows.get(column) ?? []) : [...shows.values()].flat();
}
