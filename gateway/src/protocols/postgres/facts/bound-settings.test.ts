import { describe, expect, it } from 'vitest';
import { analyseSql } from '../../../sql/postgres/facts.ts';
import { createSqlParser } from '../../../sql/postgres/parse.ts';
import { bindSettings, withSettings } from './bound-settings.ts';
import { Statement } from './statement.ts';

const parser = await createSqlParser(18);

function read(text: string): Statement {
  const analysis = analyseSql(parser, text, { searchPath: ['public'], epoch: 0 });
  if ('syntaxError' in analysis) throw new Error(analysis.syntaxError.message);
  return new Statement(text, analysis.facts, analysis.statements, { readKey: 'public' });
}

function shown(statement: Statement): unknown {
  return statement.facts.statements.at(-1)?.attributes['settings'];
}

const text = Buffer.from('App.JWT_Secret');

describe('settings that are named by a parameter', () => {
  it.each([
    'SELECT current_setting($1)',
    'SELECT current_setting($1::text, true)',
    'SELECT pg_catalog.current_setting($1::VARCHAR)',
    'SELECT relname FROM pg_class WHERE relname <> current_setting($1)',
    'DECLARE c CURSOR FOR SELECT current_setting($1)',
  ])('are known once it is bound: %s', (sql) => {
    const statement = read(sql);
    expect(shown(statement)).toEqual(['$1']);
    const bound = bindSettings(statement, [text]);
    expect(shown(bound)).toEqual(['app.jwt_secret']);
    expect(bound.facts.statements[0]?.atoms.map((atom) => atom.label)).toContain('SHOW app.jwt_secret');
    expect(bindSettings(bound, [Buffer.from('timezone')])).toBe(bound);
  });

  it.each([
    ['NULL', [undefined]],
    ['missing', []],
    ['not UTF-8', [Buffer.from([0xff])]],
  ])('may be any setting when the value is %s', (_what, values) => {
    expect(shown(bindSettings(read('SELECT current_setting($1)'), values))).toEqual(['*']);
  });

  it.each([
    "SELECT current_setting('app.' || $1)",
    'SELECT current_setting($1::varchar(3))',
    'SELECT current_setting($1::name::text)',
    'SELECT current_setting(relname) FROM pg_class',
    "SELECT current_setting(s.name) FROM (SELECT 'app.jwt_secret' AS name) s",
    'SELECT current_setting(s.name) FROM pg_settings s, LATERAL (SELECT current_setting(s.name) FROM mine s) x',
    'SELECT current_setting(s.name) FROM pg_settings AS s(a, name)',
    'SELECT current_setting(s.name) FROM public.pg_settings s',
    'WITH pg_settings AS (SELECT $1 AS name) SELECT current_setting(s.name) FROM pg_settings s',
    'PREPARE p AS SELECT current_setting($1); EXECUTE p($1)',
  ])('are any setting in other forms: %s', (sql) => {
    expect(shown(read(sql))).toContain('*');
  });

  it('are none of their own where pg_settings itself names them', () => {
    expect(shown(read('SELECT current_setting(s.name) FROM pg_catalog.pg_settings s'))).toEqual([]);
  });

  it('keep what was bound when the statement is read anew', () => {
    const bound = bindSettings(read('SELECT current_setting($1)'), [text]);
    expect(shown(withSettings(read(bound.text), bound.boundSettings ?? new Map()))).toEqual([
      'app.jwt_secret',
    ]);
  });

  it('leave other statements as they are', () => {
    const statement = read('SELECT $1::text');
    expect(bindSettings(statement, [text])).toBe(statement);
  });
});
