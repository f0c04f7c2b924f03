import { describe, expect, it } from 'vitest';
import { analyseSql } from './facts.ts';
import { createSqlParser } from './parse.ts';
import type { RoutineCatalog } from './routine-catalog.ts';

const parser = await createSqlParser(18);

const SHOP: RoutineCatalog = {
  overloads: (name) => (name === 'lower' || name === 'set_config' ? ['app', 'other'] : []),
  addedToCatalog: (name) => name === 'pg_file_write' || name === 'btrim',
  operatorOverloads: (symbol) => (symbol === '+' ? ['app'] : []),
  takesRow: (name) => name === 'full_name' || name === 'lower',
  hasColumn: (schema, table, column) => `${schema}.${table}.${column}` === 'app.staff.full_name',
};

function functions(sql: string, searchPath: readonly string[] = ['app'], routines = SHOP): unknown {
  const analysis = analyseSql(parser, sql, { searchPath, routines, epoch: 0 });
  if ('syntaxError' in analysis) throw new Error(analysis.syntaxError.message);
  return analysis.facts.statements.flatMap(({ atoms }) =>
    atoms
      .filter(({ values }) => values['kinds']?.includes('EXECUTE FUNCTION'))
      .map(({ values }) => values['functions']),
  );
}

describe('P1: functions that text does not tell from others', () => {
  it('an overload of a built-in on the path may be what is called', () => {
    expect(functions('SELECT lower(x) FROM t')).toEqual([['pg_catalog.lower', 'app.lower']]);
    expect(functions('SELECT upper(x) FROM t')).toEqual([]);
    expect(functions('SELECT pg_catalog.lower(x) FROM t')).toEqual([]);
    expect(functions('SELECT lower(x) FROM t', ['public'])).toEqual([]);
  });

  it('an overload of an operator as well', () => {
    expect(functions('SELECT a + b FROM t')).toEqual([['pg_catalog."+"', 'app."+"']]);
    expect(functions('SELECT a OPERATOR(pg_catalog.+) b FROM t')).toEqual([]);
    expect(functions('SELECT a - b FROM t')).toEqual([]);
  });

  it('a field may be a call with the row, unless the table has such a column', () => {
    expect(functions('SELECT c.full_name FROM customers c')).toEqual([['app.full_name']]);
    expect(functions('SELECT s.full_name FROM staff s')).toEqual([]);
    expect(functions('SELECT s.full_name FROM staff s', ['app', 'public'])).toEqual([
      ['app.full_name', 'public.full_name'],
    ]);
    expect(functions('SELECT (c).full_name FROM customers c')).toEqual([['app.full_name']]);
    expect(functions('SELECT s.full_name FROM (SELECT * FROM customers) s')).toEqual([['app.full_name']]);
    expect(functions('SELECT s.full_name FROM (SELECT 1 AS full_name) s')).toEqual([]);
    expect(functions('SELECT full_name FROM customers')).toEqual([]);
  });

  it('such a call reads the whole row', () => {
    const analysis = analyseSql(parser, 'SELECT c.full_name FROM customers c', {
      searchPath: ['app'],
      routines: SHOP,
      epoch: 0,
    });
    expect('facts' in analysis && analysis.facts.statements[0]?.attributes['columns']).toEqual([
      'app.customers.*',
    ]);
  });

  it('set_config stays SET, and is a call as well where it is overloaded', () => {
    const sql = "SELECT set_config('timezone', 'UTC', false)";
    expect(functions(sql)).toEqual([['pg_catalog.set_config', 'app.set_config']]);
    const analysis = analyseSql(parser, sql, { searchPath: ['app'], routines: SHOP, epoch: 0 });
    expect('facts' in analysis && analysis.facts.statements[0]?.attributes['settings']).toEqual(['timezone']);
  });

  it('where anything is possible every schema of the path is meant', () => {
    const anything: RoutineCatalog = {
      ...SHOP,
      overloads: () => undefined,
      operatorOverloads: () => undefined,
      takesRow: () => true,
    };
    expect(functions('SELECT upper(x) FROM t', ['a', 'b'], anything)).toEqual([
      ['pg_catalog.upper', 'a.upper', 'b.upper'],
    ]);
  });
});

describe('P3: functions that were added to pg_catalog', () => {
  it('are what a bare name means, and nothing that the list knows', () => {
    expect(functions("SELECT pg_file_write('a', 'b', false)")).toEqual([
      ['pg_catalog.pg_file_write', 'app.pg_file_write'],
    ]);
    expect(functions("SELECT pg_catalog.pg_file_write('a', 'b', false)")).toEqual([
      ['pg_catalog.pg_file_write'],
    ]);
  });

  it('make a built-in function of that name unknown', () => {
    expect(functions('SELECT btrim(x) FROM t')).toEqual([['pg_catalog.btrim', 'app.btrim']]);
    expect(functions('SELECT pg_catalog.btrim(x) FROM t')).toEqual([['pg_catalog.btrim']]);
  });
});
