import type { Facts, FieldUseKind, StatementFacts } from '../../model/facts.ts';
import { CatalogView, type TableCatalog } from './catalog-view.ts';
import { useColumns } from './columns-used.ts';
import type { Findings } from './findings.ts';
import type { GrammarError } from './grammar-error.ts';
import { KnownColumns } from './known-columns.ts';
import { Names } from './names.ts';
import type { ParsedStatement, SqlParser } from './parse.ts';
import { walkQuery } from './query-statement.ts';
import type { RelationCatalog } from './relation-catalog.ts';
import type { RoutineCatalog } from './routine-catalog.ts';
import { SessionTracker } from './session-tracker.ts';
import {
  type AnalysedStatement,
  analyseStatement,
  type StatementSurroundings,
} from './statement-dispatch.ts';
import { bareFacts, refusedFacts } from './statement-facts.ts';
import type { SqlStatementInfo } from './statement-info.ts';
import { offsetsIn } from './string-offsets.ts';
import { checkText, DEFAULT_LIMITS, type TextLimits } from './text-limits.ts';
import type { Walk } from './walk.ts';

/** What of the session decides the meaning of a text. Everything in it must be covered by `epoch`. */
export interface SqlSessionState extends TableCatalog {
  /** Candidate schemas of unqualified names, in order, `$user` resolved; pg_catalog only where it is listed. */
  readonly searchPath: readonly string[];
  /**
   * The path that the end of the open transaction may bring back. Must be given when the path was changed inside
   * the open transaction; absent means that it was not.
   */
  readonly searchPathAfterTransaction?: readonly string[];
  /** Functions and operators of the database; absent means that nothing is known of them. */
  readonly routines?: RoutineCatalog;
  /** Relations of the database; absent means that nothing is known of them, so that each may be a view of anything. */
  readonly relations?: RelationCatalog;
  /** Changes whenever any other member (or a prepared statement) changes. */
  readonly epoch: number;
}

/** Facts of a text, and what the relay must know of each statement. The two lists are aligned. */
export interface SqlAnalysis {
  readonly facts: Facts;
  readonly statements: readonly SqlStatementInfo[];
  /** True when it depends on nothing but text, state and major: may be kept for the epoch. */
  readonly cacheable: boolean;
}

/** The text is not grammatical: PostgreSQL would answer with this error. */
export interface SqlSyntaxError {
  readonly syntaxError: GrammarError;
}

/** Options of {@link analyseSql}. */
export interface AnalyseOptions {
  readonly limits?: TextLimits;
}

/**
 * Turns SQL text into facts. Never throws: what the parser or the walker cannot take comes back as one statement of
 * kind UNKNOWN with an `opaque` reason (P3). `prepared` gives the facts of a prepared statement of the session, under
 * the current state.
 */
export function analyseSql(
  parser: SqlParser,
  text: string,
  state: SqlSessionState,
  prepared: (name: string) => StatementFacts | undefined = () => undefined,
  options: AnalyseOptions = {},
): SqlAnalysis | SqlSyntaxError {
  const checked = checkText(text, options.limits ?? DEFAULT_LIMITS);
  if ('refusal' in checked) return refuse(text, checked.refusal);
  // Whether there is nothing in it is for the grammar to say; some majors give no tree for the empty string.
  const outcome = parser.parse(text === '' ? ' ' : text);
  if ('syntaxError' in outcome) return outcome;
  if ('failure' in outcome) return refuse(text, outcome.failure);
  if (outcome.statements.length === 0)
    return checked.empty
      ? single(text, 'EMPTY', bareFacts('EMPTY'), true)
      : refuse(text, 'the parser found no statement');
  try {
    return analyseStatements({ text, statements: outcome.statements }, parser, state, prepared);
  } catch (error) {
    return refuse(text, `the analysis gave up (${error instanceof Error ? error.name : 'unknown error'})`);
  }
}

/** True when the text was not grammatical. */
export function isSyntaxError(analysis: SqlAnalysis | SqlSyntaxError): analysis is SqlSyntaxError {
  return 'syntaxError' in analysis;
}

function analyseStatements(
  { text, statements }: { readonly text: string; readonly statements: readonly ParsedStatement[] },
  parser: SqlParser,
  state: SqlSessionState,
  prepared: (name: string) => StatementFacts | undefined,
): SqlAnalysis {
  const tracker = new SessionTracker(state.searchPath, state.searchPathAfterTransaction, prepared);
  let hasCollation: boolean | undefined;
  const known: Known = {
    catalog: CatalogView.of(state),
    relations: state.relations,
    columns: KnownColumns.of(state.relations),
    offset: offsetsIn(text),
    hasCollation: () => (hasCollation ??= /collate/i.test(text)),
  };
  const analysed: AnalysedStatement[] = [];
  for (const { node } of statements) {
    const names = Names.on(tracker.path, parser.namesMajor, state.routines);
    const around: StatementSurroundings = {
      statementCount: statements.length,
      walkInto: (found) => walkOf({ names, found }, known),
      prepared: (name) => tracker.prepared(name, (inner) => analyseStatement(inner, around).facts),
    };
    const statement = analyseStatement(node, around);
    tracker.after(node, statement.result, statement.settings);
    analysed.push(statement);
  }
  return {
    facts: { family: 'sql', action: 'query', statements: analysed.map((statement) => statement.facts) },
    statements: analysed.map((statement, index) => infoOf(statement, statements[index])),
    cacheable: analysed.every((statement) => !statement.usesPrepared),
  };
}

/** What a walk knows besides names. */
interface Known {
  readonly catalog: CatalogView;
  readonly relations: RelationCatalog | undefined;
  readonly columns: KnownColumns;
  readonly offset: (bytes: number) => number;
  readonly hasCollation: () => boolean;
}

/** Where a query stands inside an expression whose value is answered for. */
const INSIDE: ReadonlySet<FieldUseKind> = new Set(['computed', 'derived', 'filter']);

function walkOf(
  { names, found }: { readonly names: Names; readonly found: Findings },
  { catalog, relations, columns, offset, hasCollation }: Known,
): Walk {
  const walk: Walk = {
    names,
    found,
    relations,
    columns,
    offset,
    hasCollation,
    derive: (node, outer) => found.fields.as('expression', () => walkQuery(walk, node, outer)),
    query: (node, outer) => {
      const shape = walk.derive(node, outer);
      useColumns(walk, shape.columns, INSIDE.has(found.fields.kind) ? found.fields.kind : 'expression');
      return shape;
    },
    call: (parts) => {
      const name = names.function(parts);
      if (name === undefined) found.opaque.add(`function ${parts.join('.')} with unknown search_path`);
      else found.call(name);
    },
    columnsOf: (relation) => catalog.columnsOf(relation),
    keysOf: (relation) => catalog.keysOf(relation),
  };
  return walk;
}

function infoOf(statement: AnalysedStatement, parsed: ParsedStatement | undefined): SqlStatementInfo {
  return {
    ...statement.result,
    ...(statement.settings.length === 0 ? {} : { settings: statement.settings }),
    location: { start: parsed?.start ?? 0, end: parsed?.end ?? 0 },
  };
}

function refuse(text: string, reason: string): SqlAnalysis {
  return single(text, 'UNKNOWN', refusedFacts(reason), false);
}

function single(text: string, kind: string, facts: StatementFacts, cacheable: boolean): SqlAnalysis {
  return {
    facts: { family: 'sql', action: 'query', statements: [facts] },
    statements: [{ kind, returnsRows: false, location: { start: 0, end: text.length } }],
    cacheable,
  };
}
