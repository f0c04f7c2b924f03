/** What a relation is, as far as masks have to know. */
export interface KnownRelation {
  readonly kind: 'table' | 'view' | 'matview' | 'foreign' | 'partition' | 'sequence';
  /**
   * Columns of other relations whose values may be found in any of its columns, or decide which rows it has: `schema.table.column`,
   * a whole table as `schema.table.*`, `*` where that is not known. A view's are those of its definition, down to tables, but for
   * those that it `shows`; a relation with rewrite rules carries what they read. Empty for a plain table.
   */
  readonly carries: readonly string[];
  /** All ancestors by inheritance or partitioning, `schema.table`: a mask that names one of them means it, too. */
  readonly parents?: readonly string[];
  /** Of a view: its columns that are columns of other relations, with all names of these: a mask that names one means it, too. */
  readonly shows?: ReadonlyMap<string, readonly string[]>;
  /** Its generated columns, with the columns that each is computed from, `schema.table.column`. */
  readonly generated?: Readonly<Record<string, readonly string[]>>;
  /**
   * Relations whose rows may decide what it hands out, `schema.table`, with their ancestors and descendants: what the definition of
   * a view, or a rule, names, down to tables; `*` where that is not known. Absent: none.
   */
  readonly reads?: readonly string[];
  /** Its columns, all of them; without them a use of whole rows may be one of any masked column. */
  readonly columns?: readonly string[];
  /** Oids of the types of its columns; absent: not known. */
  readonly types?: ReadonlyMap<string, number>;
}

/**
 * What may be known of the relations of a database. Names are as in the dimension `tables`. TOAST tables must not be in
 * it; temporary tables are not, as it is older than they are.
 */
export interface RelationCatalog {
  /** The relation; `undefined` when it is not known: what is read through it may then be anything. */
  readonly relation: (table: string) => KnownRelation | undefined;
}

const PLAIN: KnownRelation = { kind: 'table', carries: [] };

/** Takes every relation for a table: for tools that judge text without a server, never for a gateway. */
export const ASSUMED_TABLES: RelationCatalog = { relation: () => PLAIN };
