/** What is known of the relations and types of a database, as of one moment. */
import { hash } from 'node:crypto';
import { TELLTALES } from '../../../../sql/postgres/telltales.ts';
import type {
  CatalogRelation,
  CatalogType,
  ColumnName,
  ColumnOrigin,
  ResultCatalog,
} from '../../masking/result-catalog.ts';
import { MOST_ROWS } from './catalog-query.ts';
import type { CatalogRow, RowOf } from './catalog-rows.ts';
import { tangledRelations } from './tangled-relations.ts';
import { type ViewColumns, viewColumns } from './view-columns.ts';

/** What a relation is. */
export type RelationKind = 'table' | 'partition' | 'view' | 'matview' | 'foreign' | 'composite' | 'sequence';

/** `[schema, relation]` as the server spells them. */
export type RelationName = readonly [schema: string, relation: string];

/** A relation, its columns and what it is connected with. */
export interface ServerRelation extends CatalogRelation {
  readonly schema: string;
  readonly name: string;
  readonly kind: RelationKind;
  /** Column sets of unique keys that hold at every moment. */
  readonly keys: readonly (readonly string[])[];
  /** Ancestors by inheritance and partitioning, nearest first. */
  readonly ancestors: readonly RelationName[];
  /** As ancestors, the other way. */
  readonly descendants: readonly RelationName[];
  /** Generated columns, with the columns that each is made of. */
  readonly generated: ReadonlyMap<string, readonly string[]>;
  /** Columns of a view that are columns of other relations: names of these, through views as well. */
  readonly shows: ReadonlyMap<string, readonly ColumnName[]>;
  /**
   * Columns of tables that its rewrite rules read (a view's definition), through views as well, but for those that it shows.
   * Undefined: they may hand out anything.
   */
  readonly carries: readonly ColumnName[] | undefined;
  /** Relations that its rewrite rules name, through views as well, with their relatives. Undefined: any. */
  readonly reads: readonly RelationName[] | undefined;
}

type Row = RowOf<'relation'>;

const KINDS = {
  r: 'table',
  p: 'table',
  v: 'view',
  m: 'matview',
  f: 'foreign',
  c: 'composite',
  S: 'sequence',
} as const;
/** System columns have negative numbers. They hold no values of users. */
const SYSTEM_COLUMNS = ['tableoid', 'cmax', 'xmax', 'cmin', 'xmin', 'ctid'];
/** Relatives whose names are looked at for one column. */
const MOST_RELATIVES = 2_000;

/** The catalog of one database. */
export class ServerCatalog implements ResultCatalog {
  readonly #rows = new Map<number, Row>();
  readonly #oids = new Map<string, number>();
  readonly #types = new Map<number, CatalogType>();
  readonly #keys: ReadonlyMap<number, readonly RowOf<'key'>[]>;
  readonly #parents: ReadonlyMap<number, readonly number[]>;
  readonly #children: ReadonlyMap<number, readonly number[]>;
  readonly #reads: ReadonlyMap<number, readonly RowOf<'reads'>[]>;
  /** Those that may hand out anything. */
  readonly #calls: Set<number>;
  readonly #views = new Map<number, ViewColumns>();
  readonly #generated: ReadonlyMap<number, readonly RowOf<'generated'>[]>;
  readonly #relations = new Map<number, ServerRelation | undefined>();
  readonly #carried = new Map<number, readonly ColumnName[] | undefined>();
  readonly #origins = new Map<number, Map<number, ColumnOrigin | undefined>>();
  /** Rows that it was made of: a measure of its size. */
  readonly weight: number;
  /** Equal for equal catalogs. */
  readonly key: string;

  constructor(rows: readonly CatalogRow[]) {
    const known = isComplete(rows) ? rows : [];
    const of = <Kind extends CatalogRow[0]>(kind: Kind): RowOf<Kind>[] =>
      known.filter((row): row is RowOf<Kind> => row[0] === kind);
    for (const row of of('relation')) {
      this.#rows.set(row[1], row);
      if (row[4] !== 'c') this.#oids.set(keyOf(row[2], row[3]), row[1]);
    }
    this.#keys = Map.groupBy(of('key'), (row) => row[1]);
    this.#parents = links(of('parent'), 1, 2);
    this.#children = links(of('parent'), 2, 1);
    this.#reads = Map.groupBy(of('reads'), (row) => row[1]);
    this.#calls = new Set(of('calls').map((row) => row[1]));
    this.#generated = Map.groupBy(of('generated'), (row) => row[1]);
    for (const row of of('tree')) {
      const view = viewColumns(row, this.#reads.get(row[1]) ?? []);
      if (view !== undefined) this.#views.set(row[1], view);
    }
    for (const relation of tangledRelations(this.#reads, this.#views)) {
      this.#views.delete(relation);
      this.#calls.add(relation);
    }
    for (const row of of('type')) {
      const type = this.#typeOf(row);
      if (type !== undefined) this.#types.set(row[1], type);
    }
    this.key = hash('sha256', JSON.stringify(known));
    this.weight = rows.reduce((sum, row) => sum + (row[0] === 'relation' ? (row[6]?.length ?? 0) : 0) + 1, 0);
  }

  /** Whether anything is known; false where the database has more than is read. */
  get isKnown(): boolean {
    return this.#rows.size + this.#types.size > 0;
  }

  type(oid: number): CatalogType | undefined {
    return this.#types.get(oid);
  }

  relation(schema: string, name: string): ServerRelation | undefined {
    const oid = this.#oids.get(keyOf(schema, name));
    return oid === undefined ? undefined : this.#relationOf(oid);
  }

  column(tableOid: number, attributeNumber: number): ColumnOrigin | undefined {
    const known = this.#origins.get(tableOid) ?? new Map<number, ColumnOrigin | undefined>();
    this.#origins.set(tableOid, known);
    if (!known.has(attributeNumber)) known.set(attributeNumber, this.#originOf(tableOid, attributeNumber));
    return known.get(attributeNumber);
  }

  #originOf(tableOid: number, attributeNumber: number): ColumnOrigin | undefined {
    const row = this.#rows.get(tableOid);
    if (row === undefined) return undefined;
    const system = SYSTEM_COLUMNS[attributeNumber + SYSTEM_COLUMNS.length];
    const name = attributeNumber < 0 ? system : nameOf(row, attributeNumber);
    if (name === undefined) return undefined;
    if (attributeNumber < 0) return { names: [[row[2], row[3], name]], carries: [] };
    const relatives = [...this.#reach(tableOid, this.#parents), ...this.#reach(tableOid, this.#children)];
    if (relatives.length > MOST_RELATIVES) return undefined;
    const names = [row, ...relatives].map((one): ColumnName => [one[2], one[3], name]);
    const made = (this.#generated.get(tableOid) ?? []).filter((one) => one[2] === attributeNumber);
    const bases = made.flatMap((one) => {
      const base = nameOf(row, one[3]);
      return base === undefined ? [] : [row, ...relatives].map((one): ColumnName => [one[2], one[3], base]);
    });
    const shown = this.#shownBy(tableOid, attributeNumber);
    return {
      names,
      shows: shown.flatMap((one) => [...one.names, ...(one.shows ?? [])]),
      carries: this.#carriedBy(tableOid),
      madeOf: [...bases, ...shown.flatMap((one) => one.madeOf ?? [])],
    };
  }

  /** What the column of a view is a column of; what it is computed from is carried. */
  #shownBy(view: number, number: number): readonly ColumnOrigin[] {
    const shown = this.#views.get(view)?.shows.get(number);
    const origin = shown === undefined ? undefined : this.column(...shown);
    return origin === undefined ? [] : [origin];
  }

  #relationOf(oid: number): ServerRelation | undefined {
    if (this.#relations.has(oid)) return this.#relations.get(oid);
    const row = this.#rows.get(oid);
    const made = row === undefined ? undefined : this.#makeRelation(row);
    this.#relations.set(oid, made);
    return made;
  }

  #makeRelation(row: Row): ServerRelation {
    const [, oid, schema, name, kind, isPartition, columns] = row;
    const named = (rows: readonly Row[]): RelationName[] => rows.map((one) => [one[2], one[3]]);
    return {
      oid,
      schema,
      name,
      kind: isPartition && KINDS[kind] === 'table' ? 'partition' : KINDS[kind],
      columns: (columns ?? []).map(([number, column, type, isGenerated]) => ({
        number,
        name: column,
        type,
        isGenerated,
      })),
      keys: (this.#keys.get(oid) ?? []).map((key) =>
        key[3].slice(0, key[2]).flatMap((number) => nameOf(row, number) ?? []),
      ),
      ancestors: named(this.#reach(oid, this.#parents)),
      descendants: named(this.#reach(oid, this.#children)),
      generated: new Map(
        (columns ?? []).flatMap(([number, column]): [string, readonly string[]][] => {
          const bases = this.#basesOf(row, number);
          return bases.length === 0 ? [] : [[column, bases]];
        }),
      ),
      shows: new Map(
        (columns ?? []).flatMap(([number, column]): [string, readonly ColumnName[]][] => {
          const shown = this.#shownBy(oid, number).flatMap(allNames);
          return shown.length === 0 ? [] : [[column, shown]];
        }),
      ),
      carries: this.#carriedBy(oid),
      reads: this.#readBy(oid),
    };
  }

  /** Whatever columns of them are used: how many rows a view has tells of those of its tables. */
  #readBy(oid: number): readonly RelationName[] | undefined {
    const seen = new Set([oid]);
    const found = new Map<number, Row>();
    for (const view of seen) {
      if (this.#calls.has(view) || seen.size > MOST_RELATIVES) return undefined;
      for (const [, , source, , schema, name] of this.#reads.get(view) ?? []) {
        const row = this.#rows.get(source);
        const isHarmless =
          schema === 'information_schema' || (schema === 'pg_catalog' && !TELLTALES.has(name));
        if (row === undefined && !isHarmless) return undefined;
        if (row === undefined || seen.has(source)) continue;
        seen.add(source);
        for (const one of [
          row,
          ...this.#reach(source, this.#parents),
          ...this.#reach(source, this.#children),
        ])
          found.set(one[1], one);
      }
    }
    return [...found.values()].map((row) => [row[2], row[3]]);
  }

  /** All relations that can be reached over links, nearest first. */
  #reach(oid: number, over: ReadonlyMap<number, readonly number[]>): readonly Row[] {
    const seen = new Set([oid]);
    for (const at of seen) {
      if (seen.size > MOST_RELATIVES + 1) break;
      for (const next of over.get(at) ?? []) seen.add(next);
    }
    seen.delete(oid);
    return [...seen].map((one) => this.#rows.get(one)).filter((row) => row !== undefined);
  }

  /** Relation by relation, so that what many views share is read once. */
  #carriedBy(oid: number): readonly ColumnName[] | undefined {
    if (this.#carried.has(oid)) return this.#carried.get(oid);
    const found = this.#gather(oid);
    this.#carried.set(oid, found);
    return found;
  }

  #gather(oid: number): readonly ColumnName[] | undefined {
    const carried = new Map<string, ColumnName>();
    const seen = new Set([oid]);
    for (const view of seen) {
      if (this.#calls.has(view)) return undefined;
      for (const read of this.#reads.get(view) ?? []) {
        const names = this.#readNames(read);
        if (names === undefined) return undefined;
        for (const name of names) carried.set(name.join('\0'), name);
        seen.add(read[2]);
      }
    }
    return [...carried.values()];
  }

  /** The columns that one dependency of a rule is about; undefined where they may be any. */
  #readNames(read: RowOf<'reads'>): readonly ColumnName[] | undefined {
    const [, view, oid, number, schema, name] = read;
    const known = this.#views.get(view);
    const row = this.#rows.get(oid);
    if (row === undefined) {
      const isHarmless = schema === 'information_schema' || (schema === 'pg_catalog' && !TELLTALES.has(name));
      return isHarmless ? [] : undefined;
    }
    const relatives = [...this.#reach(oid, this.#parents), ...this.#reach(oid, this.#children)];
    if (relatives.length > MOST_RELATIVES) return undefined;
    const isUsed = (column: number): boolean =>
      known === undefined
        ? // A dependency on the whole relation is one on all its columns.
          number === 0 || column === number
        : known.uses.some(([of, one]) => of === oid && (one === 0 || one === column));
    const columns = (row[6] ?? []).filter((column) => isUsed(column[0]));
    const bases = columns.flatMap((column) => this.#basesOf(row, column[0]));
    const all = [...columns.map((column) => column[1]), ...bases];
    return [
      ...all.flatMap((column) => [row, ...relatives].map((one): ColumnName => [one[2], one[3], column])),
      ...columns.flatMap((column) => this.#shownBy(oid, column[0]).flatMap(allNames)),
    ];
  }

  #basesOf(row: Row, number: number): readonly string[] {
    const made = (this.#generated.get(row[1]) ?? []).filter((one) => one[2] === number);
    return made.flatMap((one) => nameOf(row, one[3]) ?? []);
  }

  #typeOf([, , kind, name, base, element, delimiter, relation]: RowOf<'type'>): CatalogType | undefined {
    if (element !== 0) return { kind: 'array', element, delimiter };
    if (kind === 'd') return { kind: 'domain', base };
    if (kind === 'e') return { kind: 'enum' };
    if (kind === 'r' || kind === 'm') return { kind: 'range' };
    if (kind === 'b') return { kind: 'base', name };
    if (kind !== 'c') return undefined;
    const row = this.#rows.get(relation);
    if (row === undefined) return undefined;
    const attributes = (row[6] ?? []).map(([number, attribute, type]) => ({ number, name: attribute, type }));
    return { kind: 'composite', relation, attributes };
  }
}

/** All columns that a column may be, or is made of. */
function allNames({ names, shows = [], madeOf = [] }: ColumnOrigin): readonly ColumnName[] {
  return [...names, ...shows, ...madeOf];
}

function isComplete(rows: readonly CatalogRow[]): boolean {
  const counts = new Map<string, number>();
  for (const [kind] of rows) counts.set(kind, (counts.get(kind) ?? 0) + 1);
  return [...counts.values()].every((count) => count <= MOST_ROWS);
}

function links(
  rows: readonly RowOf<'parent'>[],
  from: 1 | 2,
  to: 1 | 2,
): ReadonlyMap<number, readonly number[]> {
  const grouped = Map.groupBy(rows, (row) => row[from]);
  return new Map([...grouped].map(([oid, found]) => [oid, found.map((row) => row[to])]));
}

function nameOf(row: Row, number: number): string | undefined {
  return row[6]?.find((column) => column[0] === number)?.[1];
}

function keyOf(schema: string, name: string): string {
  return `${schema}\0${name}`;
}
