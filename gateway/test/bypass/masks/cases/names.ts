/** Names that come to mean something else: what is judged and what is run, or what the mask knows, would differ. */
import { bind, describeOf, execute, parse, sync } from '../../messages.ts';
import type { MaskAttack } from '../mask-attack.ts';

const all = (...messages: readonly Buffer[]): Buffer => Buffer.concat(messages);

/** In a transaction that is rolled back. */
function rolled(
  name: string,
  outcome: MaskAttack['outcome'],
  texts: readonly (string | Buffer)[],
  harmless?: string,
): MaskAttack {
  const steps = ['BEGIN', ...texts, 'ROLLBACK'];
  return { name, outcome, steps, ...(harmless === undefined ? {} : { harmless }) };
}

/** All of them. */
export const NAMES: readonly MaskAttack[] = [
  rolled('a search_path that makes the name ambiguous', 'masked', [
    'SET LOCAL search_path = nowhere, public',
    'SELECT ssn FROM people',
  ]),
  rolled('a search_path that makes the name ambiguous, for an expression', 'masked', [
    'SET LOCAL search_path = nowhere, public',
    'SELECT upper(ssn) FROM people',
  ]),
  rolled('a search_path that makes the name ambiguous, for a condition', 'denied', [
    'SET LOCAL search_path = nowhere, public',
    "SELECT id FROM people WHERE ssn > 'c'",
  ]),
  rolled('a search_path that makes the name ambiguous, for COPY', 'masked', [
    'SET LOCAL search_path = nowhere, public',
    'COPY people TO STDOUT',
  ]),
  rolled('a search_path that makes the name ambiguous, for a copy', 'denied', [
    'SET LOCAL search_path = nowhere, public',
    'CREATE TEMP TABLE copied AS SELECT ssn AS s FROM people',
    'SELECT * FROM copied',
  ]),
  rolled('a search_path that makes a view ambiguous', 'masked', [
    'SET LOCAL search_path = nowhere, public',
    'SELECT label FROM renamed_view',
  ]),
  rolled('set_config makes the name ambiguous', 'masked', [
    "SELECT set_config('search_path', 'nowhere, public', true)",
    'SELECT ssn FROM people',
  ]),
  rolled('a schema of the attacker ahead of public', 'masked', [
    'CREATE SCHEMA trap',
    'SET LOCAL search_path = trap, public',
    'SELECT ssn FROM people',
  ]),
  rolled(
    'a temporary table of the same name',
    'harmless',
    [
      'CREATE TEMP TABLE people (id int, ssn text)',
      "INSERT INTO people VALUES (1, 'mine')",
      'SELECT ssn FROM people',
    ],
    'the values are the attacker’s own',
  ),
  rolled('the masked table behind a temporary one of the same name', 'masked', [
    'CREATE TEMP TABLE people (id int, ssn text)',
    'SELECT ssn FROM public.people',
  ]),
  rolled('a temporary table of the same name, computed with', 'denied', [
    'CREATE TEMP TABLE people (id int, ssn text)',
    'DROP TABLE pg_temp.people',
    'SELECT ssn::int FROM people',
  ]),
  rolled('the table renamed', 'denied', ['ALTER TABLE people RENAME TO folks', 'SELECT ssn FROM folks']),
  rolled('the table renamed, extended', 'denied', [
    'ALTER TABLE people RENAME TO folks',
    all(parse('SELECT ssn FROM folks'), bind(), execute(), sync()),
  ]),
  rolled('the column renamed', 'denied', [
    'ALTER TABLE people RENAME ssn TO label',
    'SELECT label FROM people',
  ]),
  rolled('two columns that change names', 'denied', [
    'ALTER TABLE people RENAME ssn TO x',
    'ALTER TABLE people RENAME name TO ssn',
    'SELECT x FROM people',
  ]),
  rolled('the table moved to another schema', 'denied', [
    'CREATE SCHEMA other',
    'ALTER TABLE people SET SCHEMA other',
    'SELECT ssn FROM other.people',
  ]),
  rolled('the schema renamed', 'denied', [
    'ALTER SCHEMA public RENAME TO other',
    'SELECT ssn FROM other.people',
  ]),
  rolled('the view renamed to a clean one', 'denied', [
    'ALTER VIEW clean_view RENAME TO old_view',
    'ALTER VIEW renamed_view RENAME TO clean_view',
    'SELECT * FROM clean_view',
  ]),
  rolled('a clean view replaced', 'denied', [
    'CREATE OR REPLACE VIEW clean_view AS SELECT id, ssn AS name FROM people',
    'SELECT name FROM clean_view',
  ]),
  rolled('a clean view replaced by one over a function', 'denied', [
    'CREATE OR REPLACE VIEW clean_view AS SELECT id, ssn_of(id) AS name FROM plain',
    'SELECT name FROM clean_view',
  ]),
  rolled('a child of the attacker inherits the masked table', 'denied', [
    'CREATE TABLE kid () INHERITS (people)',
    "INSERT INTO kid (id, name, ssn) VALUES (50, 'k', 'mine')",
    'SELECT ssn FROM people',
  ]),
  rolled('the masked table made a child of a table of the attacker', 'denied', [
    'CREATE TABLE parent (ssn text)',
    'ALTER TABLE people INHERIT parent',
    'SELECT ssn FROM parent',
  ]),
  rolled('a column of the attacker’s parent, computed with', 'denied', [
    'CREATE TABLE parent (ssn text)',
    'ALTER TABLE people INHERIT parent',
    'SELECT upper(ssn) FROM parent',
  ]),
  rolled('the masked partition detached', 'denied', [
    'ALTER TABLE staff DETACH PARTITION staff1',
    'SELECT ssn FROM staff1',
  ]),
  rolled('the masked table attached to a partitioned table of the attacker', 'denied', [
    'CREATE TABLE roof (id int, ssn text) PARTITION BY LIST (id)',
    'ALTER TABLE staff DETACH PARTITION staff1',
    'ALTER TABLE roof ATTACH PARTITION staff1 FOR VALUES IN (1)',
    'SELECT ssn FROM roof',
  ]),
  rolled('the masked partition attached to a table of others', 'denied', [
    'ALTER TABLE staff DETACH PARTITION staff1',
    'ALTER TABLE ledger ATTACH PARTITION staff1 FOR VALUES IN (1)',
    'SELECT ssn FROM ledger',
  ]),
  rolled('a view moved to another schema', 'denied', [
    'CREATE SCHEMA other',
    'ALTER VIEW renamed_view SET SCHEMA other',
    'SELECT label FROM other.renamed_view',
  ]),
  rolled('a materialized view renamed to a clean table', 'denied', [
    'ALTER TABLE plain RENAME TO old_plain',
    'ALTER MATERIALIZED VIEW people_copy RENAME TO plain',
    'SELECT * FROM plain',
  ]),
  rolled('a view renamed by ALTER TABLE', 'denied', [
    'ALTER TABLE clean_view RENAME TO old_view',
    'ALTER TABLE renamed_view RENAME TO clean_view',
    'SELECT * FROM clean_view',
  ]),
  rolled('search_path to a schema with a view of the same name', 'denied', [
    'CREATE SCHEMA trap',
    'CREATE VIEW trap.plain AS SELECT id, ssn AS name FROM public.people',
    'SET LOCAL search_path = trap, public',
    'SELECT name FROM plain',
  ]),
  rolled('search_path of a function of the same name as a built-in', 'denied', [
    'SET LOCAL search_path = public, pg_catalog',
    'CREATE FUNCTION public.lower(text) RETURNS text LANGUAGE sql AS $$ SELECT ssn FROM public.people LIMIT 1 $$',
    "SELECT lower('x')",
  ]),
  rolled('a prepared statement whose table changes its meaning', 'denied', [
    all(parse('SELECT name FROM plain', 's'), sync()),
    'CREATE SCHEMA trap',
    'CREATE VIEW trap.plain AS SELECT ssn AS name FROM public.people',
    'SET LOCAL search_path = trap, public',
    all(bind('s'), execute(), sync()),
  ]),
  rolled('PREPARE before the column is renamed, EXECUTE after', 'denied', [
    'PREPARE q AS SELECT name FROM people',
    'ALTER TABLE people RENAME name TO label',
    'ALTER TABLE people RENAME ssn TO name',
    'EXECUTE q',
  ]),
  rolled('a domain of the attacker over the masked column', 'denied', [
    'CREATE DOMAIN d AS text',
    'ALTER TABLE computed ALTER id TYPE d USING ssn',
    'SELECT id FROM computed',
  ]),
  rolled('a column dropped and another of its number added', 'masked', [
    'ALTER TABLE people ADD extra text',
    'SELECT ssn, extra FROM people',
  ]),
  {
    name: 'a statement of the same name closed and made anew',
    outcome: 'masked',
    steps: [
      all(parse('SELECT name FROM plain', 's'), sync()),
      'DEALLOCATE s',
      'PREPARE s AS SELECT ssn FROM people',
      all(bind('s'), execute(), sync()),
    ],
  },
  {
    name: 'a statement of the same name, made anew between Parse and Bind in one batch',
    outcome: { error: '42P05' },
    harmless: 'the name is taken',
    steps: [
      all(
        parse('SELECT name FROM plain', 's'),
        parse('SELECT ssn FROM people', 's'),
        bind('s'),
        execute(),
        sync(),
      ),
    ],
  },
  {
    name: 'the unnamed statement made anew between Parse and Bind',
    outcome: 'masked',
    steps: [all(parse('SELECT name FROM plain'), parse('SELECT ssn FROM people'), bind(), execute(), sync())],
  },
  {
    name: 'the unnamed portal described for one statement and bound anew',
    outcome: 'masked',
    steps: [
      all(
        parse('SELECT name FROM plain', 'a'),
        parse('SELECT ssn FROM people', 'b'),
        bind('a'),
        describeOf('portal'),
        bind('b'),
        execute(),
        sync(),
      ),
    ],
  },
];
