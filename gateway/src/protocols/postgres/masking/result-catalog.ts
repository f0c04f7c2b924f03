/** What has to be known of a database to find masked columns in results. All look-ups are synchronous and bounded. */

/** A column's names, each `[schema, relation, column]` as the server spells them. */
export type ColumnName = readonly [schema: string, relation: string, column: string];

/** Where a column of a result comes from. */
export interface ColumnOrigin {
  /** Its own name first, then those of the same column in partition or inheritance parents and children. */
  readonly names: readonly ColumnName[];
  /** Of a view's column that is a column of another relation: all names of that, through views as well. */
  readonly shows?: readonly ColumnName[];
  /**
   * Of a view's column: columns that the view reads beside those that it shows, through views as well; which of them ends up
   * here is not known. Undefined: it may hand out anything.
   */
  readonly carries: readonly ColumnName[] | undefined;
  /** Of a generated column: the columns that it is made of. */
  readonly madeOf?: readonly ColumnName[];
}

/** A type that is not built in. */
export type CatalogType =
  | { readonly kind: 'base'; readonly name: string }
  | { readonly kind: 'enum' }
  | { readonly kind: 'range' }
  | { readonly kind: 'domain'; readonly base: number }
  | { readonly kind: 'array'; readonly element: number; readonly delimiter: string }
  | {
      readonly kind: 'composite';
      /** Oid of the relation of which this is the row type (each composite type has one). */
      readonly relation: number;
      readonly attributes: readonly CatalogAttribute[];
    };

/** One field of a composite type. */
export interface CatalogAttribute {
  readonly number: number;
  readonly name: string;
  readonly type: number;
}

/** The catalog of one database. `undefined` always means: not known, so fail closed. */
export interface ResultCatalog {
  column(tableOid: number, attributeNumber: number): ColumnOrigin | undefined;
  type(oid: number): CatalogType | undefined;
  /** A table by name, for COPY, whose messages tell no origin. */
  relation(schema: string, name: string): CatalogRelation | undefined;
}

/** A relation and its columns in the order of their numbers; dropped ones are left out. */
export interface CatalogRelation {
  readonly oid: number;
  readonly columns: readonly {
    readonly number: number;
    readonly name: string;
    readonly type: number;
    readonly isGenerated: boolean;
  }[];
}

/** Oids below are assigned before users can make anything (FirstNormalObjectId). */
export const FIRST_USER_OID = 16_384;
