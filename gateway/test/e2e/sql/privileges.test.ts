/**
 * The privilege model of the facts against the server's own: a role gets exactly the privileges that the atoms of a
 * statement speak of, and PostgreSQL must not miss any. An atom that the walker forgot shows as "permission denied".
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Atom } from '../../../src/model/facts.ts';
import { analyseSql } from '../../../src/sql/postgres/facts.ts';
import { createSqlParser, type SqlParser } from '../../../src/sql/postgres/parse.ts';
import { parseName, WILDCARD } from '../../../src/sql/qualified-name.ts';
import { startTestPostgres, type TestPostgres } from '../../support/postgres.ts';

const SCHEMA = `
  CREATE ROLE probe;
  CREATE SCHEMA o; CREATE SCHEMA o2;
  GRANT USAGE ON SCHEMA o, o2 TO probe;
  CREATE TABLE o.a (id int PRIMARY KEY, x int, y text, k int);
  CREATE TABLE o.b (id int PRIMARY KEY, x int, z text, k int);
  CREATE TABLE o2.c (id int PRIMARY KEY, w int, v text, k int);
  CREATE TABLE o2.a (id int PRIMARY KEY, q int);
  CREATE FUNCTION o.f(int) RETURNS int LANGUAGE sql AS 'SELECT $1';
  CREATE FUNCTION o.g(o.a) RETURNS text LANGUAGE sql AS $$SELECT 'g'$$;
  REVOKE EXECUTE ON FUNCTION o.f FROM PUBLIC;
  INSERT INTO o.a VALUES (1, 1, '1', 1), (2, 2, '2', 2);
  INSERT INTO o.b VALUES (1, 1, '1', 1);
  INSERT INTO o2.c VALUES (1, 1, '1', 1);`;

const COLUMNS: Readonly<Record<string, readonly string[]>> = {
  'o.a': ['id', 'x', 'y', 'k'],
  'o.b': ['id', 'x', 'z', 'k'],
  'o2.c': ['id', 'w', 'v', 'k'],
  'o2.a': ['id', 'q'],
};

const WRITTEN = [
  'SELECT id FROM a',
  'SELECT * FROM a',
  'SELECT count(*) FROM o.a',
  'SELECT a FROM a',
  'SELECT a.row_to_json FROM a',
  'SELECT (a).y, (a).to_jsonb FROM a',
  'SELECT y FROM a AS t (n, m)',
  'SELECT j.y FROM (a JOIN b ON a.id = b.id) AS j (i, x, y)',
  'SELECT (SELECT y FROM b LIMIT 1) FROM a',
  'SELECT (SELECT y FROM (VALUES (1)) v LIMIT 1) FROM a',
  'SELECT 1 FROM a NATURAL JOIN c',
  'SELECT 1 FROM a JOIN b USING (id, k)',
  'SELECT u.k FROM a JOIN b USING (k) AS u',
  'SELECT 1 FROM a JOIN (SELECT 1 AS k) s USING (k)',
  'SELECT id AS y FROM a ORDER BY y',
  'SELECT 1 AS y FROM a GROUP BY y',
  'SELECT DISTINCT ON (y) id FROM a',
  'SELECT id FROM a WHERE k = 1 FOR UPDATE',
  'SELECT s.id FROM (SELECT id FROM a) s FOR SHARE',
  'SELECT o.f(x) FROM a',
  'WITH a AS (SELECT id FROM o.b) SELECT * FROM a',
  'WITH RECURSIVE a AS (SELECT 1 AS n UNION ALL SELECT n + 1 FROM a WHERE n < 3) SELECT n FROM a',
  'WITH d AS (DELETE FROM a WHERE id = 1 RETURNING y) SELECT 1',
  'UPDATE a SET x = x + 1 WHERE k = 1',
  'UPDATE a SET x = 1',
  'UPDATE a SET x = b.x FROM b WHERE a.id = b.id RETURNING z',
  'UPDATE a SET (x, y) = (SELECT w, v FROM c LIMIT 1)',
  'UPDATE a SET x = 1 RETURNING old.y, new.k',
  'UPDATE a SET x = 1 RETURNING WITH (OLD AS p) p.y',
  'DELETE FROM a USING b WHERE a.id = b.id AND z IS NOT NULL',
  'DELETE FROM o.a',
  'INSERT INTO a (id, y) VALUES (9, NULL)',
  'INSERT INTO a SELECT id + 10, w, v, k FROM c',
  'INSERT INTO a (id) VALUES (1) ON CONFLICT (id) DO UPDATE SET x = excluded.x WHERE a.k = 1 RETURNING y',
  'INSERT INTO a (id) VALUES (1) ON CONFLICT DO NOTHING',
  'MERGE INTO a USING c ON a.id = c.id WHEN MATCHED AND c.w = 1 THEN UPDATE SET x = c.w WHEN NOT MATCHED THEN INSERT (id) VALUES (c.id)',
  'MERGE INTO a USING c ON a.id = c.id WHEN MATCHED THEN DELETE RETURNING merge_action(), v',
  'COPY a (id, y) TO STDOUT',
  'EXPLAIN (ANALYZE) DELETE FROM a WHERE id = 1',
  'TABLE a',
];

const GENERATED = readFileSync(join(import.meta.dirname, 'generated-statements.sql'), 'utf8')
  .split('\n')
  .filter((line) => line !== '' && !line.startsWith('--'))
  .map((line) => line.replace(/;$/, ''));

function atomsOf(parser: SqlParser, sql: string): readonly Atom[] {
  const analysis = analyseSql(parser, sql, { searchPath: ['o', 'o2'], epoch: 0 });
  if ('syntaxError' in analysis) throw new Error(`${analysis.syntaxError.message}: ${sql}`);
  expect(analysis.facts.statements.flatMap((facts) => facts.opaque)).toEqual([]);
  return analysis.facts.statements.flatMap((facts) => facts.atoms);
}

/** The privileges that an atom speaks of; no column of the table named means that any one will do. */
function grantsFor(atom: Atom): string[] {
  const kind = atom.values['kinds']?.[0] ?? '';
  if (kind === 'EXECUTE FUNCTION')
    return (atom.values['functions'] ?? []).includes('o.f') ? ['GRANT EXECUTE ON FUNCTION o.f TO probe'] : [];
  return (atom.values['tables'] ?? []).flatMap((table) => {
    const columns = COLUMNS[table];
    if (columns === undefined) return [];
    if (kind === 'DELETE') return [`GRANT DELETE ON ${table} TO probe`];
    if (!['SELECT', 'INSERT', 'UPDATE'].includes(kind)) return [];
    const named = (atom.values['columns'] ?? [])
      .map((name) => parseName(name) ?? [])
      .filter(([schema, name]) => `${String(schema)}.${String(name)}` === table)
      .map((parts) => parts.at(-1));
    if (named.includes(WILDCARD)) return [`GRANT ${kind} ON ${table} TO probe`];
    const real = columns.filter((column) => named.includes(column));
    return [
      `GRANT ${kind} (${real.length === 0 ? (columns[0] ?? '') : real.join(', ')}) ON ${table} TO probe`,
    ];
  });
}

describe('privileges that PostgreSQL asks for', () => {
  let postgres: TestPostgres;
  let client: pg.Client;
  let parser: SqlParser;

  beforeAll(async () => {
    postgres = await startTestPostgres();
    parser = await createSqlParser(18);
    client = new pg.Client({ connectionString: postgres.url() });
    await client.connect();
    await client.query(SCHEMA);
    await client.query('SET search_path = o, o2');
  });

  afterAll(async () => {
    await client?.end();
    await postgres?.[Symbol.asyncDispose]();
  });

  /** SQLSTATE of the statement run by a role with those grants; undefined when it ran. All is rolled back. */
  async function run(sql: string, grants: readonly string[]): Promise<string | undefined> {
    await client.query('BEGIN');
    try {
      for (const grant of grants) await client.query(grant);
      await client.query('SET LOCAL ROLE probe');
      // COPY TO needs a client that reads the stream; its privileges are those of the query.
      await client.query(sql.replace(/^COPY a \((.*)\) TO STDOUT$/, 'SELECT $1 FROM a'));
      return undefined;
    } catch (error) {
      return error instanceof pg.DatabaseError ? error.code : String(error);
    } finally {
      await client.query('ROLLBACK');
    }
  }

  it.each([...WRITTEN, ...GENERATED])('are all among the atoms of: %s', async (sql) => {
    const grants = atomsOf(parser, sql).flatMap(grantsFor);
    expect(await run(sql, grants)).toBeUndefined();
  });

  it.each(WRITTEN.filter((sql) => !sql.startsWith('WITH RECURSIVE')))(
    'are missed without: %s',
    async (sql) => {
      expect(await run(sql, [])).toBe('42501');
    },
  );
});
