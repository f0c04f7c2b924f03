import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import { analyseSql } from './facts.ts';
import { createSqlParser, type SqlParser } from './parse.ts';
import { checkText, DEFAULT_LIMITS } from './text-limits.ts';

let parser: SqlParser;

beforeAll(async () => {
  parser = await createSqlParser(18);
});

function opaqueOf(text: string): readonly string[] {
  const analysis = analyseSql(parser, text, { searchPath: ['public'], epoch: 0 });
  if ('syntaxError' in analysis) throw new Error(analysis.syntaxError.message);
  return analysis.facts.statements.flatMap((statement) => statement.opaque);
}

const repeat = (count: number, text: string): string => text.repeat(count);

/** Shapes that overflow a parser with fixed stacks, by how often a part is repeated. */
const DEEP: Readonly<Record<string, (count: number) => string>> = {
  parentheses: (n) => `SELECT ${repeat(n, '(')}1${repeat(n, ')')}`,
  'array brackets': (n) => `SELECT ${repeat(n, 'ARRAY[')}1${repeat(n, ']')}`,
  subqueries: (n) => `SELECT ${repeat(n, '(SELECT ')}1${repeat(n, ')')}`,
  'nested calls': (n) => `SELECT ${repeat(n, 'abs(')}1${repeat(n, ')')}`,
  'CASE in CASE': (n) => `SELECT ${repeat(n, 'CASE WHEN true THEN ')}1${repeat(n, ' END')}`,
  sums: (n) => `SELECT 1${repeat(n, '+1')}`,
  'signs apart': (n) => `SELECT ${repeat(n, '- ')}1`,
  NOT: (n) => `SELECT ${repeat(n, 'NOT ')}true`,
  'IS NULL': (n) => `SELECT 1${repeat(n, ' IS NULL')}`,
  casts: (n) => `SELECT 1${repeat(n, '::int')}`,
  COLLATE: (n) => `SELECT 'a'${repeat(n, ' COLLATE "C"')}`,
  UNION: (n) => `SELECT 1, 2${repeat(n, ' UNION SELECT 1, 2')}`,
  joins: (n) => `SELECT FROM a${repeat(n, ' JOIN b ON true AND true')}`,
  'sums in parentheses': (n) => `SELECT ${repeat(100, '(')}1${repeat(100, `${repeat(n / 100, '+1')})`)}`,
  'comments between': (n) => `SELECT 1${repeat(n, '/**/+/**/1')}`,
};

describe('P10: text that would overflow the parser', () => {
  it.each(Object.keys(DEEP))('is refused before it: %s', (name) => {
    const text = DEEP[name]?.(20_000) ?? '';
    expect(checkText(text, DEFAULT_LIMITS)).toHaveProperty('refusal');
    expect(opaqueOf(text)).toHaveLength(1);
  });

  it.each(Object.keys(DEEP))('is taken at a depth that people write: %s', (name) => {
    expect(opaqueOf(DEEP[name]?.(100) ?? '')).toEqual([]);
  });

  it('is not taken for deep when it is merely long', () => {
    expect(opaqueOf(`SELECT 1 FROM t WHERE ${repeat(3_000, 'a = 1 OR ')}a = 2`)).toEqual([]);
    expect(opaqueOf(`INSERT INTO t (a) VALUES ${repeat(5_000, '(1 + 1), ')}(2)`)).toEqual([]);
    expect(opaqueOf(repeat(1_000, 'SELECT 1 + 1;'))).toEqual([]);
  });

  it('does not count what stands in literals, identifiers and comments', () => {
    const noise = repeat(5_000, '((+');
    const text = `SELECT '${noise}', E'\\'${noise}', $q$${noise}$q$, "${noise}" /* ${noise} */ FROM t -- ${noise}`;
    expect(opaqueOf(text)).toEqual([]);
  });

  it('cannot be hidden by something that only looks like a literal or comment', () => {
    const deep = DEEP['parentheses']?.(5_000).slice('SELECT '.length) ?? '';
    for (const before of ["'a''b'", "E'\\\\'", '$a$ $b$ $a$', 'a$b$', '"a""b"', "U&'x'", '/* /* */ */ 1'])
      expect(checkText(`SELECT ${before}, ${deep}`, DEFAULT_LIMITS)).toHaveProperty('refusal');
  });

  it('leaves the parser usable when the limits let it overflow', () => {
    const limits = { ...DEFAULT_LIMITS, maxDepth: 1e9, maxChain: 1e9 };
    const state = { searchPath: ['public'], epoch: 0 };
    const deep = analyseSql(parser, DEEP['sums']?.(40_000) ?? '', state, undefined, { limits });
    expect('syntaxError' in deep ? [] : deep.facts.statements[0]?.opaque).toHaveLength(1);
    expect(opaqueOf('SELECT 1')).toEqual([]);
  });
});

/** Parts that count for depth or chains, and some that end what counts. */
const PARTS = [
  '(',
  ')',
  '[',
  ']',
  '+',
  '-',
  ',',
  ';',
  '=',
  'case ',
  'end ',
  'not ',
  'in ',
  'join ',
  'union ',
  'and ',
];
const short = fc.array(fc.constantFrom(...PARTS, '1', 'a ', ' '), { minLength: 1, maxLength: 60 });

describe('P10: a text that is shorter than its limits', () => {
  it('goes past none of them, so that it need not be looked at', () => {
    fc.assert(
      fc.property(short, (parts) => {
        const text = `1${parts.join('')}`;
        const { length } = text;
        const same = { ...DEFAULT_LIMITS, maxDepth: length, maxChain: 3 * length, maxTokens: length };
        // One limit that is below the length makes it look.
        expect(checkText(text, { ...same, maxStatements: length - 1 })).toEqual({ empty: false });
        expect(checkText(text, { ...same, maxStatements: length })).toEqual({ empty: false });
      }),
    );
  });
});

describe('P3: text that is refused unread', () => {
  it.each([
    ['a NUL that would hide what follows', 'SELECT 1\0; DROP TABLE x', /NUL/],
    ['half a surrogate pair', 'SELECT \ud800', /Unicode/],
    ['more than a megabyte', `SELECT '${'x'.repeat(1 << 20)}'`, /longer/],
    ['more than a megabyte in UTF-8', `SELECT '${'€'.repeat(400_000)}'`, /longer/],
    ['too many tokens', `SELECT ${'1,'.repeat(200_000)}1`, /tokens/],
    ['too many statements', 'SELECT 1;'.repeat(1_002), /statements/],
    [
      'a row repeated for each column',
      `UPDATE t SET (${'a,'.repeat(999)}a) = (SELECT ${'b,'.repeat(50_000)}b)`,
      /row/,
    ],
  ])('%s', (_, text, reason) => {
    expect(opaqueOf(text)[0]).toMatch(reason);
  });
});
