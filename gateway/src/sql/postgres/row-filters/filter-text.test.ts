import { describe, expect, it } from 'vitest';
import { analyseSql } from '../facts.ts';
import { createSqlParser, type ParserMajor } from '../parse.ts';
import type { KnownRelation } from '../relation-catalog.ts';
import { filterText } from './filter-text.ts';
import type { RowFilter, RowTerm } from './row-filter.ts';

const TABLE: KnownRelation = {
  kind: 'table',
  carries: [],
  columns: ['id', 'tenant', 'note', 'n'],
  types: new Map([
    ['id', 23],
    ['tenant', 25],
    ['note', 25],
    ['n', 23],
  ]),
};
const KNOWN: Readonly<Record<string, KnownRelation>> = {
  'public.t': TABLE,
  'public.u': TABLE,
  'public.v': { ...TABLE, kind: 'view', reads: ['public.t'] },
};
const TENANT: RowTerm = { column: 'tenant', operator: '=', values: [{ text: "o'k\\" }] };
const FILTER: RowFilter = {
  rule: 'own',
  terms: [TENANT],
  isFor: (table) => table === 'public.t' || table === '*',
  vouchesFor: () => false,
};

const parsers = {
  15: await createSqlParser(15),
  16: await createSqlParser(16),
  17: await createSqlParser(17),
  18: await createSqlParser(18),
};

function filtered(text: string, major: ParserMajor = 18, filter = FILTER): string | undefined {
  const parser = parsers[major];
  const relations = { relation: (table: string) => KNOWN[table] };
  const state = { searchPath: ['public'], relations, epoch: 0 };
  const analysis = analyseSql(parser, text, state);
  const facts = 'facts' in analysis ? analysis.facts.statements : [];
  const made = filterText(parser, { text, facts, changesNames: false }, state, [filter]);
  return made !== undefined && 'reason' in made ? `refused: ${made.reason}` : made?.text;
}

const VALUE = "E'o''k\\\\'";
const GUARD = `t.tenant OPERATOR(pg_catalog.=) ${VALUE}`;
const ROWS = `( SELECT * FROM public.t AS t WHERE ${GUARD} OFFSET 0 )`;

describe.each([15, 16, 17, 18] as const)('a text within a row filter, by the grammar of %s', (major) => {
  it.each([
    ['SELECT * FROM t', `SELECT * FROM ${ROWS} AS t`],
    ['DELETE FROM t', `DELETE FROM public.t WHERE ${GUARD}`],
    ['DELETE FROM t WHERE id = $1', `DELETE FROM public.t WHERE ${GUARD} AND id = $1`],
    [
      'UPDATE t SET n = 1 WHERE f(note) RETURNING id',
      `UPDATE public.t SET n = 1 WHERE ${GUARD} AND CASE WHEN ${GUARD} THEN f(note) ELSE false END RETURNING id`,
    ],
    [
      'MERGE INTO u USING t ON u.id = t.id WHEN NOT MATCHED THEN DO NOTHING',
      `MERGE INTO u USING ${ROWS} AS t ON u.id = t.id WHEN NOT MATCHED THEN DO NOTHING`,
    ],
    ['SELECT 1; TABLE t; SELECT 2', `SELECT 1;\nSELECT * FROM ${ROWS} AS t;\nSELECT 2`],
  ])('%s', (text, sent) => {
    const vouching = text.includes('f(') ? { ...FILTER, vouchesFor: () => true } : FILTER;
    expect(filtered(text, major, vouching)).toBe(sent);
  });
});

describe.each([15, 18] as const)('a predicate of several parts, by the grammar of %s', (major) => {
  const among: RowTerm = { column: 'n', operator: 'in', values: [{ number: '1' }, { number: '2' }] };
  const several = { ...FILTER, vouchesFor: () => true, terms: [TENANT, among, { ...among, column: 'id' }] };
  const oneOf = (name: string): string =>
    `(t.${name} OPERATOR(pg_catalog.=) 1 OR t.${name} OPERATOR(pg_catalog.=) 2)`;
  const guard = `${GUARD} AND ${oneOf('n')} AND ${oneOf('id')}`;

  it.each([
    ['SELECT * FROM t WHERE id = $1', `${guard} AND t.id = $1 OFFSET 0`],
    ['UPDATE t SET note = $1', `WHERE ${guard}`],
    ['UPDATE t SET note = $1 WHERE id = 1', `WHERE ${guard} AND id = 1`],
    ['DELETE FROM t WHERE f(note)', `${guard} AND CASE WHEN (${guard}) THEN f(note) ELSE false END`],
    ['DELETE FROM t WHERE (id = 1 AND f(note)) AND n = 2', `${guard} AND id = 1 AND n = 2 AND CASE WHEN`],
    ['UPDATE t SET n = $1 WHERE f(note)', `CASE WHEN (${guard}) THEN f(note) ELSE false END`],
    ["INSERT INTO t (id, n, tenant) VALUES (1, 2, 'x')", 'sallyport_checked'],
  ])('%s', (text, sent) => {
    expect(filtered(text, major, several)).toContain(sent);
  });
});

describe('a text within a row filter', () => {
  it.each([
    'SELECT * FROM u',
    'BEGIN',
    "SET application_name = 'x'",
    'SELECT 1',
    'INSERT INTO u (id) VALUES (1)',
  ])('stays as it is: %s', (text) => {
    expect(filtered(text)).toBeUndefined();
  });

  it('P3: without a catalog nothing can be told, and all is refused', () => {
    expect(filtered('SELECT * FROM unknown_relation')).toContain('refused: what unknown_relation hands out');
    expect(filtered('SELECT * FROM v')).toContain('refused: v may hand out rows');
  });

  it('a literal that is the value of the filter stays; everything else is checked once', () => {
    expect(filtered("INSERT INTO t (id, tenant) VALUES (1, E'o''k\\\\')")).toBe(
      `INSERT INTO public.t (id, tenant) VALUES (1, ${VALUE})`,
    );
    const sent = filtered('INSERT INTO t (id, tenant) VALUES (1, $1)');
    expect(sent?.match(/\$1/g)).toEqual(['$1']);
    expect(sent).toContain('FROM ( SELECT CAST($1 AS text) OFFSET 0 ) AS sallyport_checked(value)');
  });
});
