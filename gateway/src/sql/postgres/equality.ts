/** Comparisons for equality that tell no more than whether two values are the same. */

import type { NamePart } from '../qualified-name.ts';
import { type AstNode, nodeAt, nodesAt, numberAt, stringsAt, structAt, textAt } from './ast.ts';
import { namesOf } from './columns-used.ts';
import { ownType, TEXTS } from './own-type.ts';
import { plainOrigins, type Scope } from './scope.ts';
import type { Walk } from './walk.ts';

/** What stands on both sides. */
export interface Comparison {
  /** Names of the column on each side; one side where parameters stand on the other. */
  readonly columns: readonly (readonly string[])[];
  readonly parameters: readonly number[];
}

/**
 * `column = $1`, `column IN ($1, $2)` and `column = column`, with PostgreSQL's own operator and columns that are
 * certainly those of tables; `undefined` for anything else.
 */
export function comparisonOf(
  walk: Walk,
  node: AstNode,
  scope: Scope,
  partsOf: (reference: AstNode) => readonly NamePart[],
): Comparison | undefined {
  const kind = textAt(node.fields, 'kind');
  if (kind !== 'AEXPR_OP' && kind !== 'AEXPR_IN') return undefined;
  const sides = [nodeAt(node.fields, 'lexpr'), ...nodesAt(node.fields, 'rexpr')].flatMap(listed);
  if (!sides.every(mayStand)) return undefined;
  const operator = stringsAt(node.fields, 'name');
  if (operator.length !== 1 || operator[0] !== '=') return undefined;
  const own = walk.names.operator(operator);
  if (own?.safe !== true || own.functions.length !== 1) return undefined;
  const columns: (readonly string[])[] = [];
  const parameters: number[] = [];
  for (const side of sides) {
    const parameter = parameterOf(walk, side);
    if (parameter !== undefined) parameters.push(parameter);
    else {
      const origins = side?.type === 'ColumnRef' ? plainOrigins(walk, scope, partsOf(side)) : undefined;
      if (origins === undefined) return undefined;
      columns.push(origins.flatMap((origin) => namesOf(walk, origin)));
    }
  }
  const isFit = parameters.length === 0 ? columns.length === 2 : columns.length === 1;
  return isFit ? { columns, parameters } : undefined;
}

/** Most comparisons are with literals, and those are none. */
function mayStand(side: AstNode | undefined): boolean {
  return side?.type === 'ColumnRef' || side?.type === 'ParamRef' || side?.type === 'TypeCast';
}

function listed(node: AstNode | undefined): readonly (AstNode | undefined)[] {
  return node?.type === 'List' ? nodesAt(node.fields, 'items') : [node];
}

/** `$1`, also cast to a text as some drivers write it. */
function parameterOf(walk: Walk, node: AstNode | undefined): number | undefined {
  if (node?.type === 'ParamRef') return numberAt(node.fields, 'number');
  if (node?.type !== 'TypeCast') return undefined;
  const typeName = structAt(node.fields, 'typeName') ?? {};
  const type = ownType(walk, typeName);
  const isText = type !== undefined && TEXTS.has(type) && typeName['typmods'] === undefined;
  return isText && (type === 'text' || type === 'varchar')
    ? parameterOf(walk, nodeAt(node.fields, 'arg'))
    : undefined;
}
