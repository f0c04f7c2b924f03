import type { SqlKind } from '../kinds.ts';
import { type NamePart, WILDCARD } from '../qualified-name.ts';
import { type AstNode, childrenOf, type Fields, nodeAt, nodesAt, structAt, textAt } from './ast.ts';
import { boundOf } from './bound.ts';
import { noteRelation } from './carried.ts';
import { useOrigins } from './columns-used.ts';
import { isExpressionType, walkExpression, walkList } from './expression.ts';
import { type ValueGroup, valueGroup } from './field-uses.ts';
import type { Bound } from './findings.ts';
import { exposedTable, resolveRelation, walkFrom } from './from-clause.ts';
import { NO_ORIGINS } from './lineage.ts';
import type { RelationName } from './names.ts';
import { innerScope, type Scope, type ScopeRelation } from './scope.ts';
import { outputNames, walkTargets } from './select.ts';
import type { QueryShape, Walk } from './walk.ts';
import { openScope } from './with-clause.ts';

/** The table that a statement changes. A common table of that name does not shadow it. */
export interface Target {
  readonly relation: RelationName;
  readonly shown: ScopeRelation;
}

/** Resolves the target; `undefined` (and an opaque statement) when that cannot be done. */
export function targetOf(walk: Walk, fields: Fields): Target | undefined {
  const rangeVar = structAt(fields, 'relation');
  if (rangeVar === undefined) {
    walk.found.opaque.add('statement without a target');
    return undefined;
  }
  const relation = resolveRelation(walk, rangeVar);
  if (relation === undefined) return undefined;
  noteRelation(walk, relation);
  return {
    relation,
    shown: exposedTable(relation, textAt(rangeVar, 'relname'), structAt(rangeVar, 'alias')),
  };
}

/** Fields of a statement that changes a table that {@link finish} need not look at. */
export function handledFields(...fields: readonly string[]): ReadonlySet<string> {
  return new Set([...fields, 'relation', 'withClause', 'returningClause', 'returningList']);
}

const UPDATE_FIELDS = handledFields('fromClause', 'targetList', 'whereClause');
const DELETE_FIELDS = handledFields('usingClause', 'whereClause');
const INSERT_FIELDS = handledFields('cols', 'onConflictClause', 'selectStmt');

const NO_ROWS: QueryShape = { outputs: new Set(), columns: NO_ORIGINS, lockable: [] };

/** Walks UPDATE: the assigned columns are written, what the expressions look at is read. */
export function walkUpdate(walk: Walk, node: AstNode, outer: Scope): QueryShape {
  walk.found.modifications += 1;
  const scope = openScope(walk, node.fields, outer);
  const target = targetOf(walk, node.fields);
  if (target === undefined) return NO_ROWS;
  walk.found.use('UPDATE', target.relation);
  // A rule on that view turns each updated row into set_config().
  if (target.relation.tables.includes('pg_catalog.pg_settings'))
    walk.found.opaque.add('UPDATE of pg_settings changes settings that are not named');
  scope.relations.push(target.shown);
  walkFrom(walk, nodesAt(node.fields, 'fromClause'), scope);
  walkAssignments(walk, 'UPDATE', target.relation, nodesAt(node.fields, 'targetList'), scope);
  walkWhere(walk, node, target, scope);
  return finish(walk, node, target, scope, UPDATE_FIELDS);
}

/** Walks DELETE. */
export function walkDelete(walk: Walk, node: AstNode, outer: Scope): QueryShape {
  walk.found.modifications += 1;
  const scope = openScope(walk, node.fields, outer);
  const target = targetOf(walk, node.fields);
  if (target === undefined) return NO_ROWS;
  walk.found.use('DELETE', target.relation);
  scope.relations.push(target.shown);
  walkFrom(walk, nodesAt(node.fields, 'usingClause'), scope);
  walkWhere(walk, node, target, scope);
  return finish(walk, node, target, scope, DELETE_FIELDS);
}

/** Walks INSERT with its ON CONFLICT and RETURNING. */
export function walkInsert(walk: Walk, node: AstNode, outer: Scope): QueryShape {
  walk.found.modifications += 1;
  const scope = openScope(walk, node.fields, outer);
  const target = targetOf(walk, node.fields);
  if (target === undefined) return NO_ROWS;
  const columns = nodesAt(node.fields, 'cols');
  if (columns.length === 0) walk.found.useColumn('INSERT', target.relation, WILDCARD);
  const groups = columns.length === 0 ? [valueGroup()] : columns.map(() => valueGroup());
  if (columns.length === 0)
    walk.found.fields.together(() => write(walk, target.relation, WILDCARD), groups[0]);
  walkAssignments(walk, 'INSERT', target.relation, columns, scope, groups);
  const source = nodeAt(node.fields, 'selectStmt');
  walk.found.fields.giveRowGroups(groups);
  const rows = source === undefined ? undefined : walk.query(source, scope);
  walk.found.fields.takeRowGroups();
  const shown: Scope = { ...scope, relations: [target.shown] };
  const conflict = structAt(node.fields, 'onConflictClause');
  if (conflict !== undefined) {
    const written: readonly NamePart[] =
      columns.length === 0 ? [WILDCARD] : columns.map((column) => textAt(column.fields, 'name'));
    walkConflict(walk, conflict, { target, written }, shown, rowsToInsert(source, rows));
  }
  return finish(walk, node, target, shown, INSERT_FIELDS);
}

/** Whether the rows to be inserted are counted: VALUES and a SELECT without FROM are, others by their condition. */
function rowsToInsert(source: AstNode | undefined, rows: QueryShape | undefined): Bound {
  const isGiven = source === undefined || source.fields['valuesLists'] !== undefined;
  const isOneRow = source?.fields['fromClause'] === undefined && source?.fields['larg'] === undefined;
  return { hasWhere: isGiven || isOneRow || rows?.bound?.().hasWhere === true, byKey: isGiven };
}

/** Without columns any key that is written to may be the one in conflict; the catalog has no names of constraints. */
function useKeys(walk: Walk, relation: RelationName, written: readonly NamePart[]): void {
  for (const column of new Set(written.flatMap((one) => keyed(walk, relation, one))))
    useOrigins(walk, [{ relation, column }]);
}

/** ON CONFLICT reads the columns of its index expressions; DO UPDATE is an UPDATE of the rows in conflict. */
function walkConflict(
  walk: Walk,
  conflict: Fields,
  { target, written }: { readonly target: Target; readonly written: readonly NamePart[] },
  scope: Scope,
  rows: Bound,
): void {
  const { fields } = walk.found;
  const infer = structAt(conflict, 'infer');
  const isNamed = infer !== undefined && textAt(infer, 'conname') === '';
  if (!isNamed) fields.decide('conflict', () => useKeys(walk, target.relation, written));
  else
    fields.decide('conflict', () => {
      walkIndexElements(walk, nodesAt(infer, 'indexElems'), scope);
      walkList(walk, nodesAt(infer, 'whereClause'), scope);
    });
  if (textAt(conflict, 'action') === 'ONCONFLICT_UPDATE') {
    walk.found.use('UPDATE', target.relation);
    // At most one row for each row that was to be inserted, found by a unique key.
    const own = boundOf(walk, nodeAt(conflict, 'whereClause'), { targets: [target.shown], inSight: 2 });
    walk.found.bounds.push({ hasWhere: rows.hasWhere || own.hasWhere, byKey: rows.byKey || own.byKey });
    // The row that was to be inserted: PostgreSQL asks for SELECT on the columns read through it, too.
    const excluded: ScopeRelation = { ...target.shown, alias: 'excluded', given: true, renamed: false };
    const both: Scope = { ...scope, relations: [...scope.relations, excluded] };
    walkAssignments(walk, 'UPDATE', target.relation, nodesAt(conflict, 'targetList'), both);
    fields.decide('conflict', () => walkList(walk, nodesAt(conflict, 'whereClause'), both));
  }
}

/** Columns and expressions of an index; operator classes and collations name no data. */
export function walkIndexElements(walk: Walk, elements: readonly AstNode[], scope: Scope): void {
  for (const element of elements) {
    const name = textAt(element.fields, 'name');
    if (name !== '')
      for (const relation of scope.relations)
        for (const table of relation.tables) {
          walk.found.useColumn('SELECT', table, name);
          useOrigins(walk, [{ relation: table, column: name }]);
        }
    walkList(walk, nodesAt(element.fields, 'expr'), scope);
    for (const option of nodesAt(element.fields, 'opclassopts')) walkExpression(walk, option, scope);
  }
}

/** The client writes to a column. Whether a unique key has the value already is told by whether that fails. */
export function write(walk: Walk, relation: RelationName, column: NamePart): void {
  useOrigins(walk, [{ relation, column }], 'written');
  for (const one of new Set(keyed(walk, relation, column)))
    walk.found.fields.as('written', () => useOrigins(walk, [{ relation, column: one }]), 'conflict');
}

/** Those of the columns that are written which a unique key has. */
function keyed(walk: Walk, relation: RelationName, column: NamePart): readonly string[] {
  return walk.keysOf(relation).flatMap((key) => key.filter((one) => column === WILDCARD || one === column));
}

/** Assigned columns are written; subscripts and values are expressions. Values that stand elsewhere have groups. */
export function walkAssignments(
  walk: Walk,
  kind: Extract<SqlKind, 'INSERT' | 'UPDATE'>,
  relation: RelationName,
  assignments: readonly AstNode[],
  scope: Scope,
  groups: readonly ValueGroup[] = [],
): void {
  for (const [index, assignment] of assignments.entries()) {
    const column = textAt(assignment.fields, 'name');
    if (assignment.type !== 'ResTarget' || column === '') {
      walk.found.opaque.add(`unknown assignment ${assignment.type}`);
      continue;
    }
    walk.found.useColumn(kind, relation, column);
    walk.found.fields.together(() => {
      write(walk, relation, column);
      walkList(walk, nodesAt(assignment.fields, 'indirection'), scope);
      walkList(walk, nodesAt(assignment.fields, 'val'), scope);
    }, groups[index]);
  }
}

function walkWhere(walk: Walk, node: AstNode, target: Target, scope: Scope): void {
  const where = nodeAt(node.fields, 'whereClause');
  if (where !== undefined) walk.found.fields.decide('condition', () => walkExpression(walk, where, scope));
  const others = scope.relations.filter((relation) => relation !== target.shown);
  walk.found.bounds.push(
    boundOf(walk, where, { targets: [target.shown], inSight: scope.relations.length, others }),
  );
}

/** RETURNING (with the aliases of old and new rows), and the check that nothing was left out. */
export function finish(
  walk: Walk,
  node: AstNode,
  target: Target,
  scope: Scope,
  handled: ReadonlySet<string>,
): QueryShape {
  const clause = structAt(node.fields, 'returningClause');
  const exprs = [...nodesAt(node.fields, 'returningList'), ...nodesAt(clause ?? {}, 'exprs')];
  if (exprs.length > 0) walk.found.returning = true;
  const shown: Scope = {
    ...innerScope(scope),
    relations: [...scope.relations, ...rowAliases(clause, target)],
    outer: scope.outer,
    isMerged: true,
  };
  const columns = walkTargets(walk, exprs, shown);
  const rest = childrenOf(node, handled);
  for (const unknown of rest.unknown) walk.found.opaque.add(`unknown syntax ${unknown}`);
  for (const child of rest.nodes)
    if (isExpressionType(child.type)) walkExpression(walk, child, scope);
    else walk.found.opaque.add(`unknown syntax ${child.type} in ${node.type}`);
  return { outputs: outputNames(exprs), columns, lockable: [] };
}

/** PostgreSQL 18: `old` and `new`, or the names that RETURNING WITH gives them. */
function rowAliases(clause: Fields | undefined, target: Target): ScopeRelation[] {
  if (clause === undefined) return [];
  const named = nodesAt(clause, 'options').map((option) => textAt(option.fields, 'value'));
  return [...named, 'old', 'new'].map((alias) => ({ ...target.shown, alias }));
}
