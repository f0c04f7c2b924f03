import { type AstNode, type Fields, flagAt, nodeAt, nodesAt, stringsAt, structAt, textAt } from './ast.ts';
import { useColumns } from './columns-used.ts';
import { walkChildren } from './expression.ts';
import { type Columns, NO_ORIGINS, renamedColumns } from './lineage.ts';
import { type CommonTable, innerScope, type Scope } from './scope.ts';
import type { Walk } from './walk.ts';

/**
 * Opens the scope of a query: walks its WITH clause and makes the common tables visible. Without RECURSIVE a common
 * table sees only those before it; with it, all of them, itself included.
 */
export function openScope(walk: Walk, query: Fields, outer: Scope): Scope {
  const clause = structAt(query, 'withClause');
  if (clause === undefined) return innerScope(outer);
  const items = nodesAt(clause, 'ctes');
  const recursive = flagAt(clause, 'recursive');
  let visible = outer.commonTables;
  const early = items.map((item) => ({ ...declared(item, NOT_WALKED), early: { used: false } }));
  if (recursive) visible = [...visible, ...early];
  for (const [index, item] of items.entries()) {
    if (item.type !== 'CommonTableExpr') walk.found.opaque.add(`unknown WITH item ${item.type}`);
    const made = walkCommonTable(walk, item, innerScopeFor(outer, visible));
    // Whoever used it before it was walked took its columns for computed ones.
    if (early[index]?.early.used === true) useColumns(walk, made.columns, 'expression');
    visible = [...visible, made];
  }
  return innerScope(outer, visible);
}

const NOT_WALKED: Body = { outputs: new Set(), columns: NO_ORIGINS };

/** The body of a common table does not see the relations of its own query, only those further out. */
function innerScopeFor(outer: Scope, visible: readonly CommonTable[]): Scope {
  return { relations: [], outer, commonTables: visible };
}

const BODY: ReadonlySet<string> = new Set(['ctequery', 'aliascolnames', 'search_clause', 'cycle_clause']);

function walkCommonTable(walk: Walk, item: AstNode, scope: Scope): CommonTable {
  const body = nodeAt(item.fields, 'ctequery');
  const shape = body === undefined ? NOT_WALKED : walk.derive(body, scope);
  walkChildren(walk, item, scope, BODY);
  const cycle = structAt(item.fields, 'cycle_clause');
  if (cycle !== undefined) walkChildren(walk, { type: 'CTECycleClause', fields: cycle }, scope);
  return declared(item, shape);
}

interface Body {
  readonly outputs: ReadonlySet<string>;
  readonly columns: Columns;
}

function declared(item: AstNode, { outputs, columns }: Body): CommonTable {
  const renamed = stringsAt(item.fields, 'aliascolnames');
  return {
    name: textAt(item.fields, 'ctename'),
    outputs: renamed.length > 0 ? new Set(renamed) : outputs,
    columns: renamedColumns(columns, renamed),
  };
}
