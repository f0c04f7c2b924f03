/** The name that PostgreSQL gives a column of a result that has no alias (FigureColname in parse_target.c), as far as it is sure. */
import { type AstNode, nodeAt, nodesAt, stringsAt, textAt } from './ast.ts';

/** The name of a target; `undefined`: it has one, but which one is not told here. */
export function targetName(target: AstNode): string | undefined {
  const alias = textAt(target.fields, 'name');
  if (alias !== '') return alias;
  const value = nodeAt(target.fields, 'val');
  return value === undefined ? undefined : nameOf(value);
}

function nameOf(node: AstNode): string | undefined {
  switch (node.type) {
    case 'FuncCall':
      return stringsAt(node.fields, 'funcname').at(-1);
    case 'CoalesceExpr':
      return 'coalesce';
    case 'CollateClause':
    case 'TypeCast': {
      const arg = nodeAt(node.fields, 'arg');
      // A cast of what has no name of its own is named by its type.
      return arg === undefined || !NAMED.has(arg.type) ? undefined : nameOf(arg);
    }
    case 'ColumnRef': {
      const last = nodesAt(node.fields, 'fields').at(-1);
      return last?.type === 'String' ? textAt(last.fields, 'sval') : undefined;
    }
    default:
      return undefined;
  }
}

const NAMED: ReadonlySet<string> = new Set(['ColumnRef', 'CollateClause', 'FuncCall', 'TypeCast']);
