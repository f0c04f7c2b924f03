/** What a COPY TO STDOUT sends, as the statement says (https://www.postgresql.org/docs/18/sql-copy.html). */
import { type AstNode, type Fields, nodeAt, nodesAt, stringsAt, textAt } from './ast.ts';
import type { RelationName } from './names.ts';

/** Form and columns of the data. Options that were not given are absent. */
export interface CopyOut {
  readonly format: 'text' | 'csv' | 'binary';
  readonly delimiter?: string;
  readonly nullText?: string;
  readonly hasHeader?: boolean;
  readonly quote?: string;
  readonly escape?: string;
  readonly encoding?: string;
  /** Names of options that are not among these and may change what is sent; an unknown format too. */
  readonly furtherOptions: readonly string[];
  /** The table; undefined for `COPY (query)`. */
  readonly table: CopyOutTable | undefined;
}

/** The table that is copied. */
export interface CopyOutTable {
  /** What its name may mean, as in the dimension `tables`. */
  readonly candidates: readonly string[];
  /** Undefined: all columns that are not generated. */
  readonly columns: readonly string[] | undefined;
}

/** Reads the options of a CopyStmt whose table, if it has one, was resolved. */
export function readCopyOut(node: AstNode, relation: RelationName | undefined): CopyOut {
  const columns = stringsAt(node.fields, 'attlist');
  const read: { -readonly [Key in keyof CopyOut]: CopyOut[Key] } = {
    format: 'text',
    furtherOptions: [],
    table:
      relation === undefined
        ? undefined
        : { candidates: relation.tables, columns: columns.length === 0 ? undefined : columns },
  };
  const further: string[] = [];
  for (const option of nodesAt(node.fields, 'options')) {
    const name = textAt(option.fields, 'defname');
    const value = optionText(option.fields);
    if (name === 'format' && (value === 'text' || value === 'csv' || value === 'binary')) read.format = value;
    else if (name === 'delimiter') read.delimiter = value;
    else if (name === 'null') read.nullText = value;
    else if (name === 'quote') read.quote = value;
    else if (name === 'escape') read.escape = value;
    else if (name === 'encoding') read.encoding = value;
    else if (name === 'header' && booleanOf(option.fields) !== undefined)
      read.hasHeader = booleanOf(option.fields) === true;
    // It changes which values are quoted, and readers of CSV take both.
    else if (name !== 'force_quote') further.push(name);
  }
  read.furtherOptions = further;
  return read;
}

function optionText(fields: Fields): string {
  const arg = nodeAt(fields, 'arg');
  return arg === undefined ? '' : textAt(arg.fields, 'sval');
}

const WORDS: ReadonlyMap<string, boolean> = new Map([
  ['true', true],
  ['on', true],
  ['1', true],
  ['false', false],
  ['off', false],
  ['0', false],
]);

/** As defGetBoolean reads it: nothing is true. */
function booleanOf(fields: Fields): boolean | undefined {
  const arg = nodeAt(fields, 'arg');
  if (arg === undefined) return true;
  if (arg.type === 'Boolean') return arg.fields['boolval'] === true;
  if (arg.type === 'Integer') return WORDS.get(arg.fields['ival'] === 1 ? '1' : '0');
  return WORDS.get(textAt(arg.fields, 'sval').toLowerCase());
}
