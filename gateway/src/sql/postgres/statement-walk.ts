import type { StatementFacts } from '../../model/facts.ts';
import type { SqlKind } from '../kinds.ts';
import type { AstNode } from './ast.ts';
import type { Findings } from './findings.ts';
import type { SqlStatementInfo } from './statement-info.ts';
import type { Walk } from './walk.ts';

/** What a statement handler reports besides what it puts into the findings. */
export type StatementResult = Omit<SqlStatementInfo, 'kind' | 'location' | 'settings'> & {
  readonly kind: SqlKind;
};

/** What handlers of statements need beyond the walk. */
export interface StatementEnv {
  /** Facts of a prepared statement, `undefined` when it is not known. */
  readonly prepared: (name: string) => StatementFacts | undefined;
  /** Walks a statement inside another (EXPLAIN, PREPARE…), into the same findings. */
  readonly nested: (walk: Walk, node: AstNode) => StatementResult;
  /** Analyses a statement on its own: its facts are kept apart. */
  readonly apart: (walk: Walk, node: AstNode) => SeparateStatement;
  readonly isExplain: (analyze: boolean) => void;
}

/** A statement inside another, analysed on its own. */
export interface SeparateStatement {
  readonly facts: StatementFacts;
  readonly result: StatementResult;
  readonly found: Findings;
}

/** Walks one kind of statement. */
export type StatementHandler = (walk: Walk, node: AstNode, env: StatementEnv) => StatementResult;

/** Handlers by node type. */
export type StatementHandlers = Readonly<Record<string, StatementHandler>>;

/** The result of a statement that returns no rows and has nothing else to tell. */
export function plainResult(kind: SqlKind): StatementResult {
  return { kind, returnsRows: false };
}
