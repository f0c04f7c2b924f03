/** Text that the server is given to run, by whatever runs it. */
import { answered, denied, type TwinAttempt } from '../attempt.ts';

/** Functions, statements by name, DO, CALL */
export const DYNAMIC: readonly TwinAttempt[] = [
  ...answered([
    ['PREPARE p (text) AS SELECT id, ssn < $1 FROM people', "EXECUTE p ('d')"],
    ['PREPARE p (people) AS SELECT ($1).ssn', 'EXECUTE p (NULL)', "SELECT ssn || '' FROM people"],
    [
      'SET LOCAL plan_cache_mode = force_generic_plan',
      'PREPARE p (int) AS SELECT ssn FROM people WHERE id = $1',
      'EXECUTE p (2)',
    ],
  ]),
  ...denied([
    ['DECLARE c CURSOR FOR SELECT ssn FROM people', "SELECT cursor_to_xml('c', 10, true, true, '')"],
    ['PREPARE p (text) AS SELECT id FROM people WHERE ssn < $1', "EXECUTE p ('d')"],
    ['PREPARE p (text[]) AS SELECT id FROM people WHERE ssn = ANY ($1)', "EXECUTE p (ARRAY['x', 'z'])"],
    ['DO $$ BEGIN PERFORM 1 / (salary - 3) FROM people WHERE id = 1; END $$'],
    [
      "DO $$ DECLARE r record; BEGIN FOR r IN SELECT ssn FROM people LOOP RAISE NOTICE '%', r.ssn; END LOOP; END $$",
    ],
    ["CALL ssn_into('x')"],
    [
      "SELECT ts_rewrite('a'::tsquery, 'SELECT ''a''::tsquery, replace(ssn, ''-'', '''')::tsquery FROM people LIMIT 1')",
    ],
    ["SELECT word FROM ts_stat('SELECT to_tsvector(ssn) FROM people')"],
    ["SELECT query_to_xml_and_xmlschema('SELECT ssn FROM people', true, true, '')"],
    [
      "SELECT query_to_xmlschema('SELECT 1 / (salary - 3) FROM people', true, true, '') IS NULL",
      "SELECT query_to_xml('SELECT salary FROM people', true, true, '')",
    ],
    ["SELECT schema_to_xml_and_xmlschema('public', true, true, '')"],
    ["SELECT table_to_xml('people'::regclass, true, true, '')"],
    ["SELECT run('SELECT ssn FROM public.people WHERE id = 2')"],
    ["SELECT run('SELECT 1 / (salary - 3) FROM public.people WHERE id = 1')"],
  ]),
];
