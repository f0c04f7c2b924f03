import { type NamePart, WILDCARD } from '../qualified-name.ts';
import type { Findings } from './findings.ts';
import type { RelationName } from './names.ts';
import type { Walk } from './walk.ts';

/** Something in FROM that column references can name. */
export interface ScopeRelation {
  /** The name that qualifies its columns; empty when it cannot be qualified. */
  readonly alias: string;
  /** The tables whose columns it exposes: one for a table, several for an aliased join, none for a subquery. */
  readonly tables: readonly RelationName[];
  /** Column names that it certainly has (subquery, CTE). */
  readonly outputs?: ReadonlySet<string>;
  /** Its alias renames columns, so a column name no longer tells which column is meant. */
  readonly renamed: boolean;
}

/** A common table expression in sight. */
export interface CommonTable {
  readonly name: string;
  readonly outputs: ReadonlySet<string>;
}

/** What names mean at one query level. Levels are linked outwards, as in PostgreSQL's ParseState. */
export interface Scope {
  readonly relations: ScopeRelation[];
  readonly outer: Scope | undefined;
  /** Common table expressions visible at this level, innermost last. */
  readonly commonTables: readonly CommonTable[];
}

/** A new query level inside another. */
export function innerScope(outer: Scope, commonTables: readonly CommonTable[] = outer.commonTables): Scope {
  return { relations: [], outer, commonTables };
}

/** The outermost scope: nothing is visible. */
export function emptyScope(): Scope {
  return { relations: [], outer: undefined, commonTables: [] };
}

/** The newest common table of that name in sight. */
export function findCommonTable(scope: Scope, name: string): CommonTable | undefined {
  return scope.commonTables.findLast((table) => table.name === name);
}

/**
 * Records what a column reference reads, without knowing which columns tables have: every table that may own the
 * column is recorded. `parts` are the parts of the ColumnRef; the wildcard stands for `*`.
 */
export function readReference(walk: Walk, scope: Scope, parts: readonly NamePart[]): void {
  const last = parts.at(-1);
  if (last === undefined) return;
  if (parts.length > 1) readQualified(walk, scope, parts, last);
  else if (last === WILDCARD)
    for (const relation of scope.relations) readFrom(walk.found, relation, WILDCARD);
  else readUnqualified(walk, scope, last);
}

/**
 * PostgreSQL takes the innermost level that has the column; without a catalog a table may or may not have it, so the
 * search goes on outwards until a subquery certainly has it. (If a table of that level had it too, the server would
 * refuse the reference as ambiguous; columns of USING are recorded at the join.)
 */
function readUnqualified(walk: Walk, scope: Scope, name: string): void {
  for (let level: Scope | undefined = scope; level !== undefined; level = level.outer) {
    const certain = level.relations.some((relation) => relation.outputs?.has(name) === true);
    for (const relation of level.relations) {
      if (relation.alias === name) readFrom(walk.found, relation, WILDCARD);
      else if (!certain) {
        const owns = relation.tables.map((table) => walk.columnsOf(table)?.has(name));
        if (owns.every((known) => known === false)) continue;
        readFrom(walk.found, relation, name);
        if (owns.length === 1 && owns[0] === true && !relation.renamed) return;
      }
    }
    if (certain) return;
  }
}

function readQualified(walk: Walk, scope: Scope, parts: readonly NamePart[], column: NamePart): void {
  const qualifier = parts.at(-2);
  const schema = parts.at(-3);
  for (let level: Scope | undefined = scope; level !== undefined; level = level.outer) {
    const named = level.relations.filter((relation) =>
      schema === undefined ? relation.alias === qualifier : isTable(relation, schema, qualifier),
    );
    if (named.length === 0) continue;
    for (const relation of named) readColumnOrCall(walk, relation, column);
    return;
  }
  // Not in sight: PostgreSQL will refuse it, unless this scope is incomplete. Take it for everything in sight.
  for (let level: Scope | undefined = scope; level !== undefined; level = level.outer)
    for (const relation of level.relations) readFrom(walk.found, relation, WILDCARD);
}

function isTable(relation: ScopeRelation, schema: NamePart, name: NamePart | undefined): boolean {
  return relation.tables.some((table) =>
    table.candidates.some((candidate) => candidate[0] === schema && candidate[1] === name),
  );
}

/** `t.f` is a call of f with the whole row when t has no column f: PostgreSQL's functional notation. */
function readColumnOrCall(walk: Walk, relation: ScopeRelation, column: NamePart): void {
  if (column === WILDCARD || relation.tables.length === 0) {
    readFrom(walk.found, relation, column);
    if (column !== WILDCARD) callWithRow(walk, column, relation.outputs?.has(column) === true);
    return;
  }
  const known = relation.tables.map((table) => walk.columnsOf(table)?.has(column));
  const isColumn = known.length > 0 && known.every((has) => has === true);
  if (!isColumn && walk.names.takesRow(column) && !walk.names.isColumn(relation.tables, column)) {
    readFrom(walk.found, relation, WILDCARD);
    walk.call([column]);
  } else if (known.some((has) => has === false) && !relation.renamed && !SYSTEM_COLUMNS.has(column)) {
    readFrom(walk.found, relation, WILDCARD);
    walk.call([column]);
  } else {
    readFrom(walk.found, relation, column);
  }
}

function callWithRow(walk: Walk, name: string, isColumn: boolean): void {
  if (!isColumn && walk.names.takesRow(name)) walk.call([name]);
}

const SYSTEM_COLUMNS: ReadonlySet<string> = new Set([
  'ctid',
  'xmin',
  'xmax',
  'cmin',
  'cmax',
  'tableoid',
  'oid',
]);

function readFrom(found: Findings, relation: ScopeRelation, column: NamePart): void {
  for (const table of relation.tables) found.useColumn('SELECT', table, relation.renamed ? WILDCARD : column);
}
