/**
 * Trees written as text. What is written is read again by the grammar of the server, and has to be the same tree: whatever a
 * writer of SQL gets wrong is a refusal, never another statement (P2).
 */
import { isDeepStrictEqual } from 'node:util';
import { deparseSync } from 'pgsql-deparser';
import type { ParserMajor, SqlParser } from '../parse.ts';
import type { Tree } from './tree.ts';

/** The text of one statement; `undefined` where it cannot be written for certain. */
export function sentText(parser: SqlParser, type: string, fields: Tree): string | undefined {
  const text = written(type, fields, parser.major);
  if (text === undefined) return undefined;
  const read = parser.parse(text);
  if (!('statements' in read)) return undefined;
  const [only, ...more] = read.statements;
  if (only === undefined || more.length > 0 || only.node.type !== type) return undefined;
  return isDeepStrictEqual(withoutPlaces(only.node.fields), withoutPlaces(fields)) ? text : undefined;
}

function written(type: string, fields: Tree, major: ParserMajor): string | undefined {
  try {
    const form = major === 18 ? fields : (inNewestForm(fields) as Tree);
    return deparseSync({ [type]: form } as never, { pretty: false });
  } catch {
    return undefined;
  }
}

/** Where a node stood in the text: what is compared is what was said. */
const PLACES: ReadonlySet<string> = new Set([
  'location',
  'name_location',
  'list_start',
  'list_end',
  'rexpr_list_start',
  'rexpr_list_end',
]);

function withoutPlaces(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutPlaces);
  if (typeof value !== 'object' || value === null) return value;
  const kept = Object.entries(value).filter(([field]) => !PLACES.has(field));
  return Object.fromEntries(kept.map(([field, one]) => [field, withoutPlaces(one)]));
}

/** The writer knows the trees of PostgreSQL 18: RETURNING and MERGE had another form before 18 and 17. */
function inNewestForm(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(inNewestForm);
  if (typeof value !== 'object' || value === null) return value;
  const form: Tree = {};
  for (const [field, one] of Object.entries(value)) {
    if (field === 'returningList') form['returningClause'] = { exprs: inNewestForm(one) };
    else if (field === 'MergeWhenClause') form[field] = mergeClause(one as Tree);
    else form[field] = inNewestForm(one);
  }
  return form;
}

function mergeClause({ matched, ...fields }: Tree): Tree {
  const rest = inNewestForm(fields) as Tree;
  if (fields['matchKind'] !== undefined) return rest;
  return { ...rest, matchKind: matched === true ? 'MERGE_WHEN_MATCHED' : 'MERGE_WHEN_NOT_MATCHED_BY_TARGET' };
}
