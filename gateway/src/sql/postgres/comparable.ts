/**
 * What can be compared for certain. Rows, and arrays, are compared by what is in them when rows are computed: that fails where
 * it is of another type or of one without order or equality (json), so that a CASE could tell a masked value by an error.
 */
import { type AstNode, nodeAt, nodesAt, stringsAt, structAt, textAt, UNREADABLE } from './ast.ts';
import { constantOf } from './constants.ts';
import { referenceParts } from './expression.ts';
import type { Origin } from './lineage.ts';
import { LITERALS, ownType } from './own-type.ts';
import { isPlainColumn, type Scope } from './scope.ts';
import { TOTAL_FUNCTIONS, type TotalFunction } from './total-functions.ts';
import type { Walk } from './walk.ts';

/** Where an expression stands; the scope is `undefined` inside of a subquery, whose relations are not walked yet. */
export interface TypePlace {
  readonly walk: Walk;
  readonly scope: Scope | undefined;
}

/** Types whose `||` with a text is a text: no arrays, documents, rows or bits. (Oids of pg_type.) */
const SCALARS: ReadonlySet<number> = new Set([
  16, 18, 19, 20, 21, 23, 25, 26, 700, 701, 829, 869, 650, 1042, 1043, 1082, 1083, 1114, 1184, 1186, 1266,
  1700, 2950,
]);
/** As these, with bytea and jsonb. */
const COMPARABLE: ReadonlySet<number> = new Set([...SCALARS, 17, 3802]);

/** Whether an operand of `||` can be no array or document, so that a text comes of it. */
export function isScalar(place: TypePlace, node: AstNode): boolean {
  if (node.type === 'A_Const') return true;
  if (node.type === 'TypeCast') return isCastToOwn(place, node);
  if (node.type === 'A_Expr') {
    const operands = ['lexpr', 'rexpr'].flatMap((side) => nodeAt(node.fields, side) ?? []);
    return isJoining(node) && operands.length === 2 && operands.every((operand) => isScalar(place, operand));
  }
  if (node.type === 'FuncCall') return calledFunction(place, node)?.isText === true;
  return node.type === 'ColumnRef' && isOfType(place, node, SCALARS);
}

function isJoining({ fields }: AstNode): boolean {
  return textAt(fields, 'kind') === 'AEXPR_OP' && stringsAt(fields, 'name').join('.') === '||';
}

function isCastToOwn(place: TypePlace, { fields }: AstNode): boolean {
  const type = ownType(place.walk, structAt(fields, 'typeName') ?? {});
  return type !== undefined && LITERALS.has(type);
}

function calledFunction({ walk }: TypePlace, node: AstNode): TotalFunction | undefined {
  const name = walk.names.function(stringsAt(node.fields, 'funcname'));
  return name?.functions.length === 1 ? TOTAL_FUNCTIONS.get(name.builtin ?? '') : undefined;
}

/** Whether an argument is certainly a number of one of the types, or small, or a sum where it is not to be summed again. */
export function isNumber(
  place: TypePlace,
  node: AstNode,
  { types, isSum }: { readonly types: ReadonlySet<number>; readonly isSum: boolean },
): boolean {
  if (node.type === 'A_Const') return Number.isSafeInteger(constantOf(node));
  if (node.type === 'FuncCall') {
    const known = calledFunction(place, node);
    return !isSum && known?.isAggregate === true && known.numbers !== undefined;
  }
  return node.type === 'ColumnRef' && isOfType(place, node, types);
}

/** Whether a reference is certainly a column of a table, of one of these types. */
export function isOfType({ walk, scope }: TypePlace, node: AstNode, types: ReadonlySet<number>): boolean {
  if (scope === undefined) return false;
  const isFit = ({ relation, column }: Origin): boolean => {
    const known = relation.tables.flatMap((table) => walk.relations?.relation(table) ?? []);
    return (
      typeof column === 'string' &&
      known.length > 0 &&
      known.every(({ types: own }) => {
        const type = own?.get(column);
        return type !== undefined && types.has(type);
      })
    );
  };
  return isPlainColumn(walk, scope, referenceParts(node), isFit);
}

/**
 * Whether two operands can be compared whatever their values are. It is enough to know the type of one: PostgreSQL has no
 * operator for a row or an array and something else. A literal text may be read as either.
 */
export function areComparable(
  place: TypePlace,
  left: AstNode | undefined,
  right: AstNode | undefined,
): boolean {
  if (left === undefined || right === undefined) return false;
  if (left.type === 'A_Const' && right.type === 'A_Const') return true;
  if (left.type === 'RowExpr' && right.type === 'RowExpr') {
    const others = nodesAt(right.fields, 'args');
    return nodesAt(left.fields, 'args').every((one, index) => areComparable(place, one, others[index]));
  }
  return isOrdered(place, left) || isOrdered(place, right);
}

/** Whether all of these are of one type that can be compared, as the branches of GREATEST are. */
export function areOrdered(place: TypePlace, nodes: readonly AstNode[]): boolean {
  return nodes.some((node) => isOrdered(place, node)) || nodes.every(({ type }) => type === 'A_Const');
}

/** Whether values are of a type that has an order whatever they are, or of none that PostgreSQL takes. */
export function isOrdered(place: TypePlace, node: AstNode): boolean {
  const { type, fields } = node;
  switch (type) {
    case 'A_Const':
      return typeof constantOf(node) === 'number' || fields['boolval'] !== undefined;
    case 'BoolExpr':
    case 'NullTest':
    case 'BooleanTest':
      return true;
    case 'TypeCast':
      return isCastToOwn(place, node);
    case 'A_Expr':
      return isOrderedOperator(place, node);
    case 'CoalesceExpr':
    case 'MinMaxExpr':
      return nodesAt(fields, 'args').some((arg) => isOrdered(place, arg));
    case 'CaseExpr':
      return branchesOf(node).some((branch) => isOrdered(place, branch));
    case 'FuncCall':
      return isOrderedCall(place, node);
    default:
      return type === 'ColumnRef' && isOfType(place, node, COMPARABLE);
  }
}

function isOrderedOperator(place: TypePlace, node: AstNode): boolean {
  if (isJoining(node)) return isScalar(place, node);
  if (textAt(node.fields, 'kind') !== 'AEXPR_NULLIF') return true;
  return ['lexpr', 'rexpr'].some((side) => isOrdered(place, nodeAt(node.fields, side) ?? UNREADABLE));
}

function isOrderedCall(place: TypePlace, node: AstNode): boolean {
  const known = calledFunction(place, node);
  if (known?.isPassing !== true) return known !== undefined;
  const [arg] = nodesAt(node.fields, 'args');
  return arg !== undefined && isOrdered(place, arg);
}

function branchesOf({ fields }: AstNode): readonly AstNode[] {
  const results = nodesAt(fields, 'args').flatMap((when) => nodeAt(when.fields, 'result') ?? []);
  return [...results, ...[nodeAt(fields, 'defresult') ?? []].flat()];
}
