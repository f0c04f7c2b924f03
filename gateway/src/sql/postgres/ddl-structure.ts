import type { SqlKind } from '../kinds.ts';
import { WILDCARD } from '../qualified-name.ts';
import { type AstNode, childrenOf, type Fields, structAt, textAt } from './ast.ts';
import { useOrigins } from './columns-used.ts';
import { noteConstraint } from './ddl-disclosure.ts';
import { isExpressionType, isQuery, walkExpression } from './expression.ts';
import { resolveRelation, walkFrom } from './from-clause.ts';
import { emptyScope, type Scope } from './scope.ts';
import type { Walk } from './walk.ts';

/** Parts of DDL that only hold other parts, names, options or expressions. */
const STRUCTURES: ReadonlySet<string> = new Set([
  'ATAlterConstraint',
  'AccessPriv',
  'Alias',
  'AlterTableCmd',
  'ColumnDef',
  'Constraint',
  'CreateOpClassItem',
  'FunctionParameter',
  'IndexElem',
  'ObjectWithArgs',
  'PartitionBoundSpec',
  'PartitionCmd',
  'PartitionElem',
  'PartitionRangeDatum',
  'PartitionSpec',
  'PublicationObjSpec',
  'PublicationTable',
  'ReplicaIdentityStmt',
  'RoleSpec',
  'SinglePartitionSpec',
  'StatsElem',
  'TableLikeClause',
  'TriggerTransition',
]);

/** True for a node that may stand inside DDL without being an expression. */
export function isDdlStructure(type: string): boolean {
  return STRUCTURES.has(type) || type === 'RangeVar';
}

/**
 * Walks everything below a DDL node. Functions and queries in defaults, checks and index expressions are recorded;
 * each further table that is named becomes an atom of the statement's kind on it (a parent, a partition), of
 * REFERENCES (a foreign key), or of SELECT (LIKE). Columns of the object itself are not reads.
 */
export function walkDdlBelow(
  walk: Walk,
  node: AstNode,
  kind: SqlKind,
  except: ReadonlySet<string>,
  scope: Scope = emptyScope(),
): void {
  const children = childrenOf(node, except);
  for (const unknown of children.unknown) walk.found.opaque.add(`unknown syntax ${unknown}`);
  for (const child of children.nodes) walkPart(walk, child, kind, scope);
}

const NONE: ReadonlySet<string> = new Set();
const FOREIGN_TABLE: ReadonlySet<string> = new Set(['pktable']);
const LIKE_TABLE: ReadonlySet<string> = new Set(['relation']);

const FROM_ITEMS: ReadonlySet<string> = new Set([
  'JoinExpr',
  'JsonTable',
  'RangeFunction',
  'RangeSubselect',
  'RangeTableFunc',
  'RangeTableSample',
]);

function walkPart(walk: Walk, node: AstNode, kind: SqlKind, scope: Scope): void {
  if (node.type === 'RangeVar') useTable(walk, kind, node.fields);
  else if (node.type === 'Constraint') {
    const foreign = structAt(node.fields, 'pktable');
    if (foreign !== undefined) useTable(walk, 'REFERENCES', foreign);
    noteConstraint(walk, node.fields, foreign, scope);
    walkDdlBelow(walk, node, kind, FOREIGN_TABLE, scope);
  } else if (node.type === 'TableLikeClause') {
    const source = structAt(node.fields, 'relation');
    if (source !== undefined) useTable(walk, 'SELECT', source);
    walkDdlBelow(walk, node, kind, LIKE_TABLE, scope);
  } else if (isQuery(node)) walk.query(node, scope);
  else if (STRUCTURES.has(node.type) || node.type === 'DefElem' || node.type === 'TypeName')
    walkDdlBelow(walk, node, kind, NONE, scope);
  else if (isExpressionType(node.type)) walkExpression(walk, node, scope);
  // CREATE STATISTICS parses any FROM; the server takes one table and says so about anything else.
  else if (FROM_ITEMS.has(node.type)) walkFrom(walk, [node], scope);
  else walk.found.opaque.add(`unknown syntax ${node.type} in ${kind}`);
}

function useTable(walk: Walk, kind: SqlKind, rangeVar: Fields): void {
  // CREATE TABLE … REFERENCES itself, or an empty name, adds nothing.
  if (textAt(rangeVar, 'relname') === '') return;
  const relation = resolveRelation(walk, rangeVar);
  if (relation === undefined) return;
  walk.found.use(kind, relation);
  // A partition or child hands its rows out under the name of its parent.
  if (kind === 'ALTER TABLE') useOrigins(walk, [{ relation, column: WILDCARD }], 'expression');
}
