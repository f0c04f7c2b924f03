/**
 * Which expressions are total: they give a value for every row, whatever the values of columns are, and do nothing else. An
 * error, a row more or less, a call of other code would tell of a value that the result itself does not show; without
 * these the result is all that carries it, and can be taken away. A whole expression is total or not at all, because CASE
 * and its like let a value decide what else is computed.
 */
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
  UNREADABLE,
} from './ast.ts';
import { areComparable, areOrdered, isNumber, isOfType, isOrdered, isScalar } from './comparable.ts';
import { constantOf } from './constants.ts';
import { referenceParts } from './expression.ts';
import { LITERALS, ownType, TEXTS } from './own-type.ts';
import type { Scope } from './scope.ts';
import {
  type ConstantValue,
  PART_FUNCTIONS,
  TOTAL_FUNCTIONS,
  type TotalFunction,
} from './total-functions.ts';
import type { Walk } from './walk.ts';

/** Where an expression stands. */
interface Place {
  readonly walk: Walk;
  /** `undefined` inside of a subquery, whose relations are not walked yet: what needs types is not total there. */
  readonly scope: Scope | undefined;
  /** A value may decide that it is not computed. */
  readonly isConditional: boolean;
}

const DATES: ReadonlySet<number> = new Set([1082, 1114, 1184]);

/** Whether the expression is total: built-in functions, operators and casts of which that is known, of anything. */
export function isTotal(walk: Walk, node: AstNode, scope: Scope): boolean {
  // Of values of two collations, whether they can be compared, or turned to upper case, is found out when that is done.
  return !walk.hasCollation() && isTotalAt({ walk, scope, isConditional: false }, node);
}

/** What does nothing but put parts together, none of which is left out. */
const PLAIN: ReadonlySet<string> = new Set([
  'Alias',
  'A_Const',
  'Boolean',
  'BooleanTest',
  'Float',
  'Integer',
  'NullTest',
  'ParamRef',
  'ResTarget',
  'RowExpr',
  'String',
  'WindowDef',
]);

/** They compute some of their parts where others have a certain value. */
const CONDITIONAL: ReadonlySet<string> = new Set(['BoolExpr', 'CaseWhen', 'CoalesceExpr']);

function isTotalAt(place: Place, node: AstNode): boolean {
  switch (node.type) {
    case 'FuncCall':
      return isTotalCall(place, node);
    case 'A_Expr':
      return isTotalOperator(place, node);
    case 'TypeCast':
      return isTotalCast(place, node);
    case 'SubLink':
      return isTotalSubLink(place, node);
    case 'A_Indirection':
      return isTotalIndirection(place, node);
    case 'ColumnRef':
      return isTotalReference(place, node);
    case 'A_ArrayExpr':
      // Arrays in an array have to be of one size.
      return (
        nodesAt(node.fields, 'elements').every((element) => isScalar(place, element)) && areTotal(place, node)
      );
    case 'SortBy':
      return (
        node.fields['useOp'] === undefined &&
        isOrdered(place, nodeAt(node.fields, 'node') ?? UNREADABLE) &&
        areTotal(place, node)
      );
    case 'CaseExpr':
      return isComparingCase(place, node) && areTotal({ ...place, isConditional: true }, node);
    case 'MinMaxExpr':
      return (
        areOrdered(place, nodesAt(node.fields, 'args')) && areTotal({ ...place, isConditional: true }, node)
      );
    default:
      if (PLAIN.has(node.type)) return areTotal(place, node);
      return CONDITIONAL.has(node.type) && areTotal({ ...place, isConditional: true }, node);
  }
}

/** CASE x WHEN y compares. */
function isComparingCase(place: Place, { fields }: AstNode): boolean {
  const arg = nodeAt(fields, 'arg');
  if (arg === undefined || isOrdered(place, arg)) return true;
  return nodesAt(fields, 'args').every((when) => isOrdered(place, nodeAt(when.fields, 'expr') ?? UNREADABLE));
}

/** `t.f` may be a call of f with the row. */
function isTotalReference({ walk }: Place, node: AstNode): boolean {
  const parts = referenceParts(node);
  const last = parts.at(-1);
  return (
    parts.every((part) => typeof part === 'string') &&
    typeof last === 'string' &&
    (parts.length === 1 || !walk.names.takesRow(last))
  );
}

/** Whether all parts of a node are total. */
function areTotal(place: Place, node: AstNode, except?: ReadonlySet<string>): boolean {
  const { nodes, unknown } = childrenOf(node, except);
  return unknown.length === 0 && nodes.every((child) => isTotalAt(place, child));
}

const NAME: ReadonlySet<string> = new Set(['funcname']);

function isTotalCall(place: Place, node: AstNode): boolean {
  const name = place.walk.names.function(stringsAt(node.fields, 'funcname'));
  if (name?.builtin === undefined || name.functions.length !== 1) return false;
  if (flagAt(node.fields, 'func_variadic')) return false;
  const args = nodesAt(node.fields, 'args');
  const isPart = PART_FUNCTIONS.get(name.builtin);
  const known = TOTAL_FUNCTIONS.get(name.builtin);
  if (isPart !== undefined) {
    const [part, date] = args;
    if (args.length !== 2 || !isConstant(part, isPart)) return false;
    if (date?.type !== 'ColumnRef' || !isOfType(place, date, DATES)) return false;
  } else if (known === undefined || !areFit(place, known, args)) return false;
  const isSorting = known?.needsScalars === true || flagAt(node.fields, 'agg_distinct');
  if (isSorting && !args.every((arg) => arg.type === 'A_Const' || isOrdered(place, arg))) return false;
  // What an aggregate looks at, FILTER decides.
  return areTotal({ ...place, isConditional: true }, node, NAME);
}

function areFit(place: Place, known: TotalFunction, args: readonly AstNode[]): boolean {
  const { constantsFrom = Number.POSITIVE_INFINITY, isFit = () => true, numbers, hasKeys } = known;
  if (hasKeys === true && args.length % 2 !== 0) return false;
  return args.every((arg, index) => {
    if (arg.type === 'NamedArgExpr') return false;
    if (index >= constantsFrom) return isConstant(arg, (value) => isFit(value, index));
    if (hasKeys === true && index % 2 === 0) return isConstant(arg, (value) => typeof value === 'string');
    return (
      numbers === undefined || isNumber(place, arg, { types: numbers, isSum: known.isAggregate === true })
    );
  });
}

function isConstant(node: AstNode | undefined, test: (value: ConstantValue) => boolean): boolean {
  const value = node === undefined ? undefined : constantOf(node);
  return value !== undefined && test(value);
}

const COMPARISONS: ReadonlySet<string> = new Set(['=', '<>', '<', '>', '<=', '>=']);
/** Kinds of A_Expr that compare by operators that their names do not tell. */
const COMPARING: ReadonlySet<string> = new Set([
  'AEXPR_DISTINCT',
  'AEXPR_NOT_DISTINCT',
  'AEXPR_NULLIF',
  'AEXPR_BETWEEN',
  'AEXPR_NOT_BETWEEN',
  'AEXPR_BETWEEN_SYM',
  'AEXPR_NOT_BETWEEN_SYM',
]);
const OPERATOR_NAME: ReadonlySet<string> = new Set(['name']);

function isTotalOperator(place: Place, node: AstNode): boolean {
  const kind = textAt(node.fields, 'kind');
  const name = stringsAt(node.fields, 'name');
  const [symbol = ''] = name;
  const isLike = kind === 'AEXPR_LIKE' || kind === 'AEXPR_ILIKE';
  if (isLike) {
    const right = nodeAt(node.fields, 'rexpr');
    // A pattern that ends in an escape fails where the text is long enough to reach it.
    if (!isConstant(right, (value) => typeof value === 'string' && !value.includes('\\'))) return false;
  } else if (COMPARING.has(kind)) {
    if (!['=', '<', '>', '<=', '>='].every((own) => isOwnOperator(place, own))) return false;
    if (!isComparison(place, node)) return false;
  } else if (name.length !== 1 || !(kind === 'AEXPR_OP' || kind === 'AEXPR_IN')) return false;
  else if (symbol === '||' && kind === 'AEXPR_OP') {
    const operands = ['lexpr', 'rexpr'].flatMap((side) => nodeAt(node.fields, side) ?? []);
    if (operands.length !== 2 || !operands.every((operand) => isScalar(place, operand))) return false;
  } else if (!(COMPARISONS.has(symbol) ? isComparison(place, node) : areCounts(place, symbol, node)))
    return false;
  if (!COMPARING.has(kind) && !isOwnOperator(place, symbol)) return false;
  return areTotal({ ...place, isConditional: true }, node, OPERATOR_NAME);
}

/** `count(*) - count(a)`: neither is below zero, so that the difference is a bigint as they are. */
function areCounts({ walk }: Place, symbol: string, { fields }: AstNode): boolean {
  const isCount = (side: string): boolean => {
    const call = nodeAt(fields, side);
    if (call?.type !== 'FuncCall') return false;
    const name = walk.names.function(stringsAt(call.fields, 'funcname'));
    return name?.builtin === 'count' && name.functions.length === 1;
  };
  return symbol === '-' && textAt(fields, 'kind') === 'AEXPR_OP' && isCount('lexpr') && isCount('rexpr');
}

function isComparison(place: Place, { fields }: AstNode): boolean {
  const left = nodeAt(fields, 'lexpr') ?? UNREADABLE;
  const others = nodesAt(fields, 'rexpr');
  // It compares rows as values, not column by column.
  if (textAt(fields, 'kind') === 'AEXPR_NULLIF') return areOrdered(place, [left, ...others]);
  return others.length > 0 && others.every((right) => areComparable(place, left, right));
}

/** The operator can only be one of pg_catalog. */
function isOwnOperator({ walk }: Place, symbol: string): boolean {
  const name = walk.names.operator([symbol]);
  return name?.safe === true && name.functions.length === 1;
}

function isTotalCast(place: Place, node: AstNode): boolean {
  const arg = nodeAt(node.fields, 'arg');
  const type = ownType(place.walk, structAt(node.fields, 'typeName') ?? {});
  if (arg === undefined || type === undefined) return false;
  if (arg.type === 'A_Const') return isReadable(arg, type, structAt(node.fields, 'typeName') ?? {});
  return TEXTS.has(type) && isTotalAt(place, arg);
}

/** A literal that is read as that type when the statement is parsed, or fits it in any case. */
function isReadable(literal: AstNode, type: string, { typmods }: Fields): boolean {
  if (TEXTS.has(type)) return true;
  if (!LITERALS.has(type) || typmods !== undefined) return false;
  const value = constantOf(literal);
  if (typeof value !== 'number') return true;
  const isSmall = Number.isInteger(value) && Math.abs(value) < 2 ** 31;
  return type === 'numeric' || type === 'float8' || ((type === 'int4' || type === 'int8') && isSmall);
}

const INDIRECTION: ReadonlySet<string> = new Set(['indirection']);

/** A field of a row or an element of an array; NULL where there is none. */
function isTotalIndirection(place: Place, node: AstNode): boolean {
  const steps = nodesAt(node.fields, 'indirection');
  return (
    areTotal(place, node, INDIRECTION) &&
    steps.every((step) => {
      if (step.type !== 'A_Indices')
        return step.type === 'String' && !place.walk.names.takesRow(textAt(step.fields, 'sval'));
      return childrenOf(step).nodes.every((index) => constantOf(index) !== undefined);
    })
  );
}

/** Inside of a subquery, what may stand beside expressions. */
const CLAUSES: ReadonlySet<string> = new Set([
  'JoinExpr',
  'RangeSubselect',
  'RangeVar',
  'SelectStmt',
  'ResTarget',
]);

/** They compare values whose types are not known inside of a subquery. */
const COMPARING_CLAUSES = ['distinctClause', 'groupClause', 'windowClause', 'usingClause', 'isNatural'];

/** A subquery that is always computed, gives one row where one is needed, and is made of nothing that may fail. */
function isTotalSubLink(place: Place, node: AstNode): boolean {
  if (place.isConditional) return false;
  const kind = textAt(node.fields, 'subLinkType');
  const query = nodeAt(node.fields, 'subselect');
  if (query?.type !== 'SelectStmt') return false;
  const operator = stringsAt(node.fields, 'operName');
  if (
    operator.length > 0 &&
    !(COMPARISONS.has(operator[0] ?? '') && isOwnOperator(place, operator.join('.')))
  )
    return false;
  const test = nodeAt(node.fields, 'testexpr');
  const isFit =
    kind === 'EXISTS_SUBLINK' ||
    (kind === 'ANY_SUBLINK' && isOwnOperator(place, '=') && isOrdered(place, test ?? UNREADABLE)) ||
    (kind === 'EXPR_SUBLINK' && isOneRow(place, query));
  return (
    isFit &&
    (test === undefined || isTotalAt(place, test)) &&
    isTotalQuery({ ...place, scope: undefined }, query)
  );
}

function isTotalQuery(place: Place, node: AstNode): boolean {
  const { nodes, unknown } = childrenOf(node);
  if (COMPARING_CLAUSES.some((clause) => node.fields[clause] !== undefined)) return false;
  return (
    unknown.length === 0 &&
    nodes.every((child) => (CLAUSES.has(child.type) ? isTotalQuery(place, child) : isTotalAt(place, child)))
  );
}

function isOneRow({ walk }: Place, { fields }: AstNode): boolean {
  const limit = constantOf(nodeAt(fields, 'limitCount') ?? { type: '', fields: {} });
  if ((limit === 0 || limit === 1) && textAt(fields, 'limitOption') !== 'LIMIT_OPTION_WITH_TIES') return true;
  const [target, ...more] = nodesAt(fields, 'targetList');
  const call = target === undefined ? undefined : nodeAt(target.fields, 'val');
  if (more.length > 0 || call?.type !== 'FuncCall' || call.fields['over'] !== undefined) return false;
  const isOp = fields['larg'] !== undefined || fields['groupClause'] !== undefined;
  const name = walk.names.function(stringsAt(call.fields, 'funcname'));
  return (
    !isOp && name?.functions.length === 1 && TOTAL_FUNCTIONS.get(name.builtin ?? '')?.isAggregate === true
  );
}
