import { type AstNode, type Fields, nodeAt, numberAt, stringsAt, textAt } from './ast.ts';
import type { ConstantValue } from './total-functions.ts';

/** The value of a literal that is a text or an integer, also with a sign. */
export function constantOf(node: AstNode): ConstantValue | undefined {
  if (node.type === 'A_Expr' && stringsAt(node.fields, 'name').join('') === '-') {
    const operand = nodeAt(node.fields, 'rexpr');
    const value =
      node.fields['lexpr'] === undefined && operand !== undefined ? constantOf(operand) : undefined;
    return typeof value === 'number' ? -value : undefined;
  }
  if (node.type !== 'A_Const') return undefined;
  const { sval, ival, fval } = node.fields;
  if (sval !== undefined) return textAt(sval as Fields, 'sval');
  if (fval !== undefined) return Number(textAt(fval as Fields, 'fval'));
  return ival === undefined ? undefined : numberAt(ival as Fields, 'ival');
}
