import type { FieldUse, StatementFacts } from '../../src/model/facts.ts';
import { analyseSql, type SqlSessionState } from '../../src/sql/postgres/facts.ts';
import type { SqlParser } from '../../src/sql/postgres/parse.ts';
import type { KnownRelation, RelationCatalog } from '../../src/sql/postgres/relation-catalog.ts';
import type { SqlStatementInfo } from '../../src/sql/postgres/statement-info.ts';

/** Line between input and expectation. */
export const SEPARATOR = '----------';

/** One golden case: options in `#` lines, SQL, the separator, what is expected. */
export interface GoldenCase {
  readonly major: number;
  readonly state: SqlSessionState;
  readonly sql: string;
  readonly expected: string;
  /** There is an option `relations`, so the case is about how columns are used. */
  readonly showsFields: boolean;
}

/**
 * Reads a case file. Options: `# major: 17`, `# path: app, public`, `# keys: public.t = id; a, b`;
 * `# relations: public.v view public.t.email | public.p1 partition of public.p | public.t`, or `none`.
 */
export function readCase(content: string): GoldenCase {
  const at = content.indexOf(`\n${SEPARATOR}\n`);
  const input = at < 0 ? content : content.slice(0, at);
  const expected = at < 0 ? '' : content.slice(at + SEPARATOR.length + 2).trimEnd();
  const lines = input.split('\n');
  const option = (name: string): string | undefined =>
    lines.find((line) => line.startsWith(`# ${name}: `))?.slice(name.length + 4);
  const keys = lookup(option('keys'));
  const columns = lookup(option('columns'));
  const relations = option('relations');
  return {
    showsFields: relations !== undefined,
    major: Number(option('major') ?? 18),
    state: {
      searchPath: (option('path') ?? 'public').split(',').map((schema) => schema.trim()),
      epoch: 0,
      ...(keys === undefined ? {} : { keys: (table: string) => keys.get(table) }),
      ...(relations === undefined ? {} : { relations: readRelations(relations) }),
      ...(columns === undefined ? {} : { columns: (table: string) => columns.get(table)?.[0] }),
    },
    sql: lines
      .filter((line) => !line.startsWith('# '))
      .join('\n')
      .trim(),
    expected,
  };
}

function readRelations(text: string): RelationCatalog {
  const known = new Map(text.split('|').map((entry) => readRelation(entry.trim())));
  return { relation: (table) => known.get(table) };
}

function readRelation(entry: string): [string, KnownRelation] {
  const [name = '', kind = 'table', ...rest] = entry.split(/[\s,]+/);
  if (kind === 'table' || kind === 'partition')
    return [name, { kind, carries: [], ...(rest.length === 0 ? {} : { parents: rest.slice(1) }) }];
  if (kind !== 'view' && kind !== 'matview' && kind !== 'foreign') throw new Error(`no kind ${kind}`);
  return [name, { kind, carries: rest }];
}

/** `output public.t.email`, with what the client sent along: `$1`, and where literals begin. */
function renderUse({ as, names, by, values }: FieldUse, sql: string): string {
  const parameters = (values?.parameters ?? []).map((number) => `$${number}`);
  const literals = (values?.literals ?? []).map((at) => sql.slice(at, at + 8));
  const meets = [...parameters, ...literals].join(' ');
  const source = by === undefined ? '' : ` by ${by.names.join(',')}`;
  return `${as} ${names.join(',')}${source}${meets === '' ? '' : ` meets ${meets}`}`;
}

/** `table = a; b, c | table2 = …`: sets of columns by table. */
function lookup(text: string | undefined): Map<string, string[][]> | undefined {
  if (text === undefined) return undefined;
  return new Map(
    text.split('|').map((entry) => {
      const [table = '', sets = ''] = entry.split('=').map((part) => part.trim());
      return [table, sets.split(';').map((set) => set.split(',').map((column) => column.trim()))];
    }),
  );
}

/** What the analysis says, one line for each atom. */
export function renderAnalysis(parser: SqlParser, golden: GoldenCase): string {
  const analysis = analyseSql(parser, golden.sql, golden.state);
  if ('syntaxError' in analysis)
    return `syntax error at ${analysis.syntaxError.position}: ${analysis.syntaxError.message}`;
  return analysis.facts.statements
    .map((facts, index) => renderStatement(facts, analysis.statements[index], golden))
    .join('\n');
}

const FLAGS = [
  'hasWhere',
  'boundedByKey',
  'hasLimit',
  'returning',
  'cascade',
  'isExplain',
  'isExplainAnalyze',
];

function renderStatement(
  facts: StatementFacts,
  info: SqlStatementInfo | undefined,
  golden: GoldenCase,
): string {
  const { sql } = golden;
  const flags = FLAGS.filter((flag) => facts.attributes[flag] === true);
  const { kind, location, returnsRows, prepare, ...rest } = info ?? { location: { start: 0, end: 0 } };
  const told = { ...(returnsRows === true ? { rows: true } : {}), ...rest };
  const lines = [
    `${[kind, ...flags].join(' ')}${Object.keys(told).length === 0 ? '' : ` ${JSON.stringify(told)}`}`,
    ...(prepare === undefined ? [] : [`  prepares ${prepare.name}: ${prepare.facts.summary}`]),
    ...facts.atoms.map((atom) => {
      const { kinds = [], classes = [], ...values } = atom.values;
      const dimensions = Object.entries(values).map(([name, list]) => `${name}=${list.join(',')}`);
      return `  ${[kinds.join(','), `[${classes.join(',')}]`, ...dimensions].join(' ')}`;
    }),
    ...facts.opaque.map((reason) => `  opaque: ${reason}`),
    ...(golden.showsFields ? (facts.fields ?? []).map((use) => `  ${renderUse(use, golden.sql)}`) : []),
  ];
  const text = sql.slice(location.start, location.end);
  return text === sql.trim() ? lines.join('\n') : [`> ${text.replace(/\s+/g, ' ')}`, ...lines].join('\n');
}
