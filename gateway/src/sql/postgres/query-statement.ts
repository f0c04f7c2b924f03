import type { SqlKind } from '../kinds.ts';
import { type AstNode, structAt } from './ast.ts';
import { outputFields, useColumns } from './columns-used.ts';
import { NO_ORIGINS } from './lineage.ts';
import { walkMerge } from './merge.ts';
import { walkDelete, walkInsert, walkUpdate } from './modify.ts';
import { emptyScope, type Scope } from './scope.ts';
import { walkSelect } from './select.ts';
import type { StatementHandler, StatementHandlers, StatementResult } from './statement-walk.ts';
import type { QueryShape, Walk } from './walk.ts';

/** Walks a query inside another; the implementation of `Walk.derive`. */
export function walkQuery(walk: Walk, node: AstNode, outer: Scope): QueryShape {
  switch (node.type) {
    case 'SelectStmt':
      return walkSelect(walk, node, outer);
    case 'InsertStmt':
      return walkInsert(walk, node, outer);
    case 'UpdateStmt':
      return walkUpdate(walk, node, outer);
    case 'DeleteStmt':
      return walkDelete(walk, node, outer);
    case 'MergeStmt':
      return walkMerge(walk, node, outer);
    default:
      walk.found.opaque.add(`unknown query ${node.type}`);
      return { outputs: new Set(), columns: NO_ORIGINS, lockable: [] };
  }
}

function selectStatement(walk: Walk, node: AstNode): StatementResult {
  const shape = walkSelect(walk, node, emptyScope());
  const creates = structAt(leftmost(node).fields, 'intoClause') !== undefined;
  useColumns(walk, shape.columns, creates ? 'expression' : 'output');
  if (!creates) walk.found.outputs = outputFields(walk, shape.columns);
  if (!walk.found.has('SELECT')) walk.found.add('SELECT');
  if (walk.found.bounds.length === 0) walk.found.bounds.push(shape.bound());
  walk.found.hasLimit = shape.hasLimit;
  return { kind: creates ? 'CREATE TABLE' : 'SELECT', returnsRows: !creates };
}

/** In a set operation INTO stands in the first SELECT. */
function leftmost(node: AstNode): AstNode {
  let current = node;
  for (;;) {
    const left = structAt(current.fields, 'larg');
    if (left === undefined) return current;
    current = { type: 'SelectStmt', fields: left };
  }
}

function modifying(kind: SqlKind): StatementHandler {
  return (walk, node) => {
    const { columns } = walk.derive(node, emptyScope());
    useColumns(walk, columns, 'output');
    walk.found.outputs = outputFields(walk, columns);
    // RETURNING of a modifying common table is not the statement's own.
    return { kind, returnsRows: hasReturning(node) };
  };
}

function hasReturning(node: AstNode): boolean {
  return (
    structAt(node.fields, 'returningClause') !== undefined || Array.isArray(node.fields['returningList'])
  );
}

/** SELECT, INSERT, UPDATE, DELETE and MERGE as statements. */
export const QUERY_STATEMENTS: StatementHandlers = {
  SelectStmt: selectStatement,
  InsertStmt: modifying('INSERT'),
  UpdateStmt: modifying('UPDATE'),
  DeleteStmt: modifying('DELETE'),
  MergeStmt: modifying('MERGE'),
};
