import type { AstNode } from './ast.ts';
import type { Bound, Findings } from './findings.ts';
import type { KnownColumns } from './known-columns.ts';
import type { Columns } from './lineage.ts';
import type { Names, RelationName } from './names.ts';
import type { RelationCatalog } from './relation-catalog.ts';
import type { Scope } from './scope.ts';

/** What a query level exposes to the level that contains it. */
export interface QueryShape {
  /** Names that its result certainly has as columns. */
  readonly outputs: ReadonlySet<string>;
  /** The columns of its result, with where their values come from. */
  readonly columns: Columns;
  /** Tables in its FROM, subqueries included: what FOR UPDATE on it would lock. */
  readonly lockable: readonly RelationName[];
  /** How a SELECT restricts the rows it reads; absent for others. Asked for by few. */
  readonly bound?: () => Bound;
}

/** The context of one walk over one statement. */
export interface Walk {
  readonly names: Names;
  readonly found: Findings;
  /**
   * Walks a query (SELECT, INSERT, UPDATE, DELETE, MERGE) inside a scope, whose result goes somewhere where its origin
   * is lost. A member, so that modules need no cycle.
   */
  readonly query: (node: AstNode, outer: Scope) => QueryShape;
  /** As `query`; the caller answers for what becomes of the columns of the result. */
  readonly derive: (node: AstNode, outer: Scope) => QueryShape;
  /** Records a call of the named function. */
  readonly call: (parts: readonly string[]) => void;
  /** Columns of a relation, if a catalog knows all of its candidates. */
  readonly columnsOf: (relation: RelationName) => ReadonlySet<string> | undefined;
  /** Unique keys that every candidate of the relation has. */
  readonly keysOf: (relation: RelationName) => readonly (readonly string[])[];
  /** What relations are, where that is known. */
  readonly relations: RelationCatalog | undefined;
  /** What uses of their columns come to. */
  readonly columns: KnownColumns;
  /** Whether the statement gives values another collation than that of their column. */
  readonly hasCollation: () => boolean;
  /** The UTF-16 offset of a byte offset in the text. */
  readonly offset: (bytes: number) => number;
}
