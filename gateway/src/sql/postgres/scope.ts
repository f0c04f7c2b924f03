import { type NamePart, WILDCARD } from '../qualified-name.ts';
import { useOrigins } from './columns-used.ts';
import type { Findings } from './findings.ts';
import type { KnownColumn } from './known-columns.ts';
import {
  type Columns,
  carriedBy,
  columnsNamed,
  columnsOfTable,
  derivedColumn,
  distinct,
  joined,
  type Origin,
  type OutputColumn,
  originsOf,
} from './lineage.ts';
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
  /** Its columns, where it is not simply its tables. */
  readonly columns?: Columns;
  /** The row that the client wants to insert: what is read of it the client knows. */
  readonly given?: true;
  /** Its alias renames columns, so a column name no longer tells which column is meant. */
  readonly renamed: boolean;
}

/** A common table expression in sight. */
export interface CommonTable {
  readonly name: string;
  readonly outputs: ReadonlySet<string>;
  readonly columns: Columns;
  /** Set while it is in sight before it was walked, and told when it is used then. */
  readonly early?: { used: boolean };
}

/** What names mean at one query level. Levels are linked outwards, as in PostgreSQL's ParseState. */
export interface Scope {
  readonly relations: ScopeRelation[];
  readonly outer: Scope | undefined;
  /** Common table expressions visible at this level, innermost last. */
  readonly commonTables: readonly CommonTable[];
  /** `*` is not simply all columns of all relations in their order. */
  isMerged?: true;
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

/** A relation that a reference may mean, and the column of it. */
interface Hit {
  readonly relation: ScopeRelation;
  readonly column: NamePart;
  /** It is the whole row that is meant, or a function of it: not the column as such. */
  readonly isRow: boolean;
}

/**
 * Records what a column reference reads, without knowing which columns tables have: every table that may own the
 * column is recorded. `parts` are the parts of the ColumnRef; the wildcard stands for `*`.
 */
export function readReference(walk: Walk, scope: Scope, parts: readonly NamePart[]): void {
  const hits = resolve(walk, scope, parts);
  useHits(walk, hits);
}

/**
 * As {@link readReference}, for a reference that stands alone in a target list: gives the columns that it hands out
 * unchanged, for the caller to answer for. What it computes is recorded.
 */
export function handOutReference(
  walk: Walk,
  scope: Scope,
  parts: readonly NamePart[],
  alias: string | undefined,
): Columns {
  const hits = resolve(walk, scope, parts);
  const [hit] = hits;
  const known = hits.length === 1 && hit !== undefined ? plainColumn(walk, hit) : undefined;
  if (known !== undefined && hit?.column !== WILDCARD)
    return { list: [{ name: alias ?? parts.at(-1), origins: known.origins }], isExact: true };
  const rows = hits.filter(({ isRow }) => isRow);
  const plain = hits.filter(({ isRow }) => !isRow);
  const last = parts.at(-1);
  // A bare name may be that of a relation: its row. Behind a dot a row may be the argument of a call.
  const isValue = parts.length === 1 && last !== WILDCARD;
  if (!isValue) useHits(walk, rows);
  if (last === WILDCARD) {
    const relations = plain.map(({ relation }) => relation);
    const all = allColumns(walk, relations);
    return parts.length === 1 && scope.isMerged ? { list: all.list, isExact: false } : all;
  }
  const named = plain.flatMap((one) => columnsOfHit(walk, one));
  const origins = distinct(named.flatMap((column) => column.origins));
  const derived = distinct([
    ...named.flatMap((column) => column.derived ?? []),
    ...(isValue ? rows.flatMap((one) => columnsOfHit(walk, one).flatMap(carriedBy)) : []),
  ]);
  return { list: [{ ...derivedColumn(alias ?? last, derived), origins }], isExact: true };
}

/** Whether a reference means plain columns of tables alone, each of which passes the test. */
export function isPlainColumn(
  walk: Walk,
  scope: Scope,
  parts: readonly NamePart[],
  test: (origin: Origin) => boolean,
): boolean {
  return arePlain(walk, resolve(walk, scope, parts), test);
}

function arePlain(walk: Walk, hits: readonly Hit[], test: (origin: Origin) => boolean): boolean {
  const isPlain = (column: OutputColumn): boolean =>
    column.derived === undefined && column.origins.length > 0 && column.origins.every(test);
  return (
    hits.length > 0 &&
    hits.every((one) => !one.isRow && one.column !== WILDCARD && columnsOfHit(walk, one).every(isPlain))
  );
}

/** The columns of tables that a reference certainly means, as they are; `undefined` where it may mean anything else. */
export function plainOrigins(
  walk: Walk,
  scope: Scope,
  parts: readonly NamePart[],
): readonly Origin[] | undefined {
  const hits = resolve(walk, scope, parts);
  if (!arePlain(walk, hits, ({ column }) => typeof column === 'string')) return undefined;
  return hits.flatMap((one) => originsOfHit(walk, one));
}

/** The columns of a relation in sight. */
export function columnsOf(relation: ScopeRelation): Columns {
  return relation.columns ?? joined(relation.tables.map((table) => columnsOfTable(table, relation.renamed)));
}

/** The columns of several relations. */
export function allColumns(walk: Walk, relations: readonly ScopeRelation[]): Columns {
  const parts = relations.map(columnsOf);
  for (const { list } of parts) walk.found.fields.spend(list.length);
  return joined(parts);
}

/** The origins of a column of a relation. */
export function originsIn(walk: Walk, relation: ScopeRelation, column: NamePart): readonly Origin[] {
  const table = onlyTable(relation);
  if (table !== undefined) {
    walk.found.fields.spend(1);
    return walk.columns.column(table, column).origins;
  }
  const columns = columnsOf(relation);
  walk.found.fields.spend(columns.list.length);
  return originsOf(columns, column);
}

/** The table that a relation is, under the names of its own columns. */
function onlyTable({ tables, columns, renamed }: ScopeRelation): RelationName | undefined {
  return tables.length === 1 && columns === undefined && !renamed ? tables[0] : undefined;
}

/** The column of a table that is meant, as it is. */
function plainColumn(walk: Walk, { relation, column, isRow }: Hit): KnownColumn | undefined {
  const table = isRow ? undefined : onlyTable(relation);
  if (table === undefined) return undefined;
  walk.found.fields.spend(1);
  return walk.columns.column(table, column);
}

function originsOfHit(walk: Walk, { relation, column }: Hit): readonly Origin[] {
  return originsIn(walk, relation, column);
}

function columnsOfHit(walk: Walk, { relation, column }: Hit): readonly OutputColumn[] {
  const columns = columnsOf(relation);
  walk.found.fields.spend(columns.list.length);
  return columnsNamed(columns, column);
}

function useHits(walk: Walk, hits: readonly Hit[]): void {
  const [only] = hits;
  if (only !== undefined && hits.length === 1) {
    const kind = only.relation.given === true ? 'written' : undefined;
    useOrigins(walk, originsOfHit(walk, only), kind);
    return;
  }
  const isGiven = hits.length > 0 && hits.every(({ relation }) => relation.given === true);
  useOrigins(
    walk,
    hits.flatMap((one) => originsOfHit(walk, one)),
    isGiven ? 'written' : undefined,
  );
}

function resolve(walk: Walk, scope: Scope, parts: readonly NamePart[]): readonly Hit[] {
  const last = parts.at(-1);
  if (last === undefined) return [];
  const hits: Hit[] = [];
  if (parts.length > 1) readQualified(walk, scope, parts, last, hits);
  else if (last === WILDCARD) for (const relation of scope.relations) hit(walk, hits, relation, WILDCARD);
  else readUnqualified(walk, scope, last, hits);
  return hits;
}

function hit(walk: Walk, hits: Hit[], relation: ScopeRelation, column: NamePart, isRow = false): void {
  readFrom(walk.found, relation, column);
  hits.push({ relation, column, isRow });
}

/**
 * PostgreSQL takes the innermost level that has the column; without a catalog a table may or may not have it, so the
 * search goes on outwards until a subquery certainly has it. (If a table of that level had it too, the server would
 * refuse the reference as ambiguous; columns of USING are recorded at the join.)
 */
function readUnqualified(walk: Walk, scope: Scope, name: string, hits: Hit[]): void {
  for (let level: Scope | undefined = scope; level !== undefined; level = level.outer) {
    const certain = hasCertainly(level, name);
    for (const relation of level.relations) {
      if (relation.alias === name) hit(walk, hits, relation, WILDCARD, true);
      else if (!certain) {
        // Which names a renamed table has, its own columns do not say.
        const owns = ownsColumn(walk, relation, name);
        if (relation.columns !== undefined) hits.push({ relation, column: name, isRow: false });
        if (owns === 'no') continue;
        hit(walk, hits, relation, name);
        if (owns === 'yes') return;
      } else if (relation.columns !== undefined) hits.push({ relation, column: name, isRow: false });
    }
    if (certain) return;
  }
}

function hasCertainly({ relations }: Scope, name: string): boolean {
  for (const { outputs } of relations) if (outputs?.has(name) === true) return true;
  return false;
}

/** Whether the tables of a relation have the column: none of them, its only one, or nobody knows. */
function ownsColumn(walk: Walk, { tables, renamed }: ScopeRelation, name: string): 'yes' | 'no' | 'maybe' {
  let owns: 'yes' | 'no' = 'no';
  for (const table of tables) {
    const has = renamed ? undefined : walk.columnsOf(table)?.has(name);
    if (has === undefined || (has && tables.length > 1)) return 'maybe';
    if (has) owns = 'yes';
  }
  return owns;
}

function readQualified(
  walk: Walk,
  scope: Scope,
  parts: readonly NamePart[],
  column: NamePart,
  hits: Hit[],
): void {
  const qualifier = parts.at(-2);
  const schema = parts.at(-3);
  for (let level: Scope | undefined = scope; level !== undefined; level = level.outer) {
    const named = level.relations.filter((relation) =>
      schema === undefined ? relation.alias === qualifier : isTable(relation, schema, qualifier),
    );
    if (named.length === 0) continue;
    for (const relation of named) readColumnOrCall(walk, relation, column, hits);
    return;
  }
  // Not in sight: PostgreSQL will refuse it, unless this scope is incomplete. Take it for everything in sight.
  for (let level: Scope | undefined = scope; level !== undefined; level = level.outer)
    for (const relation of level.relations) hit(walk, hits, relation, WILDCARD, true);
}

function isTable(relation: ScopeRelation, schema: NamePart, name: NamePart | undefined): boolean {
  return relation.tables.some((table) =>
    table.candidates.some((candidate) => candidate[0] === schema && candidate[1] === name),
  );
}

/** `t.f` is a call of f with the whole row when t has no column f: PostgreSQL's functional notation. */
function readColumnOrCall(walk: Walk, relation: ScopeRelation, column: NamePart, hits: Hit[]): void {
  if (column === WILDCARD) hit(walk, hits, relation, WILDCARD);
  else if (relation.tables.length === 0) {
    const mayBeCall = relation.outputs?.has(column) !== true && walk.names.takesRow(column);
    hit(walk, hits, relation, mayBeCall ? WILDCARD : column, mayBeCall);
    if (mayBeCall) walk.call([column]);
  } else if (isCall(walk, relation, column)) {
    hit(walk, hits, relation, WILDCARD, true);
    walk.call([column]);
  } else hit(walk, hits, relation, column);
}

function isCall(walk: Walk, relation: ScopeRelation, column: string): boolean {
  const known = relation.tables.map((table) => walk.columnsOf(table)?.has(column));
  const isColumn = known.length > 0 && known.every((has) => has === true);
  if (!isColumn && walk.names.takesRow(column) && !walk.names.isColumn(relation.tables, column)) return true;
  return known.some((has) => has === false) && !relation.renamed && !SYSTEM_COLUMNS.has(column);
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
