/** Masked columns inside of anything that computes: they could not be found again in the answer. */
import { type MaskAttack, statements } from '../mask-attack.ts';

/** All of them. */
export const EXPRESSIONS: readonly MaskAttack[] = [
  ...statements(
    'denied',
    [
      'SELECT people = people FROM people',
      'SELECT people.text FROM people',
      "SELECT CASE WHEN ssn < 'd' THEN x = y END FROM people, (SELECT 1) x, (SELECT 'a'::text) y",
    ],
    'the server refuses it',
  ),
  ...statements('denied', [
    // Functions and operators
    "SELECT encode(ssn::bytea, 'base64') FROM people",
    'SELECT ssn @@@ name FROM people',
    'SELECT salary + 0 FROM people',
    'SELECT -salary FROM people',
    'SELECT (salary)::bigint FROM people',
    "SELECT format('%s', ssn) FROM people",
    "SELECT regexp_split_to_array(ssn, '-') FROM people",
    "SELECT set_config('app.x', ssn, false) FROM people",
    'SELECT pg_column_size(ssn) FROM people',
    // Patterns, which can fail
    "SELECT concat(ssn, 'x') LIKE ssn FROM people",
    "SELECT concat(ssn, 'x') NOT ILIKE ssn FROM people",
    'SELECT ssn SIMILAR TO ssn FROM people',
    "SELECT name LIKE 'a#' ESCAPE left(ssn, 1) FROM people",
    'SELECT name LIKE ANY (ARRAY[ssn]) FROM people',
    // Comparisons of rows, and of texts of two collations: they can fail
    'SELECT ssn COLLATE "C" FROM people',
    'SELECT CASE WHEN ssn < \'d\' THEN n < m END FROM people, (SELECT name COLLATE "C" AS m, note COLLATE "POSIX" AS n FROM plain) x',
    // Casts
    // Arrays, composites, rows
    'SELECT unnest(tags) FROM people',
    'SELECT ARRAY(SELECT ssn FROM people)',
    'SELECT (home).* FROM people',
    'SELECT (people).* FROM people',
    'SELECT (p.*)::text FROM people p',
    'SELECT ROW(p.*) FROM people p',
    'SELECT people.leak FROM people',
    'SELECT leak(people) FROM people',
    'SELECT (people).people_text FROM people',
    'SELECT (SELECT p FROM (SELECT people) AS x (p)) FROM people',
    // JSON and XML builders
    'SELECT json_agg(people) FROM people',
    "SELECT JSON_OBJECT('a': ssn) FROM people",
    "SELECT profile ->> 'key' FROM people",
    "SELECT profile #>> '{key}' FROM people",
    "SELECT jsonb_path_query(profile, '$.key') FROM people",
    'SELECT key, value FROM people, jsonb_each_text(profile)',
    'SELECT xmlelement(name a, ssn) FROM people',
    'SELECT xmlforest(ssn, name) FROM people',
    "SELECT query_to_xml('SELECT ssn FROM people', true, true, '')",
    "SELECT table_to_xml('people', true, true, '')",
    "SELECT schema_to_xml('public', true, true, '')",
    "SELECT database_to_xml(true, true, '')",
    // Conditionals
    // Aggregates and windows
    "SELECT string_agg(ssn, ',') FROM people",
    'SELECT glued(ssn) FROM people',
    // Subqueries, set operations, recursion
    'SELECT ssn FROM people UNION SELECT name FROM plain',
    'SELECT ssn FROM people INTERSECT SELECT ssn FROM people',
    "WITH RECURSIVE r (n, s) AS (SELECT 1, '' UNION ALL SELECT n + 1, p.ssn FROM r, people p WHERE n < 2) SELECT s FROM r",
    'SELECT s FROM people, LATERAL unnest(ARRAY[ssn]) s',
    "SELECT x.* FROM people, XMLTABLE('/a' PASSING xmlelement(name a, ssn) COLUMNS a text PATH '.') x",
    "SELECT id FROM people_view WHERE ssn LIKE 'canaryq%'",
    'SELECT id FROM renamed_view ORDER BY label',
    'SELECT label::int FROM people_copy',
    // Views, functions, generated columns
    'SELECT ssn_of(1)',
    'SELECT * FROM all_people()',
    'SELECT (all_people()).ssn',
    'SELECT * FROM ROWS FROM (ssn_of(1), generate_series(1, 2)) r (s, n)',
    "SELECT run('SELECT ssn FROM people')",
    // Values that a detector is to look at
    "SELECT replace(body, '@', '#') FROM letters",
    // Written and given back
    'UPDATE people SET name = ssn WHERE id = 1 RETURNING name',
    'UPDATE plain SET name = p.ssn FROM people p WHERE p.id = plain.id RETURNING plain.name',
    "INSERT INTO people VALUES (1, 'a') ON CONFLICT (id) DO UPDATE SET name = people.ssn RETURNING name",
    'MERGE INTO plain p USING people t ON t.id = p.id WHEN MATCHED THEN UPDATE SET name = t.ssn RETURNING p.name',
  ]),
];
