import { type AstNode, childrenOf, type Fields, flagAt, nodeAt, nodesAt, structAt, textAt } from './ast.ts';
import { boundOf } from './bound.ts';
import { referenceParts, walkChildren, walkExpression, walkList } from './expression.ts';
import type { Bound } from './findings.ts';
import { lockedTables, resolveRelation, walkFrom } from './from-clause.ts';
import type { Scope } from './scope.ts';
import type { QueryShape, Walk } from './walk.ts';
import { openScope } from './with-clause.ts';

/** Shape of a SELECT, with what the statement as a whole reports about it. */
export interface SelectShape extends QueryShape {
  readonly bound: Bound;
  readonly hasLimit: boolean;
}

/** Walks SELECT, VALUES, TABLE and set operations (`SelectStmt`). */
export function walkSelect(walk: Walk, node: AstNode, outer: Scope): SelectShape {
  const scope = openScope(walk, node.fields, outer);
  const into = structAt(node.fields, 'intoClause');
  if (into !== undefined) walkInto(walk, into);
  if (isSetOperation(node.fields)) return walkSetOperation(walk, node, scope);
  const lockable = walkFrom(walk, nodesAt(node.fields, 'fromClause'), scope);
  const targets = nodesAt(node.fields, 'targetList');
  const names = outputNames(targets);
  const row = nodesAt(node.fields, 'valuesLists')[0];
  if (row !== undefined) nodesAt(row.fields, 'items').forEach((_, index) => names.add(`column${index + 1}`));
  walkList(walk, targets, scope);
  for (const field of CLAUSES) walkList(walk, nodesAt(node.fields, field), scope);
  walkOutputOrder(walk, nodesAt(node.fields, 'sortClause'), scope, names);
  walkOutputOrder(walk, nodesAt(node.fields, 'distinctClause'), scope, names);
  reportUnhandled(walk, node);
  const bound = boundOf(walk, nodeAt(node.fields, 'whereClause'), {
    targets: scope.relations.filter((relation) => relation.alias !== ''),
    inSight: scope.relations.length,
  });
  for (const clause of nodesAt(node.fields, 'lockingClause')) {
    for (const table of lockedTables(clause, scope, lockable)) walk.found.use('UPDATE', table);
    walk.found.bounds.push(bound);
  }
  return { outputs: names, lockable, bound, hasLimit: hasLimit(node.fields) };
}

/** Expression clauses that see the relations of FROM. */
const CLAUSES = [
  'valuesLists',
  'whereClause',
  'groupClause',
  'havingClause',
  'windowClause',
  'limitOffset',
  'limitCount',
];
const HANDLED: ReadonlySet<string> = new Set([
  ...CLAUSES,
  'distinctClause',
  'fromClause',
  'intoClause',
  'larg',
  'lockingClause',
  'rarg',
  'sortClause',
  'targetList',
  'withClause',
]);

function reportUnhandled(walk: Walk, node: AstNode): void {
  const rest = childrenOf(node, HANDLED);
  for (const unknown of rest.unknown) walk.found.opaque.add(`unknown syntax ${unknown}`);
  for (const child of rest.nodes) walk.found.opaque.add(`unknown syntax ${child.type} in ${node.type}`);
}

function isSetOperation(fields: Fields): boolean {
  const operation = textAt(fields, 'op');
  return operation !== '' && operation !== 'SETOP_NONE';
}

/** ORDER BY of a set operation can only name output columns, so it reads nothing. */
function walkSetOperation(walk: Walk, node: AstNode, scope: Scope): SelectShape {
  const arms = ['larg', 'rarg'].flatMap((side) => {
    const arm = structAt(node.fields, side);
    return arm === undefined ? [] : [walkSelect(walk, { type: 'SelectStmt', fields: arm }, scope)];
  });
  const alone: Scope = { relations: [], outer: undefined, commonTables: scope.commonTables };
  for (const field of ['sortClause', 'limitOffset', 'limitCount'])
    walkList(walk, nodesAt(node.fields, field), alone);
  reportUnhandled(walk, node);
  return {
    outputs: arms[0]?.outputs ?? new Set(),
    lockable: arms.flatMap((arm) => arm.lockable),
    bound: {
      hasWhere: arms.every((arm) => arm.bound.hasWhere),
      byKey: arms.every((arm) => arm.bound.byKey),
    },
    hasLimit: hasLimit(node.fields),
  };
}

/** SELECT INTO and CREATE TABLE AS: the new table. */
export function walkInto(
  walk: Walk,
  into: Fields,
  kind: 'CREATE TABLE' | 'CREATE MATERIALIZED VIEW' = 'CREATE TABLE',
): void {
  const target = structAt(into, 'rel');
  const relation = target === undefined ? undefined : resolveRelation(walk, target);
  if (relation !== undefined) walk.found.add(kind, { tables: relation.tables });
  const scope: Scope = { relations: [], outer: undefined, commonTables: [] };
  walkChildren(walk, { type: 'IntoClause', fields: into }, scope, INTO_FIELDS);
}

const INTO_FIELDS: ReadonlySet<string> = new Set(['rel']);

/** Only a literal count is a limit: a parameter may be NULL, and WITH TIES goes past the count. */
function hasLimit(fields: Fields): boolean {
  const count = nodeAt(fields, 'limitCount');
  if (count?.type !== 'A_Const' || textAt(fields, 'limitOption') === 'LIMIT_OPTION_WITH_TIES') return false;
  return !flagAt(count.fields, 'isnull');
}

/** Names that the result certainly has: explicit ones, those of plain columns, and `columnN` of VALUES. */
export function outputNames(targets: readonly AstNode[]): Set<string> {
  const names = new Set<string>();
  for (const target of targets) {
    const name = textAt(target.fields, 'name');
    const value = nodeAt(target.fields, 'val');
    if (name !== '') names.add(name);
    else if (value?.type === 'ColumnRef') {
      const last = referenceParts(value).at(-1);
      if (typeof last === 'string') names.add(last);
    }
  }
  return names;
}

/** In ORDER BY and DISTINCT ON a bare name that is an output column means that column (SQL-92 rule). */
function walkOutputOrder(
  walk: Walk,
  items: readonly AstNode[],
  scope: Scope,
  names: ReadonlySet<string>,
): void {
  for (const item of items) {
    if (item.type === '') continue;
    const expression = item.type === 'SortBy' ? nodeAt(item.fields, 'node') : item;
    const parts = expression?.type === 'ColumnRef' ? referenceParts(expression) : [];
    const [name] = parts;
    if (parts.length === 1 && typeof name === 'string' && names.has(name)) {
      // USING calls an operator all the same.
      const { useOp } = item.fields;
      if (useOp !== undefined) walkExpression(walk, { type: 'SortBy', fields: { useOp } }, scope);
      continue;
    }
    walkExpression(walk, item, scope);
  }
}
