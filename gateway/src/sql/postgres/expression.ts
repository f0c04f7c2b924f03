import { type NamePart, WILDCARD } from '../qualified-name.ts';
import { type AstNode, childrenOf, nodesAt, numberAt, stringsAt, textAt } from './ast.ts';
import { comparisonOf } from './equality.ts';
import { walkFunctionCall } from './function-call.ts';
import { readReference, type Scope } from './scope.ts';
import type { Walk } from './walk.ts';

/** Nodes that only hold other expressions: their children are walked, nothing else follows from them. */
const TRANSPARENT: ReadonlySet<string> = new Set([
  'A_ArrayExpr',
  'A_Indices',
  'A_Star',
  'BitString',
  'BoolExpr',
  'Boolean',
  'BooleanTest',
  'CaseExpr',
  'CaseWhen',
  'CoalesceExpr',
  'CollateClause',
  'CurrentOfExpr',
  'DefElem',
  'Float',
  'GroupingFunc',
  'GroupingSet',
  'Integer',
  'IntList',
  'OidList',
  'JsonAggConstructor',
  'JsonArgument',
  'JsonArrayAgg',
  'JsonArrayConstructor',
  'JsonArrayQueryConstructor',
  'JsonBehavior',
  'JsonFormat',
  'JsonFuncExpr',
  'JsonIsPredicate',
  'JsonKeyValue',
  'JsonObjectAgg',
  'JsonObjectConstructor',
  'JsonOutput',
  'JsonParseExpr',
  'JsonReturning',
  'JsonScalarExpr',
  'JsonSerializeExpr',
  'JsonTableColumn',
  'JsonTablePathSpec',
  'JsonValueExpr',
  'MergeSupportFunc',
  'MinMaxExpr',
  'MultiAssignRef',
  'NamedArgExpr',
  'NullTest',
  'RangeTableFuncCol',
  'ResTarget',
  'RowExpr',
  'SQLValueFunction',
  'SetToDefault',
  'String',
  'TypeCast',
  'TypeName',
  'XmlExpr',
  'XmlSerialize',
]);

const QUERIES: ReadonlySet<string> = new Set([
  'SelectStmt',
  'InsertStmt',
  'UpdateStmt',
  'DeleteStmt',
  'MergeStmt',
]);

/** True for a node that `Walk.query` understands. */
export function isQuery(node: AstNode): boolean {
  return QUERIES.has(node.type);
}

type ExpressionWalker = (walk: Walk, node: AstNode, scope: Scope) => void;

const SPECIAL: ReadonlyMap<string, ExpressionWalker> = new Map<string, ExpressionWalker>([
  ['ColumnRef', walkColumnRef],
  ['FuncCall', (walk, node, scope) => walkFunctionCall(walk, node, scope, walkChildren)],
  ['A_Expr', walkOperator],
  ['SubLink', walkSubLink],
  ['SortBy', walkSortBy],
  ['A_Indirection', walkIndirection],
  ['WindowDef', walkWindow],
]);

/** Node types that may stand in an expression. */
export function isExpressionType(type: string): boolean {
  return (
    type === 'A_Const' ||
    type === 'ParamRef' ||
    TRANSPARENT.has(type) ||
    SPECIAL.has(type) ||
    QUERIES.has(type)
  );
}

/**
 * Walks an expression: records columns read, functions and operators called, and queries inside. A node that is not
 * known makes the statement opaque (P3).
 */
export function walkExpression(walk: Walk, node: AstNode, scope: Scope): void {
  const { fields } = walk.found;
  if (PARTED.has(node.type)) walkNode(walk, node, scope);
  else fields.together(() => walkNode(walk, node, scope));
}

/** Their parts are looked at one by one: a literal in one does not meet the columns of another. */
const PARTED: ReadonlySet<string> = new Set(['BoolExpr', 'ResTarget', 'SelectStmt', 'SortBy', 'WindowDef']);

function walkNode(walk: Walk, node: AstNode, scope: Scope): void {
  if (node.type === 'A_Const' || node.type === 'ParamRef') {
    noteValue(walk, node);
    return;
  }
  const special = SPECIAL.get(node.type);
  if (special !== undefined) special(walk, node, scope);
  else if (QUERIES.has(node.type)) walk.query(node, scope);
  else if (TRANSPARENT.has(node.type)) walkChildren(walk, node, scope);
  else walk.found.opaque.add(`unknown expression ${node.type}`);
}

function noteValue(walk: Walk, node: AstNode): void {
  const { fields } = walk.found;
  if (node.type === 'ParamRef') fields.parameter(numberAt(node.fields, 'number'));
  else if (numberAt(node.fields, 'location') >= 0)
    fields.literal(walk.offset(numberAt(node.fields, 'location')));
}

/** Walks all nodes below a node, except those in the named fields, as expressions. */
export function walkChildren(walk: Walk, node: AstNode, scope: Scope, except?: ReadonlySet<string>): void {
  const children = childrenOf(node, except);
  for (const unknown of children.unknown) walk.found.opaque.add(`unknown syntax ${unknown}`);
  for (const child of children.nodes) walkExpression(walk, child, scope);
}

/** Walks each node of a list field as an expression. */
export function walkList(walk: Walk, nodes: readonly AstNode[], scope: Scope): void {
  for (const node of nodes) {
    if (node.type === 'List') walkList(walk, nodesAt(node.fields, 'items'), scope);
    else if (node.type !== '') walkExpression(walk, node, scope);
  }
}

/** The parts of a ColumnRef; `undefined` for a part that is neither a name nor `*`. */
export function referenceParts(node: AstNode): readonly NamePart[] {
  const parts: NamePart[] = [];
  for (const part of nodesAt(node.fields, 'fields')) {
    if (part.type === 'String') parts.push(textAt(part.fields, 'sval'));
    else if (part.type === 'A_Star') parts.push(WILDCARD);
  }
  return parts;
}

/** What a window is ordered or divided by is the order of the rows. */
function walkWindow(walk: Walk, node: AstNode, scope: Scope): void {
  walk.found.fields.decide('window', () => walkChildren(walk, node, scope));
}

function walkColumnRef(walk: Walk, node: AstNode, scope: Scope): void {
  readReference(walk, scope, referenceParts(node));
}

const OPERATOR_FIELDS: ReadonlySet<string> = new Set(['name']);
const OPERATOR_KINDS: ReadonlySet<string> = new Set(['AEXPR_OP', 'AEXPR_OP_ANY', 'AEXPR_OP_ALL']);

function walkOperator(walk: Walk, node: AstNode, scope: Scope): void {
  if (walk.found.fields.kind === 'filter' && walkComparison(walk, node, scope)) return;
  const isNamed = OPERATOR_KINDS.has(textAt(node.fields, 'kind'));
  const isOwn = !isNamed || callOperator(walk, stringsAt(node.fields, 'name'));
  if (isOwn) walkChildren(walk, node, scope, OPERATOR_FIELDS);
  // Whatever else its function does with a value, nobody can take back.
  else walk.found.fields.as('expression', () => walkChildren(walk, node, scope, OPERATOR_FIELDS));
}

/** @returns whether it is a comparison for equality of plain columns, which then is walked */
function walkComparison(walk: Walk, node: AstNode, scope: Scope): boolean {
  const comparison = comparisonOf(walk, node, scope, referenceParts);
  if (comparison === undefined) return false;
  const { columns, parameters } = comparison;
  const { fields } = walk.found;
  fields.compare(parameters);
  const names = parameters.length > 0 ? [] : columns.flat();
  fields.equal({ names: [...new Set(names)].sort(), parameters }, () =>
    walkChildren(walk, node, scope, OPERATOR_FIELDS),
  );
  return true;
}

/** @returns whether it can only be one of the server's own */
function callOperator(walk: Walk, parts: readonly string[]): boolean {
  const name = walk.names.operator(parts);
  if (name === undefined) walk.found.opaque.add('operator with unknown search_path');
  else if (!name.safe || parts.length > 1) walk.found.call(name);
  return name?.safe === true && name.functions.length === 1;
}

const SUBLINK_FIELDS: ReadonlySet<string> = new Set(['operName', 'subselect']);

function walkSubLink(walk: Walk, node: AstNode, scope: Scope): void {
  const operator = stringsAt(node.fields, 'operName');
  if (operator.length > 0) callOperator(walk, operator);
  for (const query of nodesAt(node.fields, 'subselect')) walkExpression(walk, query, scope);
  walkChildren(walk, node, scope, SUBLINK_FIELDS);
}

const SORT_FIELDS: ReadonlySet<string> = new Set(['useOp']);

function walkSortBy(walk: Walk, node: AstNode, scope: Scope): void {
  const operator = stringsAt(node.fields, 'useOp');
  if (operator.length > 0) callOperator(walk, operator);
  walkChildren(walk, node, scope, SORT_FIELDS);
}

/** `(row).name` is a field, or a call of the function `name` with the row. */
function walkIndirection(walk: Walk, node: AstNode, scope: Scope): void {
  for (const name of stringsAt(node.fields, 'indirection')) if (walk.names.takesRow(name)) walk.call([name]);
  walkChildren(walk, node, scope);
}
