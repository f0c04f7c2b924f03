/**
 * The predicate of filters as a condition of SQL. All names in it are PostgreSQL's own, and all values are literals of which
 * the server makes what the column is, when it reads the statement and not when it reads rows.
 */
import type { FilterConstant, RowTerm } from './row-filter.ts';
import { allOf, anyOf, column, node, string, type Tree } from './tree.ts';

/** The condition that a row, known by an alias, has to meet. */
export function guardOf(terms: readonly RowTerm[], alias: string): Tree {
  return allOf(terms.map((term) => termOf(term, column(alias, term.column))));
}

/** One comparison, of whatever stands for the column. */
export function termOf({ operator, values }: RowTerm, value: Tree): Tree {
  if (operator === 'is null' || operator === 'is not null') {
    return node('NullTest', {
      arg: value,
      nulltesttype: operator === 'is null' ? 'IS_NULL' : 'IS_NOT_NULL',
    });
  }
  if (operator === 'in') return anyOf(values.map((one) => comparison('=', value, one)));
  return anyOf(values.map((one) => comparison(operator, value, one)));
}

function comparison(operator: string, value: Tree, constant: FilterConstant): Tree {
  return node('A_Expr', {
    kind: 'AEXPR_OP',
    name: [string('pg_catalog'), string(operator)],
    lexpr: structuredClone(value),
    rexpr: constantOf(constant),
  });
}

const INTEGER = /^-?\d{1,9}$/;

function constantOf(constant: FilterConstant): Tree {
  if ('text' in constant) return node('A_Const', { sval: { sval: constant.text } });
  if ('boolean' in constant) return node('A_Const', { boolval: constant.boolean ? { boolval: true } : {} });
  if (!INTEGER.test(constant.number)) return node('A_Const', { fval: { fval: constant.number } });
  const ival = Number(constant.number);
  return node('A_Const', { ival: ival === 0 ? {} : { ival } });
}
