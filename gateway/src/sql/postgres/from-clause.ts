import { WILDCARD } from '../qualified-name.ts';
import {
  type AstNode,
  childrenOf,
  type Fields,
  flagAt,
  nodeAt,
  nodesAt,
  stringsAt,
  structAt,
  textAt,
} from './ast.ts';
import { noteRelation } from './carried.ts';
import { useOrigins } from './columns-used.ts';
import { walkChildren, walkExpression } from './expression.ts';
import { type Columns, carriedBy, NO_ORIGINS, renamedColumns } from './lineage.ts';
import type { RelationName } from './names.ts';
import {
  allColumns,
  columnsOf,
  findCommonTable,
  innerScope,
  originsIn,
  type Scope,
  type ScopeRelation,
} from './scope.ts';
import { noteRead } from './unnamed-reads.ts';
import type { Walk } from './walk.ts';

/** What one FROM item brought into the scope. */
interface FromItem {
  readonly relations: readonly ScopeRelation[];
  /** Tables that FOR UPDATE without OF would lock. */
  readonly lockable: readonly RelationName[];
}

const NOTHING: FromItem = { relations: [], lockable: [] };

/** Walks the items of FROM (or USING) and adds what they expose to the scope, left to right. */
export function walkFrom(walk: Walk, items: readonly AstNode[], scope: Scope): RelationName[] {
  return items.flatMap((item) => [...walkItem(walk, item, scope).lockable]);
}

function walkItem(walk: Walk, item: AstNode, scope: Scope): FromItem {
  switch (item.type) {
    case 'RangeVar':
      return walkTable(walk, item.fields, scope);
    case 'RangeSubselect':
      return walkSubselect(walk, item, scope);
    case 'RangeFunction':
      return walkTableFunction(walk, item, scope, FUNCTION_FIELDS);
    case 'RangeTableFunc':
    case 'JsonTable':
      return walkTableFunction(walk, item, scope, ALIAS);
    case 'RangeTableSample':
      return walkSample(walk, item, scope);
    case 'JoinExpr':
      return walkJoin(walk, item, scope);
    default:
      walk.found.opaque.add(`unknown FROM item ${item.type}`);
      return NOTHING;
  }
}

/** A table, view or common table; a name with a schema is never a common table. */
function walkTable(walk: Walk, rangeVar: Fields, scope: Scope): FromItem {
  const name = textAt(rangeVar, 'relname');
  const alias = structAt(rangeVar, 'alias');
  if (textAt(rangeVar, 'schemaname') === '') {
    const common = findCommonTable(scope, name);
    if (common !== undefined) {
      if (common.early !== undefined) common.early.used = true;
      return expose(scope, derived(walk, alias, name, common), []);
    }
  }
  const relation = readTable(walk, rangeVar);
  if (relation === undefined) return NOTHING;
  const shown = exposedTable(relation, name, alias);
  return expose(scope, shown, [relation]);
}

/** Resolves a table that is read; makes the statement opaque when that cannot be done. */
function readTable(walk: Walk, rangeVar: Fields): RelationName | undefined {
  const relation = orOpaque(walk, rangeVar, walk.names.readRelation(rangeVar));
  if (relation === undefined) return undefined;
  walk.found.use('SELECT', relation);
  noteRead(walk.found, relation);
  noteRelation(walk, relation);
  return relation;
}

/** Resolves a table name; makes the statement opaque when that cannot be done. */
export function resolveRelation(walk: Walk, rangeVar: Fields): RelationName | undefined {
  return orOpaque(walk, rangeVar, walk.names.relation(rangeVar));
}

function orOpaque(
  walk: Walk,
  rangeVar: Fields,
  relation: RelationName | undefined,
): RelationName | undefined {
  if (relation === undefined)
    walk.found.opaque.add(`cannot resolve the unqualified name ${textAt(rangeVar, 'relname')}`);
  return relation;
}

/** A table as the scope shows it. */
export function exposedTable(relation: RelationName, name: string, alias: Fields | undefined): ScopeRelation {
  return {
    alias: alias === undefined ? name : textAt(alias, 'aliasname'),
    tables: [relation],
    renamed: alias !== undefined && stringsAt(alias, 'colnames').length > 0,
  };
}

function derived(
  walk: Walk,
  alias: Fields | undefined,
  name: string,
  { outputs, columns }: { readonly outputs: ReadonlySet<string>; readonly columns: Columns },
): ScopeRelation {
  const renamed = alias === undefined ? [] : stringsAt(alias, 'colnames');
  walk.found.fields.spend(columns.list.length);
  return {
    alias: alias === undefined ? name : textAt(alias, 'aliasname'),
    tables: [],
    outputs: renamed.length > 0 ? new Set(renamed) : outputs,
    columns: renamedColumns(columns, renamed),
    renamed: false,
  };
}

function expose(scope: Scope, relation: ScopeRelation, lockable: readonly RelationName[]): FromItem {
  scope.relations.push(relation);
  return { relations: [relation], lockable };
}

/** LATERAL sees the items to its left; others see only the levels further out. */
function walkSubselect(walk: Walk, item: AstNode, scope: Scope): FromItem {
  const query = nodeAt(item.fields, 'subquery');
  if (query === undefined) return NOTHING;
  const lateral = flagAt(item.fields, 'lateral');
  const outer = lateral ? scope : { ...innerScope(scope), outer: scope.outer };
  const shape = walk.derive(query, outer);
  walkChildren(walk, item, scope, SUBSELECT_FIELDS);
  return expose(scope, derived(walk, structAt(item.fields, 'alias'), '', shape), shape.lockable);
}

const SUBSELECT_FIELDS: ReadonlySet<string> = new Set(['subquery', 'alias']);
const FUNCTION_FIELDS: ReadonlySet<string> = new Set(['alias', 'coldeflist']);
const ALIAS: ReadonlySet<string> = new Set(['alias']);

/** Functions in FROM, XMLTABLE and JSON_TABLE: implicitly lateral. */
function walkTableFunction(walk: Walk, item: AstNode, scope: Scope, except: ReadonlySet<string>): FromItem {
  const children = childrenOf(item, except);
  for (const unknown of children.unknown) walk.found.opaque.add(`unknown syntax ${unknown}`);
  // A column definition list only names and types what the function returns.
  const definitions = [...children.nodes, ...nodesAt(item.fields, 'coldeflist')].filter(isDefinition);
  for (const child of children.nodes) if (!isDefinition(child)) walkExpression(walk, child, scope);
  const alias = structAt(item.fields, 'alias');
  const defined = definitions.map((column) => textAt(column.fields, 'colname'));
  const call = children.nodes.find((node) => node.type === 'FuncCall');
  const name = call === undefined ? '' : (stringsAt(call.fields, 'funcname').at(-1) ?? '');
  return expose(scope, derived(walk, alias, name, { outputs: new Set(defined), columns: NO_ORIGINS }), []);
}

function isDefinition(node: AstNode): boolean {
  return node.type === 'ColumnDef';
}

const SAMPLE_FIELDS: ReadonlySet<string> = new Set(['relation', 'method']);
const SAMPLE_METHODS: ReadonlySet<string> = new Set(['bernoulli', 'system']);

function walkSample(walk: Walk, item: AstNode, scope: Scope): FromItem {
  const relation = nodeAt(item.fields, 'relation');
  const made = relation === undefined ? NOTHING : walkItem(walk, relation, scope);
  const method = stringsAt(item.fields, 'method');
  // A sampling method is a handler function by that name.
  if (!(method.length === 1 && SAMPLE_METHODS.has(method[0] ?? ''))) walk.call(method);
  walkChildren(walk, item, scope, SAMPLE_FIELDS);
  return made;
}

const JOIN_FIELDS: ReadonlySet<string> = new Set(['larg', 'rarg', 'quals', 'alias', 'join_using_alias']);

function walkJoin(walk: Walk, item: AstNode, scope: Scope): FromItem {
  const sides = ['larg', 'rarg'].flatMap((side) => {
    const node = nodeAt(item.fields, side);
    return node === undefined ? [] : [walkItem(walk, node, scope)];
  });
  const relations = sides.flatMap((side) => side.relations);
  const using = stringsAt(item.fields, 'usingClause');
  if (flagAt(item.fields, 'isNatural') || using.length > 0) scope.isMerged = true;
  for (const table of relations) readMerged(walk, table, flagAt(item.fields, 'isNatural'), using);
  walk.found.fields.decide('join', () => {
    for (const quals of nodesAt(item.fields, 'quals')) walkExpression(walk, quals, scope);
  });
  walkChildren(walk, item, scope, new Set([...JOIN_FIELDS, 'usingClause']));
  return aliasJoin(walk, item.fields, scope, relations, sides);
}

/** NATURAL compares whatever the two sides have in common; USING reads the named columns of both. */
function readMerged(walk: Walk, shown: ScopeRelation, natural: boolean, using: readonly string[]): void {
  const columns = columnsOf(shown);
  walk.found.fields.spend(columns.list.length);
  walk.found.fields.decide('join', () => {
    if (natural) for (const column of columns.list) useOrigins(walk, carriedBy(column));
    for (const column of using) useOrigins(walk, originsIn(walk, shown, column));
  });
  for (const table of shown.tables) {
    if (natural) walk.found.useColumn('SELECT', table, WILDCARD);
    for (const column of using) walk.found.useColumn('SELECT', table, shown.renamed ? WILDCARD : column);
  }
}

/** An alias of the join exposes the columns of all its tables, and hides their names. */
function aliasJoin(
  walk: Walk,
  join: Fields,
  scope: Scope,
  relations: readonly ScopeRelation[],
  sides: readonly FromItem[],
): FromItem {
  const lockable = sides.flatMap((side) => side.lockable);
  const shown = [...relations];
  for (const field of ['alias', 'join_using_alias']) {
    const alias = structAt(join, field);
    if (alias === undefined) continue;
    const renames = stringsAt(alias, 'colnames');
    // Merged columns come first: nothing is known of the order.
    const columns = { list: allColumns(walk, relations).list, isExact: false };
    const relation = {
      alias: textAt(alias, 'aliasname'),
      tables: relations.flatMap((item) => item.tables),
      columns: renamedColumns(columns, renames),
      renamed: renames.length > 0 || relations.some((item) => item.renamed),
    };
    scope.relations.push(relation);
    shown.push(relation);
  }
  return { relations: shown, lockable };
}

/** Walks the tables that LOCKING clauses name; without names, all that can be locked. */
export function lockedTables(
  clause: AstNode,
  scope: Scope,
  lockable: readonly RelationName[],
): readonly RelationName[] {
  const names = nodesAt(clause.fields, 'lockedRels').map((node) => textAt(node.fields, 'relname'));
  if (names.length === 0) return lockable;
  const named = scope.relations.filter((relation) => names.includes(relation.alias));
  // A subquery that is named locks the tables inside it: which ones is not kept apart, so take all.
  return named.length < names.length || named.some((relation) => relation.tables.length === 0)
    ? lockable
    : named.flatMap((relation) => relation.tables);
}
