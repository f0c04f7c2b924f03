/** Masked values in what is no row: errors, notices, plans, statistics, notifications, large objects, files. */
import { extended, query, sync } from '../../messages.ts';
import { type MaskAttack, statements } from '../mask-attack.ts';

/** In a transaction that is rolled back. */
function rolled(
  name: string,
  outcome: MaskAttack['outcome'],
  texts: readonly string[],
  more: Partial<MaskAttack> = {},
): MaskAttack {
  return {
    name,
    outcome,
    steps: ['BEGIN', ...texts, 'ROLLBACK'],
    ...more,
  };
}

/** Nothing of a masked column is in it. */
const OWN: Partial<MaskAttack> = { harmless: 'what it shows is the attacker’s own, or everybody’s' };

/** All of them. */
export const WORDS: readonly MaskAttack[] = [
  ...statements('denied', [
    'SELECT ssn::int FROM people',
    'SELECT 1 / (salary - 3) FROM people',
    'SELECT ssn::date FROM people',
    "SELECT ('{' || ssn)::json FROM people",
    'SELECT CAST(ssn AS address) FROM people',
    'SELECT ssn::regclass FROM people',
    'SELECT pg_catalog.query_to_xml($$SELECT ssn FROM people$$, true, false, $$$$)',
    "SELECT most_common_vals FROM pg_stats WHERE tablename = 'people'",
    'SELECT histogram_bounds::text FROM pg_stats',
    'SELECT stavalues1 FROM pg_statistic',
    'SELECT * FROM pg_stats_ext_exprs',
    'SELECT query FROM pg_stat_activity',
    'SELECT lo_get(4242)',
    "SELECT encode(pg_read_binary_file(pg_relation_filepath('people')), 'escape')",
    "SELECT pg_read_binary_file(pg_relation_filepath('people'))",
  ]),
  rolled('a unique violation', { error: '23505' }, ["UPDATE people SET ssn = 'same' WHERE id < 9"], OWN),
  rolled('a unique violation that shows a value', 'denied', ['UPDATE people SET ssn = left(ssn, 10)']),
  rolled('a check violation shows the whole row', { error: '23514' }, [
    `UPDATE people SET ssn = '${'x'.repeat(50)}' WHERE id = 1`,
  ]),
  rolled('a NOT NULL violation shows the whole row', { error: '23502' }, [
    'UPDATE people SET name = NULL WHERE id = 1',
  ]),
  rolled('a NOT NULL violation, extended', { error: '23502' }, ['UPDATE people SET name = NULL']),
  rolled('a check of the attacker shows the row', { error: '23514' }, [
    'ALTER TABLE people ADD CONSTRAINT mine CHECK (id < 0) NOT VALID',
    "UPDATE people SET name = 'x' WHERE id = 1",
  ]),
  rolled(
    'a constraint that is validated',
    { error: '23514' },
    ['ALTER TABLE people ADD CONSTRAINT mine CHECK (id < 0)'],
    OWN,
  ),
  rolled('a unique index of the attacker on a masked column', 'denied', [
    'ALTER TABLE people ADD CONSTRAINT mine UNIQUE (token)',
  ]),
  rolled('an exclusion constraint of the attacker', 'denied', [
    'ALTER TABLE people ADD CONSTRAINT mine EXCLUDE USING btree (salary WITH =)',
  ]),
  rolled('a foreign key of the attacker', 'denied', [
    'CREATE TABLE refs (s text PRIMARY KEY)',
    'ALTER TABLE people ADD CONSTRAINT mine FOREIGN KEY (ssn) REFERENCES refs (s)',
  ]),
  rolled('a type of the attacker for a masked column', 'denied', [
    'ALTER TABLE staff ALTER ssn TYPE int USING ssn::int',
  ]),
  rolled('a partition that does not take the row', { error: '23514' }, ['UPDATE staff1 SET id = 2']),
  rolled('a domain that does not take the value', 'denied', [
    "ALTER DOMAIN secret_text ADD CONSTRAINT mine CHECK (VALUE NOT LIKE 'canary%')",
  ]),
  rolled('a view with check option', 'denied', [
    'CREATE VIEW narrow AS SELECT * FROM people WHERE id > 0 WITH CHECK OPTION',
    'UPDATE narrow SET id = -id WHERE id = 1',
  ]),
  rolled(
    'the log in the client',
    'harmless',
    ['SET LOCAL client_min_messages = debug5', 'SELECT count(*) FROM plain'],
    OWN,
  ),
  rolled(
    'plans and parse trees in the client',
    'denied',
    [
      'SET LOCAL client_min_messages = log',
      'SET LOCAL debug_print_parse = on',
      "UPDATE people SET ssn = 'x' WHERE ssn = 'y'",
    ],
    OWN,
  ),
  rolled('statements of the log in the client', 'masked', [
    'SET LOCAL client_min_messages = log',
    'SET LOCAL log_statement = $$all$$',
    'SELECT ssn FROM people',
  ]),
  rolled('EXPLAIN ANALYZE VERBOSE of plain columns', 'denied', [
    'EXPLAIN (ANALYZE, VERBOSE, TIMING OFF, SUMMARY OFF, BUFFERS OFF) SELECT ssn FROM people',
  ]),
  rolled(
    'EXPLAIN of plain columns, without estimates',
    'harmless',
    ['EXPLAIN (COSTS OFF) SELECT ssn FROM people'],
    OWN,
  ),
  rolled('EXPLAIN SERIALIZE', 'denied', [
    'EXPLAIN (ANALYZE, SERIALIZE, TIMING OFF, SUMMARY OFF, BUFFERS OFF) SELECT ssn FROM people',
  ]),
  rolled('EXPLAIN of a masked expression', 'denied', [
    'EXPLAIN (ANALYZE, VERBOSE, TIMING OFF, SUMMARY OFF, BUFFERS OFF) SELECT max(ssn) FROM people',
  ]),
  rolled('a most common value in a plan', 'denied', ["EXPLAIN SELECT 1 FROM people WHERE ssn < 'd'"]),
  rolled('NOTIFY with a value', 'denied', [
    'LISTEN c',
    "SELECT pg_notify('c', (SELECT ssn FROM people WHERE id = 1))",
    'COMMIT',
    'SELECT 1',
  ]),
  rolled(
    'LISTEN to what others notify',
    'harmless',
    ['LISTEN c', "NOTIFY c, 'mine'", 'COMMIT', 'SELECT 1'],
    OWN,
  ),
  rolled('a large object that others made', 'denied', ['SELECT loread(lo_open(4242, 262144), 100)']),
  rolled('the catalog of large objects', 'denied', ['SELECT data FROM pg_largeobject']),
  rolled('a dropped function call with an error in DETAIL', 'denied', ['SELECT fail_all()']),
  rolled('VACUUM VERBOSE and ANALYZE VERBOSE', 'harmless', ['ANALYZE VERBOSE people'], OWN),
  {
    name: 'a division by zero in an extended batch after a masked read',
    outcome: { error: '22012' },
    steps: [Buffer.concat([extended('SELECT ssn FROM people'), extended('SELECT 1 / 0'), sync()])],
  },
  {
    name: 'a multi-statement text whose last part fails',
    outcome: { error: '22012' },
    steps: [query('SELECT ssn FROM people; SELECT 1 / 0')],
  },
];
