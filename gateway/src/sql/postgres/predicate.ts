/**
 * Does a WHERE restrict anything? Without running it, three things count as NOT restricting (so `hasWhere` is false):
 *
 * 1. what does not look at the row: literals, parameters, functions and subqueries without a column of the table
 *    (`true`, `1 = 1`, `'a' = 'a'`, `$1`, `now() > …`, `EXISTS (SELECT 1 FROM u)`);
 * 2. what compares a column only with itself (`x = x`, `x IN (x, 1)`, `x + 0 = x`), matches any text
 *    (`LIKE '%'`, `SIMILAR TO '%'`, `~ ''`, `^@ ''`), asks whether a computed truth value is known
 *    (`(x = 1) IS NOT NULL`), joins complements by OR (`x = 1 OR x <> 1`, `x IS NULL OR x IS NOT NULL`), or selects the
 *    table's own rows (`x IN (SELECT x FROM same_table)`, `x = ANY (ARRAY(…))`, a join with itself by the same column);
 * 3. AND of only such, OR with any such, NOT of the opposite, CASE or COALESCE with such a branch.
 *
 * Literal false arms of an OR are ignored (`false OR x = 1` restricts). Ranges that happen to cover every row
 * (`id > 0`), `x IS NOT NULL` on its own, and arithmetic identities over several columns are not detected: use
 * `boundedByKey` where that matters. Unqualified columns count only when one table is in sight.
 */
import { type AstNode, childrenOf, nodeAt, nodesAt, stringsAt, structAt, textAt } from './ast.ts';
import { isEmptyPrefixTest, matchesAnything } from './pattern.ts';

/** Decides whether a ColumnRef is a column of a table that is to be bounded; gives its name, or `undefined`. */
export type RowColumn = (reference: AstNode) => string | undefined;

/** Context of one WHERE. */
export interface PredicateContext {
  readonly column: RowColumn;
  /** As `column`, for the bounded table under another name: joined with itself by a column it restricts nothing. */
  readonly twinColumn: RowColumn;
  /** True when the subquery just reads all rows of the bounded table again. */
  readonly readsAllOfTarget: (query: AstNode) => boolean;
  /** Names under which the bounded table goes: a subquery that reuses one hides it. */
  readonly aliases: ReadonlySet<string>;
}

/** Whether an expression may hold (or fail) for every row. */
interface Truth {
  readonly always: boolean;
  readonly never: boolean;
}

const FREE: Truth = { always: true, never: true };
const ROW: Truth = { always: false, never: false };

/** True when the WHERE restricts the rows of the table (see above for what counts). */
export function restricts(where: AstNode | undefined, context: PredicateContext): boolean {
  return where !== undefined && !truthOf(where, context).always;
}

function truthOf(node: AstNode, context: PredicateContext): Truth {
  const literal = literalTruth(node);
  if (literal !== undefined) return { always: literal, never: !literal };
  switch (node.type) {
    case 'BoolExpr':
      return boolTruth(node, context);
    case 'A_Expr':
      return comparisonTruth(node, context);
    case 'FuncCall':
      return isEmptyPrefixTest(node) && rowColumns(node, context).size > 0
        ? LIKELY
        : columnTruth(node, context);
    case 'NullTest':
      return nullTruth(node, context);
    case 'BooleanTest':
      return booleanTestTruth(node, context);
    case 'SubLink':
      return subLinkTruth(node, context);
    case 'CaseExpr':
    case 'CoalesceExpr':
      return branchTruth(node, context);
    case 'TypeCast': {
      const arg = nodeAt(node.fields, 'arg');
      return arg === undefined ? FREE : truthOf(arg, context);
    }
    default:
      return columnTruth(node, context);
  }
}

/** What looks at the row may hold for some rows only; what does not, for all or none. */
function columnTruth(node: AstNode, context: PredicateContext): Truth {
  return rowColumns(node, context).size > 0 ? ROW : FREE;
}

/** Literal true and false; comparisons of two literals. `undefined` when it is no such thing. */
function literalTruth(node: AstNode): boolean | undefined {
  if (node.type === 'A_Const') {
    const value = structAt(node.fields, 'boolval');
    return value === undefined ? undefined : value['boolval'] === true;
  }
  if (node.type !== 'A_Expr' || textAt(node.fields, 'kind') !== 'AEXPR_OP') return undefined;
  const left = nodeAt(node.fields, 'lexpr');
  if (left?.type !== 'A_Const') return undefined;
  const right = nodeAt(node.fields, 'rexpr');
  if (right?.type !== 'A_Const' || stringsAt(node.fields, 'name').at(-1) !== '=') return undefined;
  return keyOf(left) === keyOf(right) ? undefined : false;
}

function boolTruth(node: AstNode, context: PredicateContext): Truth {
  const args = nodesAt(node.fields, 'args');
  const truths = args.map((arg) => truthOf(arg, context));
  switch (textAt(node.fields, 'boolop')) {
    case 'AND_EXPR': {
      const contradiction = haveComplements(args, context);
      return {
        always: truths.every((truth) => truth.always),
        never: contradiction || truths.some((truth) => truth.never),
      };
    }
    case 'OR_EXPR': {
      const tautology = haveComplements(flatten(args), context);
      return {
        always: tautology || truths.some((truth) => truth.always),
        never: truths.every((truth) => truth.never),
      };
    }
    default: {
      const [truth = FREE] = truths;
      return { always: truth.never, never: truth.always };
    }
  }
}

/** The arms of nested ORs. */
function flatten(args: readonly AstNode[]): AstNode[] {
  return args.flatMap((arg) =>
    arg.type === 'BoolExpr' && textAt(arg.fields, 'boolop') === 'OR_EXPR'
      ? flatten(nodesAt(arg.fields, 'args'))
      : [arg],
  );
}

function comparisonTruth(node: AstNode, context: PredicateContext): Truth {
  const left = sideColumns(node, 'lexpr', context);
  const right = sideColumns(node, 'rexpr', context);
  if (left.size + right.size === 0) return FREE;
  if (matchesAnything(node)) return isPositive(node) ? LIKELY : NEVER;
  if (joinsItself(node, context) || takesAllOfTarget(node, context)) return LIKELY;
  if (left.size === 0 || right.size === 0) return ROW;
  const only = new Set([...left, ...right]).size === 1;
  return only || sameSides(node, context) ? FREE : ROW;
}

function sameSides(node: AstNode, context: PredicateContext): boolean {
  const left = nodeAt(node.fields, 'lexpr');
  const right = nodeAt(node.fields, 'rexpr');
  return left !== undefined && right !== undefined && keyOf(left, context) === keyOf(right, context);
}

const LIKELY: Truth = { always: true, never: false };
const NEVER: Truth = { always: false, never: true };

function isPositive(node: AstNode): boolean {
  return !(stringsAt(node.fields, 'name').at(-1) ?? '').startsWith('!');
}

/** `t.id = s.id` where both are the same table. */
function joinsItself(node: AstNode, context: PredicateContext): boolean {
  if (stringsAt(node.fields, 'name').at(-1) !== '=') return false;
  const sides = ['lexpr', 'rexpr'].map((field) => nodeAt(node.fields, field));
  const [left, right] = sides.map((side) => (side?.type === 'ColumnRef' ? side : undefined));
  if (left === undefined || right === undefined) return false;
  const isPair = (own: AstNode, twin: AstNode): boolean => {
    const column = context.column(own);
    return column !== undefined && column === context.twinColumn(twin);
  };
  return isPair(left, right) || isPair(right, left);
}

/** `id = ANY (ARRAY (SELECT id FROM the same table))`. */
function takesAllOfTarget(node: AstNode, context: PredicateContext): boolean {
  const list = nodeAt(node.fields, 'rexpr');
  if (textAt(node.fields, 'kind') !== 'AEXPR_OP_ANY' || list?.type !== 'SubLink') return false;
  const query = nodeAt(list.fields, 'subselect');
  return query !== undefined && context.readsAllOfTarget(query);
}

function nullTruth(node: AstNode, context: PredicateContext): Truth {
  const arg = nodeAt(node.fields, 'arg');
  if (arg === undefined || rowColumns(arg, context).size === 0) return FREE;
  if (arg.type === 'ColumnRef') return ROW;
  return textAt(node.fields, 'nulltesttype') === 'IS_NOT_NULL' ? LIKELY : ROW;
}

function booleanTestTruth(node: AstNode, context: PredicateContext): Truth {
  const arg = nodeAt(node.fields, 'arg');
  const truth = arg === undefined ? FREE : truthOf(arg, context);
  switch (textAt(node.fields, 'booltesttype')) {
    case 'IS_TRUE':
    case 'IS_NOT_FALSE':
      return truth;
    case 'IS_FALSE':
    case 'IS_NOT_TRUE':
      return { always: truth.never, never: truth.always };
    case 'IS_NOT_UNKNOWN':
      return { always: true, never: truth.never };
    default:
      return ROW;
  }
}

function subLinkTruth(node: AstNode, context: PredicateContext): Truth {
  const test = nodeAt(node.fields, 'testexpr');
  const query = nodeAt(node.fields, 'subselect');
  if (rowColumns(node, context).size === 0) return FREE;
  if (test !== undefined && query !== undefined && context.readsAllOfTarget(query)) return LIKELY;
  return ROW;
}

/** One branch that always holds is enough to distrust the whole. */
function branchTruth(node: AstNode, context: PredicateContext): Truth {
  const branches =
    node.type === 'CoalesceExpr'
      ? nodesAt(node.fields, 'args')
      : [
          ...nodesAt(node.fields, 'args').flatMap((when) => nodesAt(when.fields, 'result')),
          ...nodesAt(node.fields, 'defresult'),
        ];
  const truths = branches.map((branch) => truthOf(branch, context));
  return {
    always: truths.some((truth) => truth.always),
    never: truths.some((truth) => truth.never),
  };
}

/** The columns of the bounded table that an expression looks at; subqueries count by qualified references. */
function rowColumns(node: AstNode, context: PredicateContext): ReadonlySet<string> {
  if (node.type === 'A_Const') return NO_COLUMNS;
  const columns = new Set<string>();
  collectColumns(node, context, columns);
  return columns;
}

function sideColumns(node: AstNode, field: string, context: PredicateContext): ReadonlySet<string> {
  const sides = nodesAt(node.fields, field);
  if (sides.every(({ type }) => type === 'A_Const')) return NO_COLUMNS;
  const columns = new Set<string>();
  for (const side of sides) collectColumns(side, context, columns);
  return columns;
}

const NO_COLUMNS: ReadonlySet<string> = new Set();

function collectColumns(node: AstNode, context: PredicateContext, into: Set<string>): void {
  if (node.type === 'A_Const') return;
  if (node.type === 'ColumnRef') {
    const name = context.column(node);
    if (name !== undefined) into.add(name);
    return;
  }
  if (node.type === 'CurrentOfExpr') {
    into.add('ctid');
    return;
  }
  if (node.type === 'SubLink') {
    for (const test of nodesAt(node.fields, 'testexpr')) collectColumns(test, context, into);
    const query = nodeAt(node.fields, 'subselect');
    if (query !== undefined && !hidesTarget(query, context)) collectQualified(query, context, into);
    return;
  }
  for (const child of childrenOf(node).nodes) collectColumns(child, context, into);
}

function collectQualified(node: AstNode, context: PredicateContext, into: Set<string>): void {
  if (node.type === 'ColumnRef') {
    if (nodesAt(node.fields, 'fields').length > 1) collectColumns(node, context, into);
    return;
  }
  for (const child of childrenOf(node).nodes) collectQualified(child, context, into);
}

/** A relation inside the subquery goes by the same name, so references mean that one. */
function hidesTarget(node: AstNode, context: PredicateContext): boolean {
  if (node.type === 'RangeVar' || node.type === 'RangeSubselect' || node.type === 'RangeFunction') {
    const alias = structAt(node.fields, 'alias');
    const name = alias === undefined ? textAt(node.fields, 'relname') : textAt(alias, 'aliasname');
    if (context.aliases.has(name)) return true;
  }
  return childrenOf(node).nodes.some((child) => hidesTarget(child, context));
}

/** True when two of the arms are an expression and its negation. */
function haveComplements(args: readonly AstNode[], context: PredicateContext): boolean {
  if (args.length < 2) return false;
  const keys = new Set(args.map((arg) => keyOf(arg, context)));
  return args.some((arg) => negations(arg).some((negated) => keys.has(keyOf(negated, context))));
}

const OPPOSITE: Readonly<Record<string, string>> = {
  '=': '<>',
  '<>': '=',
  '<': '>=',
  '>=': '<',
  '>': '<=',
  '<=': '>',
  '~~': '!~~',
  '!~~': '~~',
};

function negations(node: AstNode): readonly AstNode[] {
  const fields = node.fields;
  if (node.type === 'BoolExpr' && textAt(fields, 'boolop') === 'NOT_EXPR') return nodesAt(fields, 'args');
  const not = { type: 'BoolExpr', fields: { boolop: 'NOT_EXPR', args: [{ [node.type]: fields }] } };
  if (node.type === 'NullTest') {
    const opposite = textAt(fields, 'nulltesttype') === 'IS_NULL' ? 'IS_NOT_NULL' : 'IS_NULL';
    return [not, { type: 'NullTest', fields: { ...fields, nulltesttype: opposite } }];
  }
  if (node.type === 'BooleanTest') {
    const test = textAt(fields, 'booltesttype');
    const opposite = test.includes('_NOT_') ? test.replace('_NOT_', '_') : test.replace('IS_', 'IS_NOT_');
    return [not, { type: 'BooleanTest', fields: { ...fields, booltesttype: opposite } }];
  }
  const opposite = OPPOSITE[stringsAt(fields, 'name').at(-1) ?? ''];
  if (node.type !== 'A_Expr' || opposite === undefined) return [not];
  return [not, { type: 'A_Expr', fields: { ...fields, name: [{ String: { sval: opposite } }] } }];
}

/** Text that is equal for equal expressions: positions left out, casts and qualifiers of the table dropped. */
function keyOf(node: AstNode, context?: PredicateContext): string {
  if (node.type === 'ColumnRef') {
    const column = context?.column(node);
    if (column !== undefined) return `column ${column}`;
  }
  const arg = node.type === 'TypeCast' ? nodeAt(node.fields, 'arg') : undefined;
  if (arg !== undefined) return keyOf(arg, context);
  const scalars = Object.entries(node.fields).filter(
    ([name, value]) => name !== 'location' && !name.startsWith('rexpr_list') && typeof value !== 'object',
  );
  const children = childrenOf(node).nodes.map((child) => keyOf(child, context));
  return `${node.type}${JSON.stringify(scalars)}(${children.join(',')})`;
}
