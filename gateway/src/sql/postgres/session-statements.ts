import { formatName } from '../qualified-name.ts';
import { type AstNode, flagAt, nodeAt, nodesAt, stringsAt, structAt, textAt } from './ast.ts';
import { turnOutputs } from './columns-used.ts';
import { walkList } from './expression.ts';
import { valueGroup } from './field-uses.ts';
import { rowChangesIn } from './row-changes.ts';
import { emptyScope } from './scope.ts';
import { walkInto } from './select.ts';
import {
  plainResult,
  type StatementEnv,
  type StatementHandlers,
  type StatementResult,
} from './statement-walk.ts';
import type { Walk } from './walk.ts';

function inner(walk: Walk, node: AstNode, env: StatementEnv): StatementResult {
  const query = nodeAt(node.fields, 'query');
  if (query !== undefined) return env.nested(walk, query);
  walk.found.opaque.add(`${node.type} without a query`);
  return plainResult('UNKNOWN');
}

/** EXPLAIN is judged as the statement it explains: ANALYZE runs it, and planning alone can run functions. */
function explain(walk: Walk, node: AstNode, env: StatementEnv): StatementResult {
  inner(walk, node, env);
  const options = nodesAt(node.fields, 'options');
  const named = (name: string): readonly AstNode[] =>
    options.filter((option) => textAt(option.fields, 'defname') === name);
  const isAnalyze = named('analyze').some((option) => !isOff(option));
  const isWithoutCosts = named('costs').length > 0 && named('costs').every(isOff);
  // A plan has no rows, but estimates by statistics, such as how wide a column is; what ran tells of memory, too.
  turnOutputs(walk, isWithoutCosts && !isAnalyze ? undefined : 'expression');
  env.isExplain(isAnalyze);
  walk.found.add('EXPLAIN');
  return { kind: 'EXPLAIN', returnsRows: true };
}

/** True for an option that is plainly switched off. */
function isOff(option: AstNode): boolean {
  const value = nodeAt(option.fields, 'arg');
  if (value === undefined) return false;
  if (value.type === 'Integer') return (value.fields['ival'] ?? 0) === 0;
  return ['false', 'off'].includes(textAt(value.fields, 'sval').toLowerCase());
}

function prepare(walk: Walk, node: AstNode, env: StatementEnv): StatementResult {
  const name = textAt(node.fields, 'name');
  const query = nodeAt(node.fields, 'query');
  walk.found.add('PREPARE', { objects: [formatName([name])] });
  walkList(walk, nodesAt(node.fields, 'argtypes'), emptyScope());
  if (query === undefined) {
    walk.found.opaque.add('PREPARE without a statement');
    return plainResult('PREPARE');
  }
  const { facts, result, found } = env.apart(walk, query);
  walk.found.absorb(found);
  walk.found.innerChanges = rowChangesIn(facts);
  const prepared = { name, facts, returnsRows: result.returnsRows };
  return { kind: 'PREPARE', returnsRows: false, prepare: prepared };
}

/** The atoms of EXECUTE are those of what was prepared. */
function execute(walk: Walk, node: AstNode, env: StatementEnv): StatementResult {
  const name = textAt(node.fields, 'name');
  const parameters = nodesAt(node.fields, 'params').map((parameter) => {
    const group = valueGroup();
    walk.found.fields.together(() => walkList(walk, [parameter], emptyScope()), group);
    return group;
  });
  walk.found.add('EXECUTE', { objects: [formatName([name])] });
  walk.found.usesPrepared = true;
  const facts = env.prepared(name);
  if (facts === undefined)
    walk.found.opaque.add(`EXECUTE of the unknown prepared statement ${formatName([name])}`);
  else walk.found.inherit(facts, parameters);
  return { kind: 'EXECUTE', returnsRows: true, execute: { name } };
}

function deallocate(walk: Walk, node: AstNode): StatementResult {
  const name = textAt(node.fields, 'name');
  walk.found.add('DEALLOCATE', name === '' ? {} : { objects: [formatName([name])] });
  return { ...plainResult('DEALLOCATE'), deallocate: name === '' ? {} : { name } };
}

function declareCursor(walk: Walk, node: AstNode, env: StatementEnv): StatementResult {
  const name = textAt(node.fields, 'portalname');
  inner(walk, node, env);
  walk.found.add('DECLARE', { objects: [formatName([name])] });
  return { ...plainResult('DECLARE'), cursor: { action: 'declare', name } };
}

function fetch(walk: Walk, node: AstNode): StatementResult {
  const name = textAt(node.fields, 'portalname');
  const moves = flagAt(node.fields, 'ismove');
  const kind = moves ? 'MOVE' : 'FETCH';
  walk.found.add(kind, { objects: [formatName([name])] });
  return { kind, returnsRows: !moves, cursor: { action: moves ? 'move' : 'fetch', name } };
}

function closeCursor(walk: Walk, node: AstNode): StatementResult {
  const name = textAt(node.fields, 'portalname');
  walk.found.add('CLOSE', name === '' ? {} : { objects: [formatName([name])] });
  return { ...plainResult('CLOSE'), cursor: name === '' ? { action: 'close' } : { action: 'close', name } };
}

/** CREATE TABLE AS and CREATE MATERIALIZED VIEW; the query may be an EXECUTE. */
function createTableAs(walk: Walk, node: AstNode, env: StatementEnv): StatementResult {
  const kind =
    textAt(node.fields, 'objtype') === 'OBJECT_MATVIEW' ? 'CREATE MATERIALIZED VIEW' : 'CREATE TABLE';
  inner(walk, node, env);
  turnOutputs(walk, 'expression');
  const into = structAt(node.fields, 'into');
  if (into === undefined) walk.found.opaque.add('CREATE TABLE AS without a table');
  else walkInto(walk, into, kind);
  return plainResult(kind);
}

function call(walk: Walk, node: AstNode): StatementResult {
  const funccall = structAt(node.fields, 'funccall') ?? {};
  const name = walk.names.function(stringsAt(funccall, 'funcname'));
  if (name === undefined) walk.found.opaque.add('CALL with unknown search_path');
  else {
    walk.found.add('CALL', { functions: name.functions });
    walk.found.carry(name.functions);
  }
  walkList(walk, nodesAt(funccall, 'args'), emptyScope());
  return { kind: 'CALL', returnsRows: true };
}

/** The body of DO is text in some language: opaque to any parser. */
function doBlock(walk: Walk): StatementResult {
  walk.found.add('DO');
  walk.found.opaque.add('DO block');
  return plainResult('DO');
}

/** Statements that prepare, run or wrap others, and cursors. */
export const SESSION_STATEMENTS: StatementHandlers = {
  CallStmt: call,
  ClosePortalStmt: closeCursor,
  CreateTableAsStmt: createTableAs,
  DeallocateStmt: deallocate,
  DeclareCursorStmt: declareCursor,
  DoStmt: doBlock,
  ExecuteStmt: execute,
  ExplainStmt: explain,
  FetchStmt: fetch,
  PrepareStmt: prepare,
};
