import { describe, expect, it } from 'vitest';
import { analyseSql } from './facts.ts';
import { createSqlParser } from './parse.ts';

const parsers = { 15: await createSqlParser(15), 18: await createSqlParser(18) };

function tables(sql: string, searchPath: readonly string[] = ['public'], major: 15 | 18 = 18): unknown {
  const analysis = analyseSql(parsers[major], sql, { searchPath, epoch: 0 });
  if ('syntaxError' in analysis) throw new Error(analysis.syntaxError.message);
  return analysis.facts.statements.at(-1)?.attributes['tables'];
}

describe('bare names of system catalogs', () => {
  it('mean pg_catalog alone where they are read, because it is searched first', () => {
    expect(tables('SELECT relname FROM pg_class')).toEqual(['pg_catalog.pg_class']);
    expect(tables('SELECT relname FROM pg_class', ['pg_catalog', 'public'])).toEqual(['pg_catalog.pg_class']);
    expect(tables('SELECT relname FROM pg_class', [])).toEqual(['pg_catalog.pg_class']);
  });

  it('stay uncertain where the path lists pg_catalog after others, now or earlier in the text', () => {
    const both = ['pg_catalog.pg_class', 'public.pg_class'];
    expect(tables('SELECT relname FROM pg_class', ['public', 'pg_catalog'])).toEqual(both);
    expect(tables('SET search_path = public, pg_catalog; SELECT relname FROM pg_class')).toEqual(both);
  });

  it('stay uncertain when the server has no such relation: an extension may, or a later server', () => {
    expect(tables('SELECT query FROM pg_stat_statements')).toEqual([
      'pg_catalog.pg_stat_statements',
      'public.pg_stat_statements',
    ]);
    expect(tables('SELECT * FROM pg_aios', ['public'], 15)).toEqual(['pg_catalog.pg_aios', 'public.pg_aios']);
    expect(tables('SELECT * FROM pg_aios', ['public'], 18)).toEqual(['pg_catalog.pg_aios']);
  });

  it('keep every candidate where they are created or written: a new one goes into the path', () => {
    const both = ['pg_catalog.pg_class', 'public.pg_class'];
    expect(tables('CREATE TABLE pg_class (a int)')).toEqual(both);
    expect(tables('SELECT 1 AS a INTO pg_class')).toEqual(both);
    expect(tables("UPDATE pg_class SET relname = 'x'")).toEqual(both);
    expect(tables('DROP TABLE pg_class')).toEqual(both);
  });
});

describe('bare names of functions that no list has', () => {
  async function functionsOf(sql: string, serverMajor: number): Promise<unknown> {
    const analysis = analyseSql(await createSqlParser(serverMajor), sql, {
      searchPath: ['public'],
      epoch: 0,
    });
    if ('syntaxError' in analysis) throw new Error(analysis.syntaxError.message);
    return analysis.facts.statements.at(-1)?.attributes['functions'];
  }

  it('are those of the path where all functions of the server are known', async () => {
    expect(await functionsOf('SELECT brand_new(1)', 18)).toEqual(['public.brand_new']);
    expect(await functionsOf('SELECT brand_new(1)', 14)).toEqual(['public.brand_new']);
  });

  it('P3: may be new ones of pg_catalog on a newer server, so that no rule for the path covers them', async () => {
    const both = ['pg_catalog.brand_new', 'public.brand_new'];
    expect(await functionsOf('SELECT brand_new(1)', 19)).toEqual(both);
    expect(await functionsOf('CALL brand_new(1)', 19)).toEqual(both);
    expect(await functionsOf("SELECT public.brand_new(1), lower('x')", 19)).toEqual([
      'pg_catalog.lower',
      'public.brand_new',
    ]);
  });
});
