import type { FieldUsePlace } from '../../model/facts.ts';
import { WILDCARD } from '../qualified-name.ts';
import {
  type AstNode,
  childrenOf,
  type Fields,
  flagAt,
  nodeAt,
  nodesAt,
  numberAt,
  structAt,
  textAt,
} from './ast.ts';
import { boundOf } from './bound.ts';
import { useColumns, useOrigins } from './columns-used.ts';
import { referenceParts, walkChildren, walkExpression, walkList } from './expression.ts';
import type { ValueGroup } from './field-uses.ts';
import type { Bound } from './findings.ts';
import { lockedTables, resolveRelation, walkFrom } from './from-clause.ts';
import {
  appended,
  type Columns,
  carriedBy,
  columnsNamed,
  derivedColumn,
  joined,
  type Origin,
  type OutputColumn,
} from './lineage.ts';
import { handOutReference, type Scope } from './scope.ts';
import { targetName } from './target-name.ts';
import { isTotal } from './total.ts';
import type { QueryShape, Walk } from './walk.ts';
import { openScope } from './with-clause.ts';

/** Shape of a SELECT, with what the statement as a whole reports about it. */
export interface SelectShape extends QueryShape {
  readonly bound: () => Bound;
  readonly hasLimit: boolean;
}

/** Walks SELECT, VALUES, TABLE and set operations (`SelectStmt`). */
export function walkSelect(walk: Walk, node: AstNode, outer: Scope): SelectShape {
  const groups = walk.found.fields.takeRowGroups();
  const scope = openScope(walk, node.fields, outer);
  const into = structAt(node.fields, 'intoClause');
  if (into !== undefined) walkInto(walk, into);
  if (isSetOperation(node.fields)) return walkSetOperation(walk, node, scope);
  const lockable = walkFrom(walk, nodesAt(node.fields, 'fromClause'), scope);
  const targets = nodesAt(node.fields, 'targetList');
  const names = outputNames(targets);
  const rows = nodesAt(node.fields, 'valuesLists');
  const [row] = rows;
  if (row !== undefined) nodesAt(row.fields, 'items').forEach((_, index) => names.add(`column${index + 1}`));
  const columns = rows.length > 0 ? walkRows(walk, rows, scope, groups) : walkTargets(walk, targets, scope);
  const { fields } = walk.found;
  for (const [clause, place] of CLAUSES) {
    const items = nodesAt(node.fields, clause);
    if (items.length > 0) fields.decide(place, () => walkList(walk, items, scope));
  }
  for (const [clause, place] of BY_OUTPUT) {
    const items = nodesAt(node.fields, clause);
    if (items.length === 0) continue;
    fields.decide(place, () => {
      if (clause !== 'groupClause') walkOutputOrder(walk, items, scope, names);
      compareOutputs(walk, items, columns);
    });
  }
  reportUnhandled(walk, node);
  const bound = (): Bound =>
    boundOf(walk, nodeAt(node.fields, 'whereClause'), {
      targets: scope.relations.filter((relation) => relation.alias !== ''),
      inSight: scope.relations.length,
    });
  for (const clause of nodesAt(node.fields, 'lockingClause')) {
    for (const table of lockedTables(clause, scope, lockable)) walk.found.use('UPDATE', table);
    walk.found.bounds.push(bound());
  }
  return { outputs: names, columns, lockable, bound, hasLimit: hasLimit(node.fields) };
}

/** VALUES: the items of each row, which for an INSERT go to columns. */
function walkRows(
  walk: Walk,
  rows: readonly AstNode[],
  scope: Scope,
  groups: readonly ValueGroup[] | undefined,
): Columns {
  const { fields } = walk.found;
  const derived: Set<Origin>[] = [];
  for (const row of rows)
    nodesAt(row.fields, 'items').forEach((item, index) => {
      const group = groups?.[Math.min(index, groups.length - 1)];
      const walkItem = (): void => fields.together(() => walkList(walk, [item], scope), group);
      const sources = (derived[index] ??= new Set());
      if (!isTotal(walk, item, scope)) walkItem();
      else for (const origin of fields.sources('derived', walkItem)) sources.add(origin);
    });
  const list = derived.map((sources, index) => derivedColumn(`column${index + 1}`, [...sources]));
  return { list, isExact: true };
}

/** Walks a target list or RETURNING: plain references are handed out, everything else is computed. */
export function walkTargets(walk: Walk, targets: readonly AstNode[], scope: Scope): Columns {
  const parts = targets.map((target): Columns => {
    const value = nodeAt(target.fields, 'val');
    const name = textAt(target.fields, 'name');
    const alias = name === '' ? undefined : name;
    if (
      target.type === 'ResTarget' &&
      value?.type === 'ColumnRef' &&
      target.fields['indirection'] === undefined
    )
      return handOutReference(walk, scope, referenceParts(value), alias);
    return walkComputed(walk, target, scope);
  });
  return asWhole(parts);
}

/** The columns of all targets, in order: what stands twice is there twice. */
function asWhole(parts: readonly Columns[]): Columns {
  const [only] = parts;
  if (only !== undefined && parts.length === 1) return only;
  const list = parts.flatMap((part) => part.list);
  if (parts.every(({ isExact }) => isExact)) return { list, isExact: true };
  const isInOrder = parts.every((part) => part.isExact || part.isInOrder === true);
  return isInOrder ? { list, isExact: false, isInOrder } : joined(parts);
}

/** What cannot fail may be computed of masked columns: its value can be taken away from the answer as a whole. */
function walkComputed(walk: Walk, target: AstNode, scope: Scope): Columns {
  const name = targetName(target);
  const kind = isTotal(walk, target, scope) ? 'derived' : 'computed';
  const derived = walk.found.fields.sources(kind, () => walkList(walk, [target], scope));
  if (!isExpanded(nodeAt(target.fields, 'val')))
    return { list: [derivedColumn(name, derived)], isExact: true };
  // `(row).*` is as many columns as the row has.
  return { list: [{ ...derivedColumn(WILDCARD, derived), renamed: true }], isExact: false };
}

function isExpanded(value: AstNode | undefined): boolean {
  return nodesAt(value?.fields ?? {}, 'indirection').some(({ type }) => type === 'A_Star');
}

/** Clauses that name columns of the result by name or position. */
const BY_OUTPUT = [
  ['sortClause', 'order'],
  ['distinctClause', 'distinct'],
  ['groupClause', 'group'],
] as const satisfies readonly (readonly [string, FieldUsePlace])[];

/** ORDER BY, GROUP BY and DISTINCT by name or position compare the values of columns of the result. */
function compareOutputs(walk: Walk, items: readonly AstNode[], columns: Columns): void {
  for (const item of items) {
    if (item.type === 'GroupingSet') compareOutputs(walk, nodesAt(item.fields, 'content'), columns);
    else if (item.type === 'RowExpr') compareOutputs(walk, nodesAt(item.fields, 'args'), columns);
    else {
      walk.found.fields.spend(columns.list.length);
      for (const column of outputsMeant(item, columns)) useOrigins(walk, carriedBy(column));
    }
  }
}

function outputsMeant(item: AstNode, columns: Columns): readonly OutputColumn[] {
  // DISTINCT without ON.
  if (item.type === '') return columns.list;
  const expression = item.type === 'SortBy' ? nodeAt(item.fields, 'node') : item;
  if (expression?.type === 'A_Const') {
    const position = numberAt(structAt(expression.fields, 'ival') ?? {}, 'ival');
    const column = columns.list[position - 1];
    return columns.isExact && column !== undefined ? [column] : columns.list;
  }
  const parts = expression?.type === 'ColumnRef' ? referenceParts(expression) : [];
  const [name] = parts;
  return parts.length === 1 && typeof name === 'string' ? columnsNamed(columns, name) : [];
}

/** Expression clauses that see the relations of FROM. */
const CLAUSES = [
  ['whereClause', 'condition'],
  ['groupClause', 'group'],
  ['havingClause', 'group'],
  ['windowClause', 'window'],
  ['limitOffset', 'limit'],
  ['limitCount', 'limit'],
] as const satisfies readonly (readonly [string, FieldUsePlace])[];
const HANDLED: ReadonlySet<string> = new Set([
  ...CLAUSES.map(([clause]) => clause),
  'valuesLists',
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
  const columns = setColumns(
    walk,
    node.fields,
    arms.map((arm) => arm.columns),
  );
  const alone: Scope = { relations: [], outer: undefined, commonTables: scope.commonTables };
  for (const field of ['sortClause', 'limitOffset', 'limitCount'])
    walkList(walk, nodesAt(node.fields, field), alone);
  walk.found.fields.decide('order', () => compareOutputs(walk, nodesAt(node.fields, 'sortClause'), columns));
  reportUnhandled(walk, node);
  return {
    outputs: arms[0]?.outputs ?? new Set(),
    columns,
    lockable: arms.flatMap((arm) => arm.lockable),
    bound: () => {
      const bounds = arms.map((arm) => arm.bound());
      return { hasWhere: bounds.every((one) => one.hasWhere), byKey: bounds.every((one) => one.byKey) };
    },
    hasLimit: hasLimit(node.fields),
  };
}

/** UNION ALL hands each row on; all others compare rows. */
function setColumns(walk: Walk, fields: Fields, arms: readonly Columns[]): Columns {
  if (textAt(fields, 'op') === 'SETOP_UNION' && flagAt(fields, 'all')) return appended(arms, walk.columnsOf);
  walk.found.fields.decide('set operation', () => {
    for (const columns of arms) useColumns(walk, columns, 'filter');
  });
  return appended(arms, walk.columnsOf);
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
