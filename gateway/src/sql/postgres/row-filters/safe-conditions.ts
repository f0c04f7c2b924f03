/**
 * Conditions that may be looked at before it is known whether a row is within its filter, so that the server can use an index
 * for them: comparisons of a column with what stands in the statement. They cannot fail, do nothing, and tell nothing of a
 * row that the filter then leaves out, as PostgreSQL's leakproof operators do.
 */
import { type AstNode, nodeAt, nodesAt, stringsAt, textAt, unwrap } from '../ast.ts';
import type { Names } from '../names.ts';
import type { Tree } from './tree.ts';

/** A relation whose columns a condition may be about. */
export interface ConditionTarget {
  readonly alias: string;
  /** Oids of the types of its columns. */
  readonly types: ReadonlyMap<string, number>;
  /** Nothing else is in sight, so that a bare name means a column of it if there is one. */
  readonly isAlone: boolean;
}

/** bool, name, integers, text, oid, char types, date, timestamps, uuid: compared without fail by PostgreSQL's own operators. */
const COMPARABLE: ReadonlySet<number> = new Set([
  16, 19, 20, 21, 23, 25, 26, 1042, 1043, 1082, 1114, 1184, 2950,
]);
const OPERATORS: ReadonlySet<string> = new Set(['=', '<', '>', '<=', '>=']);

/** The parts of a condition that AND joins. */
export function conjuncts(condition: unknown): readonly Tree[] {
  const at = unwrap(condition);
  if (at === undefined) return [];
  if (at.type !== 'BoolExpr' || textAt(at.fields, 'boolop') !== 'AND_EXPR') return [condition as Tree];
  return (at.fields['args'] as readonly unknown[]).flatMap(conjuncts);
}

/** Whether a part may be looked at early, see above. */
export function isSafe(part: Tree, target: ConditionTarget, names: Names): boolean {
  const at = unwrap(part);
  if (at?.type !== 'A_Expr') return false;
  const kind = textAt(at.fields, 'kind');
  const operator = stringsAt(at.fields, 'name');
  const [symbol = ''] = operator;
  if (operator.length !== 1 || !OPERATORS.has(symbol) || names.operator(operator)?.safe !== true)
    return false;
  const left = nodeAt(at.fields, 'lexpr');
  if (kind === 'AEXPR_IN') {
    return isColumn(left, target) && nodesAt(at.fields, 'rexpr').every(isKnown);
  }
  const right = nodeAt(at.fields, 'rexpr');
  if (kind !== 'AEXPR_OP' || left === undefined || right === undefined) return false;
  return (isColumn(left, target) && isKnown(right)) || (isColumn(right, target) && isKnown(left));
}

/** A literal, or a parameter: whatever it is, the server knows it before it reads rows. */
function isKnown({ type }: AstNode): boolean {
  return type === 'A_Const' || type === 'ParamRef';
}

function isColumn(at: AstNode | undefined, { alias, types, isAlone }: ConditionTarget): boolean {
  if (at?.type !== 'ColumnRef') return false;
  const parts = nodesAt(at.fields, 'fields');
  const names = stringsAt(at.fields, 'fields');
  if (names.length !== parts.length) return false;
  const [first, second] = names;
  const column =
    names.length === 2 && first === alias ? second : names.length === 1 && isAlone ? first : undefined;
  const type = column === undefined ? undefined : types.get(column);
  return type !== undefined && COMPARABLE.has(type);
}
