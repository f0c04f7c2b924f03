/**
 * Extensions that come with PostgreSQL, and views that their functions stand in: some run text that they are given, read
 * pages or compare what they get. Each attempt shows a masked value when it is sent to the server itself.
 */
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startTestGateway, type TestGateway } from '../../support/gateway.ts';
import { leaks } from './mask-attack.ts';
import { CANARY } from './masked-people.ts';

const SET_UP = `
ALTER ROLE app SUPERUSER;
${['tablefunc', 'xml2', 'dblink', 'postgres_fdw', 'hstore', 'citext', 'pgcrypto', 'pageinspect', 'unaccent', 'pg_trgm', 'fuzzystrmatch', 'ltree', 'intarray'].map((name) => `CREATE EXTENSION ${name};`).join(' ')}
CREATE TABLE people (id int PRIMARY KEY, name text, boss int, ssn text, doc text);
INSERT INTO people VALUES (1, 'ann', NULL, '${CANARY}-1', '<a><b>${CANARY}</b></a>'), (2, 'bob', 1, '${CANARY}-2', '<a/>');
CREATE TABLE plain (id int PRIMARY KEY, name text);
INSERT INTO plain VALUES (1, 'été'), (2, 'two');
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

const ATTEMPTS: readonly string[] = [
  // Views whose functions run text: what they read is in no dependency.
  'SELECT told FROM pivoted',
  'SELECT * FROM over_pivoted',
  'SELECT told FROM kept',
  'SELECT told FROM pathed',
  'SELECT told FROM linked',
  'SELECT keyid FROM grown',
  'SELECT p.name, v.told FROM people p JOIN pivoted v ON v.id = p.id',
  'COPY (SELECT told FROM pivoted) TO STDOUT',
  'SELECT row_to_json(v) FROM pivoted v',
  // The functions themselves.
  "SELECT * FROM crosstab('SELECT id, 1, ssn FROM people ORDER BY 1') AS t (id int, told text)",
  "SELECT * FROM crosstab('SELECT id, 1, ssn FROM people ORDER BY 1', 'SELECT 1') AS t (id int, told text)",
  "SELECT * FROM crosstab2('SELECT name, ''x'', ssn FROM people ORDER BY 1')",
  "SELECT * FROM public.crosstab3('SELECT name, ''x'', ssn FROM people ORDER BY 1')",
  "SELECT * FROM xpath_table('id', 'ssn || ''x''', 'people', '', 'true') AS t (id text); SELECT told FROM pathed",
  "SELECT * FROM xpath_table('ssn', 'doc', 'people', '/a/b', 'true') AS t (ssn text, told text)",
  "SELECT * FROM dblink(here(), 'SELECT ssn FROM people') AS t (told text)",
  "SELECT dblink_connect('c', here()); SELECT * FROM dblink('c', 'SELECT ssn FROM people') AS t (told text)",
  // Rows and values made into something else.
  'SELECT hstore(p) FROM people p',
  "SELECT hstore(p) -> 'ssn' FROM people p",
  'SELECT (each(hstore(p))).value FROM people p',
  'SELECT akeys(hstore(ssn, NULL)) FROM people',
  'SELECT hstore_to_json(hstore(p)) FROM people p',
  'SELECT %% hstore(p) FROM people p',
  'SELECT ssn::citext FROM people WHERE id = 1',
  'SELECT max(ssn::citext) FROM people',
  "SELECT replace(ssn::citext, 'nothing', 'x') FROM people",
  'SELECT unaccent(ssn) FROM people',
  'SELECT show_trgm(name || ssn) || ARRAY[ssn] FROM people',
  "SELECT encode(armor(ssn::bytea)::bytea, 'escape') || ssn FROM people",
  "SELECT encode(decrypt(encrypt(ssn::bytea, 'k', 'aes'), 'k', 'aes'), 'escape') FROM people",
  "SELECT pgp_sym_decrypt(pgp_sym_encrypt(ssn, 'k'), 'k') FROM people",
  "SELECT replace(ssn, '-', '_')::ltree FROM people",
  "SELECT encode(get_raw_page('people', 0), 'escape')",
  "SELECT encode(t_data, 'escape') FROM heap_page_items(get_raw_page('people', 0))",
  "SELECT (heap_page_item_attrs(get_raw_page('people', 0), 'people'::regclass)).t_attrs::text, encode(get_raw_page('people', 0), 'escape')",
  // Elsewhere, which is here.
  `CREATE SERVER loop FOREIGN DATA WRAPPER postgres_fdw OPTIONS (host '127.0.0.1', dbname 'postgres', port '$PORT');
   CREATE USER MAPPING FOR app SERVER loop OPTIONS (user 'app', password 'app-secret');
   CREATE USER MAPPING FOR postgres SERVER loop OPTIONS (user 'app', password 'app-secret');
   CREATE FOREIGN TABLE elsewhere (id int, told text OPTIONS (column_name 'ssn')) SERVER loop OPTIONS (table_name 'people');
   SELECT told FROM elsewhere`,
];

const SECRET_VARIABLE = 'SALLYPORT_TEST_EXTENSIONS_SECRET';

let gateway: TestGateway;
let client: pg.Client;
let direct: pg.Client;

async function connected(connectionString: string): Promise<pg.Client> {
  const made = new pg.Client({ connectionString });
  await made.connect();
  return made;
}

beforeAll(async () => {
  process.env[SECRET_VARIABLE] = 'app-secret';
  const accounts = [{ name: 'app', credential: { env: SECRET_VARIABLE }, allowSuperuser: true }];
  gateway = await startTestGateway({ policy: POLICY, setUp: SET_UP, resource: { accounts } });
  client = await connected(await gateway.url());
  direct = await connected(gateway.postgres.url());
}, 60_000);

afterAll(async () => {
  await client.end();
  await direct.end();
  await gateway[Symbol.asyncDispose]();
});

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
  it.each(ATTEMPTS)('P5: %s', async (written) => {
    const text = written.replace('$PORT', String(gateway.postgres.server.port));
    const open = await heard(direct, text);
    expect(leaks(open.bytes), `sent directly it shows nothing: ${open.bytes.toString()}`).not.toEqual([]);
    const seen = await heard(client, text);
    expect(leaks(seen.bytes)).toEqual([]);
    expect(seen.code ?? (seen.bytes.includes('null') ? 'masked' : 'open')).toMatch(/^(?:42501|masked)$/);
  });

  it('a view of harmless ones of theirs over other tables passes', async () => {
    const seen = await heard(client, 'SELECT name, alike FROM accents ORDER BY id');
    expect(seen.bytes.toString()).toBe('[[["ete",false],["two",true]]]');
  });
});
