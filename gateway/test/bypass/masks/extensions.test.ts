/**
 * Extensions that come with PostgreSQL, and views that their functions stand in: some run text that they are given, read
 * pages or compare what they get. Each attempt shows a masked value when it is sent to the server itself.
 */
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { EXTENSIONS } from './cases/extensions.ts';
import { leaks } from './mask-attack.ts';
import { CANARY } from './masked-people.ts';
import { type SuperuserScene, startSuperuserScene } from './superuser-scene.ts';

const SET_UP = `
${['tablefunc', 'xml2', 'dblink', 'postgres_fdw', 'hstore', 'citext', 'pgcrypto', 'pageinspect', 'unaccent', 'pg_trgm', 'fuzzystrmatch', 'ltree', 'intarray'].map((name) => `CREATE EXTENSION ${name};`).join(' ')}
CREATE TABLE people (id int PRIMARY KEY, name text, boss int, ssn text, doc text);
INSERT INTO people VALUES (1, 'ann', NULL, '${CANARY}-1', '<a><b>${CANARY}</b></a>'), (2, 'bob', 1, '${CANARY}-2', '<a/>');
CREATE TABLE plain (id int PRIMARY KEY, name text);
INSERT INTO plain VALUES (1, 'été'), (2, 'two');
CREATE SEQUENCE counted;
CREATE VIEW pivoted AS SELECT * FROM crosstab('SELECT id, 1, ssn FROM public.people ORDER BY 1') AS t (id int, told text);
CREATE VIEW tree AS SELECT branch FROM connectby('public.people', 'ssn', 'boss::text', '1', 0, '~') AS t (keyid text, parent text, level int, branch text);
CREATE VIEW grown AS SELECT keyid FROM connectby('(SELECT ssn AS k, NULL::text AS p FROM public.people UNION ALL SELECT ssn, ''top'' FROM public.people) x', 'k', 'p', 'top', 0) AS t (keyid text, parent text, level int);
CREATE VIEW pathed AS SELECT told FROM xpath_table('id', 'doc', 'public.people', '/a/b', 'true') AS t (id int, told text);
CREATE MATERIALIZED VIEW kept AS SELECT * FROM crosstab('SELECT id, 1, ssn FROM public.people ORDER BY 1') AS t (id int, told text);
CREATE VIEW over_pivoted AS SELECT upper(told) AS told FROM pivoted;
CREATE VIEW accents AS SELECT id, unaccent(name) AS name, name % 'two' AS alike FROM plain;
CREATE FUNCTION here(out text) LANGUAGE sql AS $$ SELECT format('host=127.0.0.1 port=%s dbname=postgres user=app password=app-secret sslmode=require', current_setting('port')) $$;
CREATE VIEW linked AS SELECT told FROM dblink(here(), 'SELECT ssn FROM people') AS t (told text);
`;

const POLICY = `apiVersion: sallyport.dev/v1
rules:
  - { id: connects, effect: allow, on: connect, match: { groups: [agents] } }
  - id: everything
    effect: allow
    on: sql
    match: { groups: [agents] }
    mask: [{ columns: ['public.people.ssn', 'public.people.doc'], with: redact }]
`;

/** A foreign table of the owner's, over a table that no mask names. */
const remote = (port: number): string => `
  CREATE SERVER loop FOREIGN DATA WRAPPER postgres_fdw OPTIONS (host '127.0.0.1', dbname 'postgres', port '${port}');
  CREATE USER MAPPING FOR app SERVER loop OPTIONS (user 'app', password 'app-secret');
  CREATE FOREIGN TABLE remote (id int, told text OPTIONS (column_name 'name')) SERVER loop OPTIONS (table_name 'plain')`;

let scene: SuperuserScene;

beforeAll(async () => {
  scene = await startSuperuserScene(POLICY, SET_UP, remote);
}, 60_000);

afterAll(() => scene?.[Symbol.asyncDispose]());

/** All that comes of a text, in a transaction that is rolled back. */
async function heard(by: pg.Client, text: string): Promise<{ bytes: Buffer; code: string | undefined }> {
  const said: unknown[] = [];
  const onNotice = (notice: unknown): void => void said.push(notice);
  const onCopy = ({ chunk }: { chunk: Buffer }): void => void said.push(chunk.toString());
  const { connection } = by as unknown as { connection: NodeJS.EventEmitter };
  by.on('notice', onNotice);
  connection.on('copyData', onCopy);
  let code: string | undefined;
  try {
    await by.query('BEGIN');
    const answer: unknown = await by.query({ text, rowMode: 'array' });
    said.push(...[answer].flat().map((one) => (one as pg.QueryArrayResult).rows));
  } catch (error) {
    if (!(error instanceof pg.DatabaseError)) throw error;
    code = error.code;
    said.push({ ...error, message: error.message });
  }
  await by.query('ROLLBACK');
  by.off('notice', onNotice);
  connection.off('copyData', onCopy);
  return { bytes: Buffer.from(JSON.stringify(said)), code };
}

describe('extensions and what is masked', () => {
  it.each(EXTENSIONS)('P5: %s', async (written) => {
    const text = written.replace('$PORT', String(scene.gateway.postgres.server.port));
    const open = await heard(scene.direct, text);
    expect(leaks(open.bytes), `sent directly it shows nothing: ${open.bytes.toString()}`).not.toEqual([]);
    const seen = await heard(scene.client, text);
    expect(leaks(seen.bytes)).toEqual([]);
    expect(seen.code ?? (seen.bytes.includes('null') ? 'masked' : 'open')).toMatch(/^(?:42501|masked)$/);
  });

  it.each([
    "CREATE FOREIGN TABLE elsewhere (id int, told text OPTIONS (column_name 'ssn')) SERVER loop OPTIONS (table_name 'people')",
    'IMPORT FOREIGN SCHEMA public LIMIT TO (people) FROM SERVER loop INTO elsewhere',
    "ALTER FOREIGN TABLE remote OPTIONS (SET table_name 'people')",
    "ALTER FOREIGN TABLE remote ALTER told OPTIONS (SET column_name 'ssn')",
    "ALTER TABLE remote OPTIONS (SET table_name 'people')",
    "ALTER SERVER loop OPTIONS (SET dbname 'postgres')",
  ])('P5: what a foreign table is of is not for the client to say: %s', async (text) => {
    expect((await heard(scene.client, text)).code).toBe('42501');
  });

  it('a foreign table that is there already passes', async () => {
    const seen = await heard(scene.client, 'SELECT told FROM remote ORDER BY id');
    expect(seen.bytes.toString()).toBe('[[["été"],["two"]]]');
  });

  it('a sequence has nothing of them, and passes', async () => {
    const seen = await heard(scene.client, 'SELECT last_value, is_called FROM counted');
    expect(seen.bytes.toString()).toBe('[[["1",false]]]');
  });

  it('an index gets another name; P5: a table gets none by the same words', async () => {
    expect((await heard(scene.client, 'ALTER INDEX plain_pkey RENAME TO own')).code).toBeUndefined();
    expect((await heard(scene.direct, 'ALTER INDEX people RENAME TO own')).code).toBeUndefined();
    expect((await heard(scene.client, 'ALTER INDEX people RENAME TO own')).code).toBe('42501');
  });

  it('a view of harmless ones of theirs over other tables passes', async () => {
    const seen = await heard(scene.client, 'SELECT name, alike FROM accents ORDER BY id');
    expect(seen.bytes.toString()).toBe('[[["ete",false],["two",true]]]');
  });
});
