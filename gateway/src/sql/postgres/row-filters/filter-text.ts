/** From a text and the row filters of a session to the text that is sent instead. */

import type { StatementFacts } from '../../../model/facts.ts';
import { type AstNode, childrenOf, nodeAt, textAt } from '../ast.ts';
import { Names } from '../names.ts';
import type { ParsedStatement, SqlParser } from '../parse.ts';
import type { RelationCatalog } from '../relation-catalog.ts';
import type { RoutineCatalog } from '../routine-catalog.ts';
import { copyAsQuery } from './copies.ts';
import { FilteredRelations } from './filtered-relations.ts';
import { Rewriting } from './rewrite.ts';
import type { FilterRefusal, RowFilter } from './row-filter.ts';
import { sentText } from './sent-text.ts';
import type { Tree } from './tree.ts';

/** What decides the meaning of a text, see `SqlSessionState`. */
export interface FilterState {
  readonly searchPath: readonly string[];
  readonly routines?: RoutineCatalog;
  readonly relations?: RelationCatalog;
}

/** A text within its filters. */
export interface FilteredText {
  readonly text: string;
  /** Statement by statement; `undefined` where it stayed as it was. */
  readonly pieces: readonly (string | undefined)[];
}

/** What is judged of one text. */
export interface JudgedText {
  readonly text: string;
  readonly facts: readonly StatementFacts[];
  /** It sets what names mean for statements of the same text. */
  readonly changesNames: boolean;
}

/** The text that keeps within the filters; `undefined` where the text as it is does. */
export function filterText(
  parser: SqlParser,
  judged: JudgedText,
  state: FilterState,
  filters: readonly RowFilter[],
): FilteredText | FilterRefusal | undefined {
  const parsed = parser.parse(judged.text);
  const rule = filters[0]?.rule ?? '';
  if (!('statements' in parsed)) return { rule, reason: 'it cannot be read a second time' };
  const { statements } = parsed;
  if (judged.changesNames && statements.length > 1)
    return {
      rule,
      reason: 'it changes what names mean for statements of the same text: send them one by one',
    };
  const pieces: (string | undefined)[] = [];
  for (const [index, statement] of statements.entries()) {
    const made = filterStatement(parser, statement, { state, filters, facts: judged.facts[index] });
    if (typeof made === 'object') return { rule: made.rule === '' ? rule : made.rule, reason: made.reason };
    pieces.push(made);
  }
  if (pieces.every((piece) => piece === undefined)) return undefined;
  const all = statements.map(({ start, end }, index) => pieces[index] ?? judged.text.slice(start, end));
  return { text: all.join(';\n'), pieces };
}

interface Surroundings {
  readonly state: FilterState;
  readonly filters: readonly RowFilter[];
  readonly facts: StatementFacts | undefined;
}

function filterStatement(
  parser: SqlParser,
  { node }: ParsedStatement,
  { state, filters, facts }: Surroundings,
): string | FilterRefusal | undefined {
  // What they run was filtered when it was prepared; the session knows which.
  if (node.type === 'ExecuteStmt' || node.type === 'FetchStmt') return undefined;
  const carried = carriedRefusal(facts, filters);
  if (carried !== undefined) return carried;
  const fields = structuredClone(node.fields) as Tree;
  const at: AstNode = { type: node.type, fields };
  const names = new Names(state.searchPath, parser.namesMajor, state.routines);
  const commonTables = commonTablesIn(at);
  const relations = new FilteredRelations(filters, { names, relations: state.relations, commonTables });
  if (BOUNDLESS.has(node.type)) return { rule: '', reason: 'it may drop or change hands of filtered tables' };
  if (!isRewritten(at)) return unlessClear(facts, filters, state);
  const rewriting = new Rewriting(relations, names);
  if (node.type === 'CopyStmt') copyAsQuery(rewriting, fields);
  rewriting.visit(at);
  if (rewriting.refusal !== undefined) return rewriting.refusal;
  if (!rewriting.isChanged) return undefined;
  return (
    sentText(parser, node.type, fields) ?? {
      rule: '',
      reason: 'it cannot be written anew for certain with its row filter: write it in a simpler form',
    }
  );
}

/** What they are about is in no name that they have. */
const BOUNDLESS: ReadonlySet<string> = new Set(['DropOwnedStmt', 'ReassignOwnedStmt', 'DropdbStmt']);

const QUERIES: ReadonlySet<string> = new Set([
  'SelectStmt',
  'InsertStmt',
  'UpdateStmt',
  'DeleteStmt',
  'MergeStmt',
]);

/** Statements that can be kept within filters. EXPLAIN is none: its plans tell of all rows. */
function isRewritten({ type, fields }: AstNode): boolean {
  if (type === 'PrepareStmt' || type === 'DeclareCursorStmt') {
    return QUERIES.has(nodeAt(fields, 'query')?.type ?? '');
  }
  if (type === 'CreateTableAsStmt') {
    return textAt(fields, 'objtype') === 'OBJECT_TABLE' && nodeAt(fields, 'query')?.type === 'SelectStmt';
  }
  return QUERIES.has(type) || type === 'CopyStmt';
}

/** Of other statements: they may not be about a filtered relation at all. */
function unlessClear(
  facts: StatementFacts | undefined,
  filters: readonly RowFilter[],
  { relations }: FilterState,
): FilterRefusal | undefined {
  const tables = (facts?.atoms ?? []).flatMap(({ values }) => values['tables'] ?? []);
  const all = tables.flatMap((table) => {
    const known = relations?.relation(table);
    return [table, ...(known?.parents ?? []), ...(known?.reads ?? [])];
  });
  const met = filters.find(({ isFor }) => facts === undefined || all.some((table) => isFor(table)));
  if (met === undefined) return undefined;
  const kind = facts?.attributes['kind'];
  const what = typeof kind === 'string' ? kind : 'it';
  return { rule: met.rule, reason: `${what} cannot be kept within the row filter of what it is about` };
}

/** Functions that may hand out rows of any table, and tables by names that are not known. */
function carriedRefusal(
  facts: StatementFacts | undefined,
  filters: readonly RowFilter[],
): FilterRefusal | undefined {
  const fields = facts?.fields;
  if (fields === undefined)
    return { rule: filters[0]?.rule ?? '', reason: 'what it does with filtered tables cannot be told' };
  for (const { by, names } of fields) {
    if (by?.dimension !== 'functions') continue;
    const met = filters.find(
      (filter) =>
        (by.isMade === true || !filter.vouchesFor('functions', by.names)) &&
        names.some((name) => filter.isFor(tableOf(name))),
    );
    if (met !== undefined)
      return {
        rule: met.rule,
        reason: `${by.names[0] ?? 'a function'} may hand out rows of filtered tables`,
      };
  }
  return undefined;
}

/** `schema.table.column` → `schema.table`; quoted parts keep their dots. */
function tableOf(column: string): string {
  return column === '*' ? '*' : column.replace(/\.(?:"(?:[^"]|"")*"|[^."]*)$/, '');
}

function commonTablesIn(at: AstNode, found: Set<string> = new Set()): Set<string> {
  if (at.type === 'CommonTableExpr') found.add(textAt(at.fields, 'ctename'));
  for (const child of childrenOf(at).nodes) commonTablesIn(child, found);
  return found;
}
