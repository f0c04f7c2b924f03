/** Structures of the attacker over masked columns: whether they can be made, and what they do then. */
import { denied, type TwinAttempt } from '../attempt.ts';

/** DDL, and what follows on it */
export const STRUCTURES: readonly TwinAttempt[] = [
  ...denied([
    [
      "CREATE INDEX own ON people (id) WHERE ssn < 'd'",
      "SELECT reltuples, relpages FROM pg_class WHERE relname = 'own'",
    ],
    ["CREATE INDEX own ON people (id) WHERE ssn < 'd'", "SELECT pg_relation_size('own')"],
    [
      'CREATE INDEX own ON people (salary, id)',
      'SET LOCAL enable_seqscan = off',
      'SET LOCAL enable_bitmapscan = off',
      'SELECT id FROM people',
    ],
    [
      'CREATE INDEX own ON people (salary) INCLUDE (id)',
      'SET LOCAL enable_seqscan = off',
      'SELECT id FROM ONLY people',
    ],
    ['CLUSTER people USING people_ssn_key', 'SELECT id FROM ONLY people'],
    ['CLUSTER people USING people_ssn_key', 'SELECT id, ctid FROM ONLY people ORDER BY id'],
    ['ALTER TABLE people CLUSTER ON people_ssn_key', 'CLUSTER people', 'SELECT id FROM ONLY people'],
    ['CREATE UNIQUE INDEX own ON people (salary)'],
    ["CREATE UNIQUE INDEX own ON people ((ssn < 'd'))"],
    ['CREATE INDEX own ON people ((ssn::int))'],
    ['CREATE INDEX own ON people ((1 / (salary - 3)))'],
    ["ALTER TABLE people ADD CONSTRAINT own CHECK (ssn <> 'x')"],
    [
      "ALTER TABLE people ADD CONSTRAINT own CHECK (ssn <> 'x') NOT VALID",
      'ALTER TABLE people VALIDATE CONSTRAINT own',
    ],
    ['ALTER TABLE people ADD CONSTRAINT own EXCLUDE USING btree (salary WITH =)'],
    ['ALTER TABLE people ADD CONSTRAINT own UNIQUE NULLS NOT DISTINCT (salary)'],
    ['ALTER TABLE people ALTER salary SET NOT NULL'],
    ['ALTER TABLE people ADD CONSTRAINT own NOT NULL salary'],
    ['ALTER TABLE people ADD own int GENERATED ALWAYS AS (salary * 3) STORED'],
    ['ALTER TABLE people ADD own text GENERATED ALWAYS AS (ssn) VIRTUAL', 'SELECT own FROM people'],
    ['ALTER TABLE people ADD own text GENERATED ALWAYS AS (upper(ssn)) STORED', 'SELECT own FROM people'],
    ['ALTER TABLE staff ALTER ssn TYPE varchar(4)'],
    ['ALTER TABLE staff ALTER ssn TYPE varchar(4) USING ssn::varchar(4)', 'SELECT ssn FROM staff'],
    ['ALTER TABLE staff ALTER ssn TYPE int USING ssn::int'],
    ['ALTER TABLE staff ADD CONSTRAINT own FOREIGN KEY (ssn) REFERENCES people (ssn)'],
    [
      'CREATE TABLE own PARTITION OF ledger FOR VALUES IN (1)',
      'INSERT INTO ledger SELECT id, ssn FROM staff',
      'SELECT * FROM own',
    ],
    ["ALTER DOMAIN secret_text ADD CONSTRAINT own CHECK (VALUE < 'd')"],
    [
      "ALTER DOMAIN secret_text ADD CONSTRAINT own CHECK (VALUE < 'd') NOT VALID",
      'ALTER DOMAIN secret_text VALIDATE CONSTRAINT own',
    ],
    ['ALTER DOMAIN secret_text SET NOT NULL'],
    ["CREATE TEMP VIEW own AS SELECT id FROM people WHERE ssn < 'd'", 'SELECT * FROM own'],
    ["CREATE MATERIALIZED VIEW own AS SELECT id FROM people WHERE ssn < 'd'", 'SELECT * FROM own'],
    ["CREATE TEMP TABLE own AS SELECT id FROM people WHERE ssn < 'd'", 'SELECT * FROM own'],
    [
      'CREATE TABLE own (LIKE people INCLUDING ALL)',
      'INSERT INTO own SELECT * FROM people',
      'SELECT ssn FROM own',
    ],
    [
      "CREATE RULE own AS ON UPDATE TO plain WHERE EXISTS (SELECT 1 FROM people WHERE ssn < 'd') DO INSTEAD NOTHING",
      "UPDATE plain SET name = 'x'",
    ],
    [
      "CREATE FUNCTION own() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE NOTICE '%', (SELECT string_agg(o.ssn, ',') FROM o); RETURN NULL; END $$",
      'CREATE TRIGGER own AFTER UPDATE ON people REFERENCING OLD TABLE AS o FOR EACH STATEMENT EXECUTE FUNCTION own()',
      "UPDATE people SET name = 'x'",
    ],
    [
      'CREATE FUNCTION own() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NEW; END $$',
      "CREATE TRIGGER own BEFORE UPDATE ON people FOR EACH ROW WHEN (old.ssn < 'd') EXECUTE FUNCTION own()",
      'CREATE FUNCTION skip() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NULL; END $$',
      "CREATE TRIGGER skipping BEFORE UPDATE ON people FOR EACH ROW WHEN (old.ssn < 'd') EXECUTE FUNCTION skip()",
      "UPDATE people SET name = 'x' RETURNING id",
    ],
    [
      'ALTER TABLE people ENABLE ROW LEVEL SECURITY',
      "CREATE POLICY own ON people USING (ssn < 'd')",
      'SET LOCAL ROLE pg_read_all_data',
      'SELECT id FROM people',
    ],
    [
      "CREATE FUNCTION own(a text DEFAULT (ssn_of(1))) RETURNS text LANGUAGE sql AS 'SELECT $1'",
      'SELECT own()',
    ],
    ['CREATE TABLE own (id int, s text DEFAULT ssn_of(1))', 'INSERT INTO own VALUES (1) RETURNING s'],
    [
      'CREATE SCHEMA evil',
      "CREATE FUNCTION evil.less(text, text) RETURNS bool LANGUAGE sql AS 'SELECT EXISTS (SELECT 1 FROM public.people WHERE ssn IS NULL)'",
      'CREATE OPERATOR evil.= (LEFTARG = text, RIGHTARG = text, FUNCTION = evil.less)',
      'SET LOCAL search_path = evil, pg_catalog, public',
      'SELECT id FROM plain WHERE name = note',
    ],
    [
      'CREATE TABLE own (id int) PARTITION BY RANGE (id)',
      'CREATE SEQUENCE counting',
      "SELECT setval('counting', coalesce(salary, 1)) FROM people WHERE id = 2",
      'SELECT last_value FROM counting',
    ],
    [
      'CREATE SEQUENCE counting',
      "SELECT nextval('counting') FROM people WHERE ssn IS NOT NULL",
      'SELECT last_value FROM counting',
    ],
    [
      'CREATE SEQUENCE counting',
      "SELECT CASE WHEN ssn IS NULL THEN nextval('counting') END FROM people",
      'SELECT last_value FROM counting',
    ],
    [
      'SELECT pg_advisory_xact_lock(salary) FROM people',
      "SELECT objid FROM pg_locks WHERE locktype = 'advisory' AND pid = pg_backend_pid() ORDER BY 1",
    ],
    [
      'SELECT CASE WHEN ssn IS NULL THEN pg_try_advisory_xact_lock(7) END FROM people',
      "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND pid = pg_backend_pid()",
    ],
    // What ANALYZE computes can fail.
    ['CREATE STATISTICS own ON (ssn::int), name FROM people', 'ANALYZE people'],
    ['CREATE STATISTICS own ON (1 / (salary - 3)), name FROM people', 'ANALYZE people'],
    // Rows that move into a partition meet what it has of its own.
    ["CREATE TABLE own PARTITION OF staff (CHECK (ssn < 'd')) FOR VALUES IN (2)", 'UPDATE staff SET id = 2'],
    [
      "CREATE TABLE own PARTITION OF staff (ssn CHECK (ssn < 'd')) FOR VALUES IN (2)",
      'UPDATE staff SET id = 2',
    ],
    [
      'CREATE TABLE own PARTITION OF staff FOR VALUES IN (2) PARTITION BY LIST (ssn)',
      "CREATE TABLE part PARTITION OF own FOR VALUES IN ('same')",
      'UPDATE staff SET id = 2',
    ],
    [
      'CREATE TABLE own PARTITION OF staff FOR VALUES IN (2)',
      "ALTER TABLE own ADD CHECK (ssn < 'd')",
      'UPDATE staff SET id = 2',
    ],
    [
      'CREATE TABLE own PARTITION OF staff DEFAULT',
      'CREATE INDEX ON own ((1 / (length(ssn) - 4)))',
      'UPDATE staff SET id = 2',
    ],
    [
      "CREATE TABLE own (id int, ssn text CHECK (ssn < 'd'))",
      'ALTER TABLE staff ATTACH PARTITION own FOR VALUES IN (2)',
      'UPDATE staff SET id = 2',
    ],
    // What a column was generated from stays in it.
    ['ALTER TABLE computed ALTER shouted DROP EXPRESSION', 'SELECT shouted FROM computed'],
    ['SELECT stxdmcv, stxdndistinct::text FROM pg_statistic_ext_data'],
    ['SELECT (pg_mcv_list_items(stxdmcv)).values FROM pg_statistic_ext_data WHERE stxdmcv IS NOT NULL'],
    ['SELECT most_common_vals FROM pg_stats_ext'],
  ]),
];
