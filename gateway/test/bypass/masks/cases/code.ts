/** Code that the attacker makes, or finds, and lets run where no statement of his names the masked column. */
import type { MaskAttack } from '../mask-attack.ts';

/** In a transaction that is rolled back. */
function rolled(name: string, texts: readonly string[], more: Partial<MaskAttack> = {}): MaskAttack {
  return { name, outcome: 'denied', steps: ['BEGIN', ...texts, 'ROLLBACK'], ...more };
}

/** All of them. */
export const CODE: readonly MaskAttack[] = [
  rolled('a function of the attacker', [
    "CREATE FUNCTION mine() RETURNS text LANGUAGE sql AS 'SELECT ssn FROM public.people LIMIT 1'",
    'SELECT mine()',
  ]),
  rolled('a function with a body of the standard', [
    'CREATE FUNCTION mine() RETURNS text LANGUAGE sql RETURN (SELECT ssn FROM public.people LIMIT 1)',
    'SELECT mine()',
  ]),
  rolled('a function that returns a table', [
    "CREATE FUNCTION mine() RETURNS TABLE (s text) LANGUAGE sql AS 'SELECT ssn FROM public.people'",
    'SELECT s FROM mine()',
  ]),
  rolled('a function replaced that a trigger of others runs', [
    'CREATE OR REPLACE FUNCTION stamp() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN NEW.note := (SELECT ssn FROM public.people LIMIT 1); RETURN NEW; END $$',
    "UPDATE plain SET name = 'x' WHERE id = 1 RETURNING note",
  ]),
  rolled('a function replaced that a trigger of others runs, read later', [
    'CREATE OR REPLACE FUNCTION stamp() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN NEW.note := (SELECT ssn FROM public.people LIMIT 1); RETURN NEW; END $$',
    "UPDATE plain SET name = 'x' WHERE id = 1",
    'SELECT note FROM plain',
  ]),
  rolled('a procedure of the attacker', [
    "CREATE PROCEDURE own() LANGUAGE sql AS 'INSERT INTO public.plain SELECT id + 100, ssn FROM public.people'",
    'CALL own()',
    'SELECT name FROM plain',
  ]),
  rolled('a procedure with INOUT', ['CALL ssn_into(NULL)']),
  rolled('a trigger that copies', [
    'CREATE FUNCTION copying() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN INSERT INTO public.plain VALUES (NEW.id + 100, NEW.ssn); RETURN NEW; END $$',
    'CREATE TRIGGER t BEFORE UPDATE ON people FOR EACH ROW EXECUTE FUNCTION copying()',
    "UPDATE people SET name = 'x' WHERE id = 1",
    'SELECT * FROM plain',
  ]),
  rolled('a trigger that renames inside of the row', [
    'CREATE FUNCTION copying() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN NEW.name := OLD.ssn; RETURN NEW; END $$',
    'CREATE TRIGGER t BEFORE UPDATE ON people FOR EACH ROW EXECUTE FUNCTION copying()',
    "UPDATE people SET name = 'x' WHERE id = 1 RETURNING name",
  ]),
  rolled('a rule that copies', [
    'CREATE RULE r AS ON UPDATE TO people DO ALSO INSERT INTO plain VALUES (old.id + 100, old.ssn)',
    "UPDATE people SET name = 'x' WHERE id = 1",
    'SELECT * FROM plain',
  ]),
  rolled('a rule that answers instead', [
    'CREATE RULE r AS ON UPDATE TO plain DO INSTEAD SELECT ssn FROM people',
    "UPDATE plain SET name = 'x'",
  ]),
  rolled('a default that reads', [
    "CREATE FUNCTION mine() RETURNS text LANGUAGE sql AS 'SELECT ssn FROM public.people LIMIT 1'",
    'CREATE TABLE own (id int, s text DEFAULT mine())',
    'INSERT INTO own (id) VALUES (1) RETURNING s',
  ]),
  rolled('a generated column over a row', [
    "CREATE FUNCTION mine(int) RETURNS text IMMUTABLE LANGUAGE sql AS 'SELECT ssn FROM public.people LIMIT 1'",
    'CREATE TABLE own (id int, s text GENERATED ALWAYS AS (mine(id)) STORED)',
    'INSERT INTO own (id) VALUES (1) RETURNING s',
  ]),
  rolled('an operator of the attacker', [
    "CREATE FUNCTION mine(int, int) RETURNS text LANGUAGE sql AS 'SELECT ssn FROM public.people LIMIT 1'",
    'CREATE OPERATOR public.!!! (LEFTARG = int, RIGHTARG = int, FUNCTION = mine)',
    'SELECT 1 !!! 2',
  ]),
  rolled('an aggregate of the attacker', [
    "CREATE FUNCTION mine(text, int) RETURNS text LANGUAGE sql AS 'SELECT ssn FROM public.people LIMIT 1'",
    "CREATE AGGREGATE own (int) (SFUNC = mine, STYPE = text, INITCOND = '')",
    'SELECT own(id) FROM plain',
  ]),
  rolled('a cast of the attacker', [
    'CREATE TYPE box2 AS (x int)',
    "CREATE FUNCTION mine(box2) RETURNS text LANGUAGE sql AS 'SELECT ssn FROM public.people LIMIT 1'",
    'CREATE CAST (box2 AS text) WITH FUNCTION mine(box2)',
    'SELECT ROW(1)::box2::text',
  ]),
  rolled('a domain whose check tells', [
    "CREATE FUNCTION mine(text) RETURNS boolean LANGUAGE plpgsql AS $$ BEGIN RAISE NOTICE '%', (SELECT ssn FROM public.people LIMIT 1); RETURN true; END $$",
    'CREATE DOMAIN telling AS text CHECK (mine(VALUE))',
    "SELECT 'x'::telling",
  ]),
  rolled('an index expression that tells', [
    "CREATE FUNCTION mine(int) RETURNS int IMMUTABLE LANGUAGE plpgsql AS $$ BEGIN RAISE NOTICE '%', (SELECT ssn FROM public.people LIMIT 1); RETURN 1; END $$",
    'CREATE INDEX i ON plain (mine(id))',
  ]),
  rolled('a policy of row security that tells', [
    "CREATE FUNCTION mine() RETURNS boolean LANGUAGE plpgsql AS $$ BEGIN RAISE NOTICE '%', (SELECT ssn FROM public.people LIMIT 1); RETURN true; END $$",
    'CREATE POLICY p ON plain USING (mine())',
    'ALTER TABLE plain ENABLE ROW LEVEL SECURITY',
    'SET LOCAL ROLE pg_read_all_data',
    'SELECT * FROM plain',
  ]),
  rolled('RAISE in DO', ["DO $$ BEGIN RAISE NOTICE '%', (SELECT ssn FROM people LIMIT 1); END $$"], {
    because: 'DO',
  }),
  rolled('a function that was there, with a notice', ['SELECT tell_all()']),
  rolled('a function that was there, with an error', ['SELECT fail_all()']),
  rolled('a function that was there, with a notification', [
    'LISTEN c',
    'SELECT notify_all()',
    'COMMIT',
    'SELECT 1',
  ]),
  rolled('a function that was there, given the value', ['SELECT tell(ssn) FROM people']),
  rolled('dynamic SQL by a function that was there', ["SELECT run('SELECT ssn FROM people LIMIT 1')"]),
  rolled('a cursor function of PL/pgSQL', [
    'CREATE FUNCTION mine(refcursor) RETURNS refcursor LANGUAGE plpgsql AS $$ BEGIN OPEN $1 FOR SELECT ssn FROM public.people; RETURN $1; END $$',
    "SELECT mine('c')",
    'FETCH ALL FROM c',
  ]),
  rolled('FETCH from a cursor that a function opened', ['FETCH ALL FROM "<unnamed portal 1>"'], {
    because: 'cursor',
    harmless: 'there is no such cursor',
  }),
];
