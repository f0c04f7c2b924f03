/** What is written into a column of a filter has to be within it, as a policy's WITH CHECK has it in PostgreSQL. */
import { flagAt, numberAt, structAt, textAt, unwrap } from '../ast.ts';
import { termOf } from './guard.ts';
import { OUTSIDE } from './outside.ts';
import type { FilterConstant, RowTerm } from './row-filter.ts';
import { allOf, caseWhen, column, FENCE, node, select, string, type Tree, target, truth } from './tree.ts';

/** Types whose values stay what they are when they are put into a column of the type, by oid. */
const TYPES: ReadonlyMap<number, readonly string[]> = new Map([
  [16, ['pg_catalog', 'bool']],
  [20, ['pg_catalog', 'int8']],
  [21, ['pg_catalog', 'int2']],
  [23, ['pg_catalog', 'int4']],
  [25, ['text']],
  [1043, ['pg_catalog', 'varchar']],
  [1082, ['date']],
  [2950, ['uuid']],
]);

/**
 * An expression that gives the value where it is within the terms, and fails otherwise; itself where it certainly is. The
 * value is computed once. `undefined` where the type of the column is none that can be checked.
 */
export function checkedValue(
  value: Tree,
  type: number | undefined,
  terms: readonly RowTerm[],
): Tree | undefined {
  if (terms.every((term) => isCertainly(value, term))) return value;
  const name = type === undefined ? undefined : TYPES.get(type);
  if (name === undefined) return undefined;
  const once = select({
    targetList: [
      target(node('TypeCast', { arg: value, typeName: { names: name.map(string), typemod: -1 } })),
    ],
    ...structuredClone(FENCE),
  });
  const checked = column(CHECKED, 'value');
  const condition = allOf(terms.map((term) => termOf(term, checked)));
  const subselect = select({
    targetList: [target(structuredClone(checked))],
    fromClause: [
      node('RangeSubselect', { subquery: once, alias: { aliasname: CHECKED, colnames: [string('value')] } }),
    ],
    whereClause: caseWhen(condition, truth(true), failure()),
  });
  return node('SubLink', { subLinkType: 'EXPR_SUBLINK', subselect });
}

const CHECKED = 'sallyport_checked';

/** Fails when it is computed, and not before: concat is no function that is computed when a statement is planned. */
function failure(): Tree {
  const text = node('FuncCall', {
    funcname: [string('pg_catalog'), string('concat')],
    args: [node('A_Const', { sval: { sval: OUTSIDE } })],
    funcformat: 'COERCE_EXPLICIT_CALL',
  });
  return node('TypeCast', {
    arg: text,
    typeName: { names: [string('pg_catalog'), string('bool')], typemod: -1 },
  });
}

/** A literal that says the same as a value of the filter becomes the same value, whatever the type. */
function isCertainly(value: Tree, { operator, values }: RowTerm): boolean {
  if (operator !== '=' && operator !== 'in') return false;
  const at = unwrap(value);
  if (at?.type !== 'A_Const') return false;
  const text = structAt(at.fields, 'sval');
  const integer = structAt(at.fields, 'ival');
  const truthValue = structAt(at.fields, 'boolval');
  return values.some((one: FilterConstant) => {
    if ('text' in one) return text !== undefined && textAt(text, 'sval') === one.text;
    if ('number' in one) return integer !== undefined && String(numberAt(integer, 'ival')) === one.number;
    return truthValue !== undefined && flagAt(truthValue, 'boolval') === one.boolean;
  });
}
