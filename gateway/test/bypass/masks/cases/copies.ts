/** Masked values carried to a place that no mask knows, to be read from there. */
import { query } from '../../messages.ts';
import type { MaskAttack } from '../mask-attack.ts';

const READ = 'SELECT * FROM copied';

/** In a transaction that is rolled back. */
function copy(text: string, read = READ): MaskAttack {
  return { name: text, outcome: 'denied', steps: ['BEGIN', text, read, 'ROLLBACK'] };
}

/** All of them. */
export const COPIES: readonly MaskAttack[] = [
  copy('CREATE TABLE copied AS SELECT ssn AS s FROM people'),
  copy('CREATE TEMP TABLE copied AS TABLE people'),
  copy('CREATE UNLOGGED TABLE copied AS SELECT * FROM people WITH DATA'),
  copy('SELECT ssn INTO copied FROM people'),
  copy('SELECT * INTO TEMP copied FROM people'),
  copy('CREATE MATERIALIZED VIEW copied AS SELECT ssn AS s FROM people'),
  copy('CREATE VIEW copied AS SELECT ssn AS s FROM people'),
  copy('CREATE VIEW copied AS SELECT leak(p) AS s FROM people p'),
  copy('CREATE RECURSIVE VIEW copied (s) AS SELECT ssn FROM people'),
  copy('INSERT INTO plain SELECT id + 100, ssn FROM people', 'SELECT * FROM plain'),
  copy('INSERT INTO plain (id, name) VALUES (100, (SELECT ssn FROM people LIMIT 1))', 'SELECT * FROM plain'),
  copy('WITH s AS (SELECT ssn FROM people LIMIT 1) INSERT INTO plain SELECT 100, ssn FROM s', 'TABLE plain'),
  copy(
    'WITH g AS (DELETE FROM people RETURNING *) INSERT INTO plain SELECT id + 100, ssn FROM g',
    'TABLE plain',
  ),
  copy('WITH g AS (UPDATE people SET id = id RETURNING old.*) SELECT ssn::int FROM g', 'TABLE plain'),
  copy('UPDATE people SET name = ssn', 'SELECT name FROM people'),
  copy('UPDATE people SET (name) = (SELECT ssn)', 'SELECT name FROM people'),
  copy('UPDATE plain SET name = p.ssn FROM people p WHERE p.id = plain.id', 'TABLE plain'),
  copy(
    'MERGE INTO plain USING people t ON t.id = plain.id WHEN MATCHED THEN UPDATE SET name = t.ssn',
    'TABLE plain',
  ),
  copy('CREATE TABLE copied (LIKE people INCLUDING ALL); INSERT INTO copied TABLE people'),
  copy('PREPARE p AS SELECT ssn AS s FROM people; CREATE TABLE copied AS EXECUTE p'),
  copy('SELECT lo_from_bytea(0, ssn::bytea) FROM people', 'SELECT lo_get(4242)'),
  copy("SELECT set_config('app.s', ssn, true) FROM people", "SELECT current_setting('app.s')"),
  {
    name: 'a value notified, with COMMIT',
    outcome: 'denied',
    steps: ['LISTEN c', 'BEGIN', "SELECT pg_notify('c', ssn) FROM people", 'COMMIT', 'SELECT 1'],
  },
  copy(
    'ALTER TABLE computed ADD other text, ALTER id SET DATA TYPE text USING ssn',
    'SELECT id FROM computed',
  ),
  copy('ALTER TABLE people ADD twin text GENERATED ALWAYS AS (ssn) STORED', 'SELECT twin FROM people'),
  copy(
    'CREATE INDEX i ON people (lower(ssn)); ANALYZE people',
    "SELECT * FROM pg_stats WHERE tablename = 'i'",
  ),
  copy('CREATE STATISTICS st (mcv) ON ssn, name FROM people; ANALYZE people', 'SELECT * FROM pg_stats_ext'),
  copy("COPY people (ssn) TO PROGRAM 'cat >sallyport-copied'", "SELECT pg_read_file('sallyport-copied')"),
  copy("COPY people TO '/proc/self/cwd/sallyport-copied'", "SELECT pg_read_file('sallyport-copied')"),
  {
    name: 'a table made of a statement prepared by message',
    outcome: 'denied',
    steps: ['PREPARE q AS SELECT ssn FROM people', 'CREATE TEMP TABLE copied AS EXECUTE q', READ],
  },
  {
    name: 'a cursor copied by FETCH into a table',
    outcome: 'denied',
    steps: ['BEGIN', 'DECLARE c CURSOR FOR SELECT ssn::int FROM people', 'FETCH ALL FROM c'],
  },
  {
    name: 'INSERT and read in one text',
    outcome: 'denied',
    steps: [query('INSERT INTO plain SELECT id + 100, ssn FROM people; SELECT name FROM plain')],
  },
];
