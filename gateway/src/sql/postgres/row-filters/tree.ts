/** Parse nodes in libpg-query's JSON, as the rewriting makes and changes them. */

/** The fields of a node; unlike `Fields` they may be changed. */
export interface Tree {
  [field: string]: unknown;
}

/** A node in its wrapper, `{ Type: fields }`. */
export function node(type: string, fields: Tree): Tree {
  return { [type]: fields };
}

/** A `String` node. */
export function string(sval: string): Tree {
  return node('String', { sval });
}

/** A reference to a column of a relation by its alias. */
export function column(alias: string, name: string): Tree {
  return node('ColumnRef', { fields: [string(alias), string(name)] });
}

/** All of them; itself where there is one. The grammar reads `(a AND b) AND c` as one AND of three. */
export function allOf(conditions: readonly Tree[]): Tree {
  const [only, ...more] = conditions;
  if (only !== undefined && more.length === 0) return only;
  return node('BoolExpr', { boolop: 'AND_EXPR', args: conditions.flatMap(joined) });
}

function joined(condition: Tree): readonly Tree[] {
  const { boolop, args } = (condition['BoolExpr'] ?? {}) as Tree;
  return boolop === 'AND_EXPR' && Array.isArray(args) ? (args as Tree[]) : [condition];
}

/** Any of them; itself where there is one. */
export function anyOf(conditions: readonly Tree[]): Tree {
  const [only, ...more] = conditions;
  if (only !== undefined && more.length === 0) return only;
  return node('BoolExpr', { boolop: 'OR_EXPR', args: [...conditions] });
}

/** `true` or `false`. */
export function truth(value: boolean): Tree {
  return node('A_Const', { boolval: value ? { boolval: true } : {} });
}

/** `CASE WHEN condition THEN result ELSE otherwise END`: nothing else is computed before the condition is known to be true. */
export function caseWhen(condition: Tree, result: Tree, otherwise: Tree): Tree {
  return node('CaseExpr', {
    args: [node('CaseWhen', { expr: condition, result })],
    defresult: otherwise,
  });
}

/** A SELECT as the grammar leaves it. */
export function select(fields: Tree): Tree {
  return node('SelectStmt', { limitOption: 'LIMIT_OPTION_DEFAULT', op: 'SETOP_NONE', ...fields });
}

/** A column of a target list. */
export function target(val: Tree): Tree {
  return node('ResTarget', { val });
}

/** `OFFSET 0`: PostgreSQL moves no condition past it, in either direction. */
export const FENCE: Readonly<Tree> = Object.freeze({
  limitOption: 'LIMIT_OPTION_COUNT',
  limitOffset: Object.freeze(node('A_Const', { ival: {} })),
});
