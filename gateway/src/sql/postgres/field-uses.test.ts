import { beforeAll, describe, expect, it } from 'vitest';
import { analyseSql } from './facts.ts';
import { createSqlParser, type SqlParser } from './parse.ts';
import { ASSUMED_TABLES } from './relation-catalog.ts';

let parser: SqlParser;

beforeAll(async () => {
  parser = await createSqlParser(18);
});

function fieldsOf(text: string) {
  const analysis = analyseSql(parser, text, { searchPath: ['public'], relations: ASSUMED_TABLES, epoch: 0 });
  if ('syntaxError' in analysis) throw new Error(analysis.syntaxError.message);
  return analysis.facts.statements.at(-1);
}

function times(count: number, make: (index: number) => string, between = ', '): string {
  return Array.from({ length: count }, (_, index) => make(index)).join(between);
}

describe('P10: uses of columns', () => {
  it('do not grow where a query is joined with itself over and over', () => {
    const levels = times(40, (level) => `c${level + 1} AS (SELECT * FROM ${times(9, () => `c${level}`)})`);
    const facts = fieldsOf(`WITH c0 AS (SELECT email AS e, id FROM t), ${levels} SELECT * FROM c40`);
    expect(facts?.fields).toEqual([
      { names: ['public.t.email'], as: 'output' },
      { names: ['public.t.id'], as: 'output' },
    ]);
  });

  it('nor where it is renamed each time', () => {
    const renamed = (level: number) => times(9, (copy) => `c${level} AS x${copy} (a${copy})`);
    const levels = times(40, (level) => `c${level + 1} AS (SELECT * FROM ${renamed(level)})`);
    const facts = fieldsOf(`WITH c0 AS (SELECT * FROM t), ${levels} SELECT a1 FROM c40`);
    expect(facts?.fields).toEqual([{ names: ['public.t.*'], as: 'output' }]);
  });

  it('P3: are given up where there are too many to find out what references mean', () => {
    const wide = `SELECT ${times(4000, (index) => `id AS c${index}`)} FROM t`;
    const facts = fieldsOf(`SELECT ${times(4000, (index) => `x.c${index}`)} FROM (${wide}) x`);
    expect(facts?.opaque).toEqual(['the analysis gave up (RangeError)']);
    expect(facts?.fields).toEqual([{ names: ['*'], as: 'expression' }]);
  });

  it('of a wide table and many references are found', () => {
    const wide = `SELECT ${times(300, (index) => `id AS c${index}`)} FROM t`;
    const facts = fieldsOf(`SELECT ${times(300, (index) => `x.c${index}`)} FROM (${wide}) x`);
    expect(facts?.fields).toEqual([{ names: ['public.t.id'], as: 'output' }]);
  });

  it('of one expression share what they meet, however many they are', () => {
    const both = times(2000, (index) => `c${index}, ${index}`);
    const uses = fieldsOf(`SELECT concat(${both}) FROM t`)?.fields ?? [];
    const met = uses.filter(({ names }) => names.length === 1).map(({ values }) => values?.literals);
    expect(met).toHaveLength(2000);
    expect(met[0]).toHaveLength(2000);
    expect(new Set(met).size).toBe(1);
  });

  it('P3: of several expressions are given up where they are too many', () => {
    const both = times(1500, (index) => `c${index}, ${index}`);
    const facts = fieldsOf(`SELECT concat(${both}), concat(${both}) FROM t`);
    expect(facts?.opaque).toEqual(['the analysis gave up (RangeError)']);
  });
});
