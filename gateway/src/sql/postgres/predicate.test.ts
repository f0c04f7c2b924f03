import { beforeAll, describe, expect, it } from 'vitest';
import { analyseSql } from './facts.ts';
import { createSqlParser, type SqlParser } from './parse.ts';

let parser: SqlParser;

beforeAll(async () => {
  parser = await createSqlParser(18);
});

function hasWhere(statement: string): unknown {
  const analysis = analyseSql(parser, statement, { searchPath: ['public'], epoch: 0 });
  if ('syntaxError' in analysis) throw new Error(analysis.syntaxError.message);
  return analysis.facts.statements[0]?.attributes['hasWhere'];
}

const UNBOUNDED = [
  'true',
  "'t'::boolean",
  'NOT false',
  '1 = 1',
  '1 <> 2',
  "'a' = 'a'",
  "'a' LIKE 'a'",
  '1 IN (1)',
  '1 BETWEEN 0 AND 2',
  'NULL IS NULL',
  '$1',
  '$1 = $1',
  'now() > $1',
  'random() >= 0',
  'current_user IS NOT NULL',
  'EXISTS (SELECT 1)',
  'EXISTS (SELECT 1 FROM u)',
  'EXISTS (SELECT 1 FROM t WHERE t.id = 1)',
  '(SELECT true)',
  '1 IN (SELECT 1)',
  'id = id',
  't.id = id',
  'id >= id',
  'id IS NOT DISTINCT FROM id',
  'id::text = id::text',
  'id + 0 = id',
  'id IN (id, 5)',
  'id = ANY (ARRAY[id])',
  'id BETWEEN id AND id',
  'id <> id + 1',
  '(id, name) = (id, name)',
  "name LIKE '%'",
  "name ILIKE '%%'",
  "NOT name NOT LIKE '%'",
  "name ~ ''",
  "name ~ '.*'",
  "name ~* '^.*$'",
  "name SIMILAR TO '%'",
  "name LIKE '%' ESCAPE '!'",
  "name ^@ ''",
  "starts_with(name, '')",
  'id = ANY (ARRAY(SELECT id FROM t))',
  'id IS NOT NULL OR true',
  'true OR id = 1',
  'id = 1 OR 1 = 1',
  'id = 1 OR now() > $1',
  'id = 1 OR id <> 1',
  'id = 1 OR NOT id = 1',
  'id = 1 OR NOT (id = 1)',
  'id < 5 OR (name = $1 OR id >= 5)',
  'id IS NULL OR id IS NOT NULL',
  'active IS TRUE OR active IS NOT TRUE',
  '(id = 1) IS NOT NULL',
  '(id = 1) IS NOT UNKNOWN',
  '(id = id) IS TRUE',
  '(id <> 1 AND false) IS NOT TRUE',
  'NOT (id = 1 AND false)',
  'NOT (id = 1 AND id <> 1)',
  'CASE WHEN id = 1 THEN true ELSE true END',
  'CASE WHEN true THEN true ELSE id = 1 END',
  'coalesce(id = 1, true)',
  'id IN (SELECT id FROM t)',
  'id IN (SELECT id FROM public.t x WHERE x.id = x.id)',
  'true AND 1 = 1',
  'NOT NOT true',
];

const BOUNDED = [
  'id = 1',
  'id=1',
  "name = 'x' AND true",
  '1 = 1 AND id = 5',
  'false OR id = 1',
  '1 = 0 OR id = 1',
  'id IN (1, 2)',
  'id = $1',
  'id = ANY ($1)',
  'NOT id = 1',
  'NOT (id = 1 OR active)',
  "name LIKE 'x%'",
  "name !~ ''",
  'id = 1 OR name = $1',
  'id IN (SELECT t_id FROM u)',
  'id IN (SELECT id FROM t WHERE name = $1)',
  'EXISTS (SELECT 1 FROM u WHERE u.t_id = t.id)',
  'deleted_at IS NULL',
  'deleted_at IS NOT NULL',
  'active',
  'NOT active',
  'price < list_price',
  'starts_with(name, $1)',
  'created_at < now()',
  'CURRENT OF cur',
  'id = 1 OR id = 2 OR id = 3',
];

describe('a WHERE that restricts nothing', () => {
  it.each(UNBOUNDED)('is no bound: DELETE FROM t WHERE %s', (where) => {
    expect(hasWhere(`DELETE FROM t WHERE ${where}`)).toBe(false);
  });

  it.each(UNBOUNDED)('does not become one by redundant parts: (%s) AND true OR false', (where) => {
    expect(hasWhere(`UPDATE t SET a = 1 WHERE ((${where}) AND true) OR false`)).toBe(false);
  });
});

describe('a WHERE that restricts', () => {
  it.each(BOUNDED)('is a bound: DELETE FROM t WHERE %s', (where) => {
    expect(hasWhere(`DELETE FROM t WHERE ${where}`)).toBe(true);
  });

  it.each(BOUNDED.filter((where) => !where.startsWith('CURRENT OF')))('is undone by OR true: %s', (where) => {
    expect(hasWhere(`DELETE FROM t WHERE (${where}) OR true`)).toBe(false);
  });
});

describe('which rows a WHERE restricts', () => {
  it.each([
    ['DELETE FROM t USING u WHERE u.x = 1', false],
    ['DELETE FROM t USING u WHERE t.k = u.k', true],
    ['DELETE FROM t USING u WHERE x = 1', false],
    ['UPDATE t AS a SET b = 1 FROM u WHERE t.k = 1', false],
    ['UPDATE t AS a SET b = 1 FROM u WHERE a.k = 1', true],
    ['UPDATE public.t SET b = 1 FROM u WHERE public.t.k = 1', true],
    ['MERGE INTO t USING u ON u.x = 1 WHEN MATCHED THEN DELETE', false],
    ['MERGE INTO t USING t AS s ON t.x = s.x WHEN MATCHED THEN DELETE', false],
    ['DELETE FROM t USING t AS s WHERE t.x = s.x', false],
    ['DELETE FROM t USING t AS s WHERE s.x = t.x AND t.y < s.y', true],
    ['DELETE FROM t USING t AS s WHERE t.x = s.y', true],
    ['UPDATE t SET b = 1 FROM public.t s WHERE t.x = s.x', false],
    ['INSERT INTO t SELECT x, 1 FROM t ON CONFLICT (x) DO UPDATE SET y = 1', false],
    ['INSERT INTO t SELECT x, 1 FROM t WHERE x = 1 ON CONFLICT (x) DO UPDATE SET y = 1', true],
    ['INSERT INTO t SELECT x, 1 FROM t ON CONFLICT (x) DO UPDATE SET y = 1 WHERE t.x = 1', true],
    ['INSERT INTO t SELECT 1, 1 ON CONFLICT (x) DO UPDATE SET y = 1', true],
    ['INSERT INTO t VALUES (1, 1) ON CONFLICT (x) DO UPDATE SET y = 1', true],
    ['MERGE INTO t USING u ON t.x = u.x WHEN MATCHED THEN DELETE', true],
    ['SELECT 1 FROM t WHERE id = 1 FOR UPDATE', true],
    ['SELECT 1 FROM t FOR UPDATE', false],
    ['TRUNCATE t', false],
    ['INSERT INTO t VALUES (1)', false],
    ['WITH d AS (DELETE FROM t) SELECT 1 FROM u WHERE x = 1', false],
    ['WITH d AS (DELETE FROM t WHERE id = 1) SELECT 1', true],
    ['SELECT 1 FROM t WHERE id = 1 UNION SELECT 1 FROM u', false],
  ])('%s: %s', (statement, expected) => {
    expect(hasWhere(statement)).toBe(expected);
  });
});
