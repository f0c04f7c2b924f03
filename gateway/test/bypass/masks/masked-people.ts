/**
 * The database of the attacks on masks, and the policies that mask it. The account of the agents is a superuser, so that
 * PostgreSQL stops nothing, and the policies permit everything but to see what is masked.
 */

/** In every value of a masked column that is a text. */
export const CANARY = 'canaryqz7x';
/** Value of the masked `salary`. */
export const SALARY = 987_654_321;
/** Value of the masked `token`. */
export const TOKEN = '5ec0de00-1111-4222-8333-c0ffee5ec0de';

const values = (id: number, name: string): string =>
  `(${id}, '${name}', '${CANARY}-ssn-${id}', '${CANARY}-${id}@example.org', ${SALARY}, '${TOKEN}',
    ARRAY['${CANARY}-tag', 'x'], ROW('${CANARY} street', 'Berlin'), '{"city": "Bonn", "key": "${CANARY}-json"}',
    '${CANARY}-code')`;

/** What the superuser makes before the gateway starts. */
export const MASKED_PEOPLE: string = `
ALTER ROLE app SUPERUSER;
CREATE TYPE address AS (street text, city text);
CREATE DOMAIN secret_text AS text CHECK (length(VALUE) < 60);
CREATE TABLE people (id int PRIMARY KEY, name text NOT NULL, ssn text UNIQUE CONSTRAINT short CHECK (length(ssn) < 40),
  email text, salary int, token uuid, tags text[], home address, profile jsonb, code secret_text);
INSERT INTO people VALUES ${values(1, 'ann')}, ${values(2, 'bob')}, ${values(3, 'cid')};
CREATE TABLE contractors (firm text) INHERITS (people);
INSERT INTO contractors VALUES ${values(9, 'dan').replace(/\)$/, ", 'firm')")};
CREATE TABLE staff (id int, ssn text) PARTITION BY LIST (id);
CREATE TABLE staff1 PARTITION OF staff FOR VALUES IN (1);
INSERT INTO staff VALUES (1, '${CANARY}-staff');
CREATE TABLE ledger (id int, ssn text) PARTITION BY LIST (id);
CREATE TABLE computed (id int, ssn text, shouted text GENERATED ALWAYS AS (upper(ssn)) STORED);
INSERT INTO computed VALUES (1, '${CANARY}-computed');
CREATE TABLE plain (id int PRIMARY KEY, name text, note text);
INSERT INTO plain VALUES (1, 'ann', 'n1'), (2, 'eve', 'n2');
CREATE FUNCTION stamp() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN NEW.note := 'stamped'; RETURN NEW; END $$;
CREATE TRIGGER stamped BEFORE UPDATE ON plain FOR EACH ROW EXECUTE FUNCTION stamp();
CREATE TABLE letters (id int PRIMARY KEY, body text);
INSERT INTO letters VALUES (1, 'write to ${CANARY}@example.org soon');
CREATE VIEW people_view AS SELECT * FROM people;
CREATE VIEW renamed_view AS SELECT id, ssn AS label FROM people;
CREATE MATERIALIZED VIEW people_copy AS SELECT id, ssn AS label FROM people;
CREATE VIEW clean_view AS SELECT id, name FROM plain;
CREATE FUNCTION ssn_of(int) RETURNS text LANGUAGE sql STABLE AS 'SELECT ssn FROM public.people WHERE id = $1';
CREATE FUNCTION all_people() RETURNS SETOF people LANGUAGE sql STABLE AS 'SELECT * FROM public.people';
CREATE FUNCTION leak(people) RETURNS text LANGUAGE sql AS 'SELECT $1.ssn';
CREATE FUNCTION tell(what text) RETURNS int LANGUAGE plpgsql AS $$ BEGIN RAISE NOTICE 'told %', what; RETURN 1; END $$;
CREATE FUNCTION tell_all() RETURNS int LANGUAGE plpgsql
  AS $$ BEGIN RAISE NOTICE 'told %', (SELECT string_agg(ssn, ',') FROM public.people); RETURN 1; END $$;
CREATE FUNCTION fail_all() RETURNS int LANGUAGE plpgsql
  AS $$ BEGIN RAISE EXCEPTION 'told %', (SELECT ssn FROM public.people LIMIT 1) USING DETAIL = (SELECT ssn FROM public.people LIMIT 1); END $$;
CREATE FUNCTION notify_all() RETURNS int LANGUAGE plpgsql
  AS $$ BEGIN PERFORM pg_notify('c', (SELECT ssn FROM public.people LIMIT 1)); RETURN 1; END $$;
CREATE FUNCTION run(what text) RETURNS text LANGUAGE plpgsql AS $$ DECLARE r text; BEGIN EXECUTE what INTO r; RETURN r; END $$;
CREATE PROCEDURE ssn_into(INOUT x text) LANGUAGE sql AS 'SELECT ssn FROM public.people LIMIT 1';
CREATE FUNCTION joined(text, text) RETURNS text LANGUAGE sql AS 'SELECT $1 || $2';
CREATE OPERATOR public.@@@ (LEFTARG = text, RIGHTARG = text, FUNCTION = joined);
CREATE FUNCTION people_text(people) RETURNS text LANGUAGE sql AS 'SELECT $1.ssn';
CREATE CAST (people AS text) WITH FUNCTION people_text(people) AS IMPLICIT;
CREATE AGGREGATE glued (text) (SFUNC = joined, STYPE = text, INITCOND = '');
CREATE EXTENSION IF NOT EXISTS plpgsql;
SELECT lo_from_bytea(4242, '${CANARY}-lo');
CREATE STATISTICS known ON lower(ssn), upper(name) FROM people;
ANALYZE;
`;

/**
 * What makes a copy of that database differ in masked values and in nothing else: an attempt that shows no value tells of one
 * if the two answer it differently.
 */
export const OTHER_VALUES: string = `
UPDATE people SET ssn = 'z', email = 'z@example.net', salary = 3, token = NULL, tags = ARRAY['z'], home = ROW('z', 'Kiel'),
  profile = '{"city": "Bonn", "key": "z"}', code = 'z' WHERE id = 1;
UPDATE people SET ssn = NULL, email = NULL, salary = NULL, token = NULL, tags = NULL, home = NULL, code = NULL,
  profile = '{"city": "Bonn", "key": [1]}' WHERE id = 2;
UPDATE people SET ssn = 'x', salary = 4, code = 'y', profile = '{"city": "Bonn", "key": "x"}', token = '00000000-0000-4000-8000-000000000000', tags = '{}' WHERE id = 3;
UPDATE contractors SET ssn = 'x', email = 'b', salary = 1, token = NULL, tags = ARRAY['y'], home = NULL, code = 'b',
  profile = '{"city": "Bonn", "key": 1}';
UPDATE staff SET ssn = 'same';
UPDATE computed SET ssn = 'same';
UPDATE letters SET body = 'nothing';
REFRESH MATERIALIZED VIEW people_copy;
SELECT lo_unlink(4242);
SELECT lo_from_bytea(4242, 'other');
ANALYZE;
`;

const MASK = `mask:
      - { columns: ['public.people.ssn', 'public.people.token', 'public.people.tags', 'public.people.home', 'public.people.code'], with: redact }
      - { columns: ['public.people.email'], with: partial }
      - { columns: ['public.people.salary'], with: null }
      - { columns: ['public.people.profile'], paths: ['key'], with: redact }
      - { columns: ['public.staff.ssn', 'public.computed.ssn'], with: redact }
      - { columns: ['public.letters.body'], detect: [email], with: redact }`;

/** Policies by their style; the masks are the same. */
export const MASKING_POLICIES: Readonly<Record<string, string>> = {
  'one rule that permits and masks': `apiVersion: sallyport.dev/v1
rules:
  - { id: connects, effect: allow, on: connect, match: { groups: [agents] } }
  - id: everything
    effect: allow
    on: sql
    match: { groups: [agents] }
    ${MASK}
`,
  'a rule that masks its tables beside one that permits everything': `apiVersion: sallyport.dev/v1
rules:
  - { id: connects, effect: allow, on: connect, match: { groups: [agents] } }
  - id: people
    effect: allow
    on: sql
    match: { groups: [agents], tables: [public.people, public.contractors, public.staff, public.staff1, public.computed, public.letters] }
    ${MASK}
  - { id: everything, effect: allow, on: sql, match: { groups: [agents] } }
`,
};
