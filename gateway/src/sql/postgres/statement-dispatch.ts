import type { StatementFacts } from '../../model/facts.ts';
import { ACCESS_STATEMENTS } from './access-statements.ts';
import type { AstNode, Fields } from './ast.ts';
import { nodeAt, nodesAt } from './ast.ts';
import { CODE_STATEMENTS } from './code-statements.ts';
import { DATA_STATEMENTS } from './data-statements.ts';
import { DDL_STATEMENTS } from './ddl.ts';
import { Findings } from './findings.ts';
import { FOREIGN_STATEMENTS } from './foreign-statements.ts';
import { QUERY_STATEMENTS } from './query-statement.ts';
import { SESSION_STATEMENTS } from './session-statements.ts';
import { SETTINGS_STATEMENTS } from './settings-statements.ts';
import { type StatementFrame, statementFacts } from './statement-facts.ts';
import type { SettingChange } from './statement-info.ts';
import {
  plainResult,
  type StatementEnv,
  type StatementHandlers,
  type StatementResult,
} from './statement-walk.ts';
import type { Walk } from './walk.ts';

const HANDLERS: StatementHandlers = {
  ...ACCESS_STATEMENTS,
  ...CODE_STATEMENTS,
  ...DATA_STATEMENTS,
  ...DDL_STATEMENTS,
  ...FOREIGN_STATEMENTS,
  ...QUERY_STATEMENTS,
  ...SESSION_STATEMENTS,
  ...SETTINGS_STATEMENTS,
};

/** Statement node types that have a handler. */
export function isStatementType(type: string): boolean {
  return Object.hasOwn(HANDLERS, type);
}

/** A statement, analysed. */
export interface AnalysedStatement {
  readonly facts: StatementFacts;
  readonly result: StatementResult;
  readonly settings: readonly SettingChange[];
  readonly usesPrepared: boolean;
}

/** What the surroundings of a statement give it. */
export interface StatementSurroundings {
  readonly statementCount: number;
  readonly prepared: (name: string) => StatementFacts | undefined;
  /** A walk over a statement and names of now, into those findings. */
  readonly walkInto: (found: Findings) => Walk;
}

/** Analyses one statement; a type without a handler is opaque (P3). */
export function analyseStatement(node: AstNode, around: StatementSurroundings): AnalysedStatement {
  const found = new Findings();
  const { result, explain } = dispatch(around.walkInto(found), node, around);
  const facts = statementFacts(found, { kind: result.kind, explain, statementCount: around.statementCount });
  const settings = found.settings.map((change) => (tellsValues(node) ? change : withoutValue(change)));
  return { facts, result, settings, usesPrepared: found.usesPrepared };
}

function dispatch(
  walk: Walk,
  node: AstNode,
  around: StatementSurroundings,
): { result: StatementResult; explain: StatementFrame['explain'] } {
  let explain: StatementFrame['explain'] = 'none';
  const env: StatementEnv = {
    prepared: around.prepared,
    isExplain: (analyze) => {
      explain = analyze ? 'analyze' : 'plan';
    },
    nested: (inside, inner) => run(inside, inner, env),
    apart: (inside, inner) => {
      const found = new Findings();
      const result = run({ ...around.walkInto(found), names: inside.names }, inner, env);
      const frame: StatementFrame = { kind: result.kind, explain: 'none', statementCount: 1 };
      return { facts: statementFacts(found, frame), result, found };
    },
  };
  return { result: run(walk, node, env), explain };
}

function run(walk: Walk, node: AstNode, env: StatementEnv): StatementResult {
  const handler = HANDLERS[node.type];
  if (handler !== undefined && Object.hasOwn(HANDLERS, node.type)) return handler(walk, node, env);
  walk.found.add('UNKNOWN');
  walk.found.opaque.add(`unknown statement ${node.type}`);
  return plainResult('UNKNOWN');
}

/** Whether the statement certainly makes the changes it names: SET does, set_config() only when surely called. */
function tellsValues(node: AstNode): boolean {
  return node.type === 'SelectStmt' ? isPlainCall(node.fields) : node.type !== 'ExplainStmt' && isSet(node);
}

function isSet(node: AstNode): boolean {
  return node.type === 'VariableSetStmt' || node.type === 'TransactionStmt' || node.type === 'DiscardStmt';
}

const PLAIN_SELECT: ReadonlySet<string> = new Set(['targetList', 'limitOption', 'op']);

/** `SELECT set_config(…)` and nothing around it. */
function isPlainCall(fields: Fields): boolean {
  const targets = nodesAt(fields, 'targetList');
  return (
    Object.keys(fields).every((field) => PLAIN_SELECT.has(field)) &&
    targets.every((target) => nodeAt(target.fields, 'val')?.type === 'FuncCall')
  );
}

function withoutValue(change: SettingChange): SettingChange {
  return { name: change.name, scope: change.scope };
}
