import type { SqlKind } from '../kinds.ts';
import { type NamePart, WILDCARD } from '../qualified-name.ts';
import { type AstNode, flagAt, nodeAt, nodesAt, stringsAt, structAt, textAt } from './ast.ts';
import { noteRelation } from './carried.ts';
import { turnOutputs, useOrigins } from './columns-used.ts';
import { readCopyOut } from './copy-out.ts';
import { noteAnything } from './ddl-disclosure.ts';
import { walkList } from './expression.ts';
import { exposedTable, resolveRelation } from './from-clause.ts';
import { write } from './modify.ts';
import { allTables, type RelationName } from './names.ts';
import { emptyScope } from './scope.ts';
import {
  plainResult,
  type StatementEnv,
  type StatementHandler,
  type StatementHandlers,
  type StatementResult,
} from './statement-walk.ts';
import { noteRead } from './unnamed-reads.ts';
import type { Walk } from './walk.ts';

/** COPY: SELECT or INSERT on the table, or the query's own atoms; and COPY itself, on all their tables, by where the data goes. */
function copy(walk: Walk, node: AstNode, env: StatementEnv): StatementResult {
  const from = flagAt(node.fields, 'is_from');
  const kind: SqlKind = flagAt(node.fields, 'is_program')
    ? 'COPY PROGRAM'
    : textAt(node.fields, 'filename') === ''
      ? 'COPY'
      : 'COPY FILE';
  const relation = copyTable(walk, node, { from, isOfClient: kind === 'COPY' });
  const query = nodeAt(node.fields, 'query');
  if (query !== undefined) {
    env.nested(walk, query);
    // COPY names no origins.
    turnOutputs(walk, 'expression');
  }
  walkList(walk, nodesAt(node.fields, 'options'), emptyScope());
  const tables = relation?.tables ?? walk.found.tables();
  walk.found.add(kind, tables.length === 0 ? {} : { tables });
  if (kind !== 'COPY') return plainResult(kind);
  if (from) return { kind, returnsRows: false, copy: 'in' };
  return { kind, returnsRows: false, copy: 'out', copyOut: readCopyOut(node, relation) };
}

/** Files and programs of the server take values under no name, and may give any: of tables, too. */
function copyTable(
  walk: Walk,
  node: AstNode,
  { from, isOfClient }: { readonly from: boolean; readonly isOfClient: boolean },
): RelationName | undefined {
  const rangeVar = structAt(node.fields, 'relation');
  const relation = rangeVar === undefined ? undefined : resolveRelation(walk, rangeVar);
  if (rangeVar === undefined || relation === undefined) return undefined;
  if (!from) noteRead(walk.found, relation);
  else if (!isOfClient)
    noteAnything(walk, 'carried', { dimension: 'tables', names: relation.tables, isMade: true });
  noteRelation(walk, relation);
  const columns = stringsAt(node.fields, 'attlist');
  const named: readonly NamePart[] = columns.length === 0 ? [WILDCARD] : columns;
  for (const column of named) {
    walk.found.useColumn(from ? 'INSERT' : 'SELECT', relation, column);
    if (from) write(walk, relation, column);
    else useOrigins(walk, [{ relation, column }], isOfClient ? 'output' : 'expression');
  }
  const scope = {
    ...emptyScope(),
    relations: [exposedTable(relation, textAt(rangeVar, 'relname'), undefined)],
  };
  walk.found.fields.decide('condition', () => walkList(walk, nodesAt(node.fields, 'whereClause'), scope));
  return relation;
}

/** One atom for each relation of a list field; with none, the whole database. */
function onRelations(kind: SqlKind, field: string): StatementHandler {
  return (walk, node) => {
    for (const item of nodesAt(node.fields, field)) {
      const relation = resolveRelation(walk, item.fields);
      if (relation !== undefined) walk.found.use(kind, relation);
    }
    return plainResult(kind);
  };
}

function truncate(walk: Walk, node: AstNode, env: StatementEnv): StatementResult {
  walk.found.cascade ||= textAt(node.fields, 'behavior') === 'DROP_CASCADE';
  walk.found.bounds.push({ hasWhere: false, byKey: false });
  return onRelations('TRUNCATE', 'relations')(walk, node, env);
}

function vacuum(walk: Walk, node: AstNode): StatementResult {
  const kind = flagAt(node.fields, 'is_vacuumcmd') ? 'VACUUM' : 'ANALYZE';
  const items = nodesAt(node.fields, 'rels');
  walkList(walk, nodesAt(node.fields, 'options'), emptyScope());
  if (items.length === 0) walk.found.use(kind, allTables());
  for (const item of items) {
    const rangeVar = structAt(item.fields, 'relation');
    const relation = rangeVar === undefined ? undefined : resolveRelation(walk, rangeVar);
    if (relation === undefined) walk.found.opaque.add(`${kind} without a table`);
    else walk.found.use(kind, relation);
  }
  return plainResult(kind);
}

/** Rows lie in the order of an index from then on, and are read in it. */
const cluster: StatementHandler = (walk, node, env) => {
  const rangeVar = structAt(node.fields, 'relation');
  const relation = rangeVar === undefined ? undefined : walk.names.relation(rangeVar);
  if (rangeVar === undefined)
    noteAnything(walk, 'filter', { dimension: 'tables', names: allTables().tables });
  else if (relation !== undefined)
    walk.found.fields.decide('order', () => useOrigins(walk, [{ relation, column: WILDCARD }]));
  return onRelation('CLUSTER')(walk, node, env);
};

/** CLUSTER and REFRESH: one relation, or (CLUSTER alone) all of them. */
function onRelation(kind: SqlKind): StatementHandler {
  return (walk, node) => {
    const rangeVar = structAt(node.fields, 'relation');
    const relation = rangeVar === undefined ? allTables() : resolveRelation(walk, rangeVar);
    if (relation !== undefined) walk.found.use(kind, relation);
    walkList(walk, nodesAt(node.fields, 'params'), emptyScope());
    return plainResult(kind);
  };
}

function reindex(walk: Walk, node: AstNode): StatementResult {
  const rangeVar = structAt(node.fields, 'relation');
  const name = textAt(node.fields, 'name');
  const schema = textAt(node.fields, 'kind') === 'REINDEX_OBJECT_SCHEMA';
  const relation =
    rangeVar === undefined ? allTables(schema ? name : WILDCARD) : resolveRelation(walk, rangeVar);
  if (relation !== undefined) walk.found.use('REINDEX', relation);
  walkList(walk, nodesAt(node.fields, 'params'), emptyScope());
  return plainResult('REINDEX');
}

function onChannel(kind: SqlKind): StatementHandler {
  return (walk, node) => {
    const channel = textAt(node.fields, 'conditionname');
    walk.found.add(kind, { channels: [channel === '' ? '*' : channel] });
    return plainResult(kind);
  };
}

function bare(kind: SqlKind): StatementHandler {
  return (walk) => {
    walk.found.add(kind);
    return plainResult(kind);
  };
}

/** COPY, and statements on tables and the server that are neither queries nor DDL. */
export const DATA_STATEMENTS: StatementHandlers = {
  CheckPointStmt: bare('CHECKPOINT'),
  ClusterStmt: cluster,
  CopyStmt: copy,
  ListenStmt: onChannel('LISTEN'),
  LoadStmt: bare('LOAD'),
  LockStmt: onRelations('LOCK', 'relations'),
  NotifyStmt: onChannel('NOTIFY'),
  RefreshMatViewStmt: onRelation('REFRESH MATERIALIZED VIEW'),
  ReindexStmt: reindex,
  TruncateStmt: truncate,
  UnlistenStmt: onChannel('UNLISTEN'),
  VacuumStmt: vacuum,
};
