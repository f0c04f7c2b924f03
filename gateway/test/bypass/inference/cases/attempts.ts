/** Attempts to infer masked values: none asks for one, and sent directly each tells something of one. */

/** One attempt, on a session of its own: each step is a simple query, in a transaction that is rolled back. */
export interface InferenceAttempt {
  readonly name: string;
  readonly steps: readonly string[];
}

function each(kind: string, texts: readonly string[]): readonly InferenceAttempt[] {
  return texts.map((text) => ({ name: `${kind}: ${text}`, steps: ['BEGIN', text] }));
}

const SEARCH = each('search', [
  "SELECT id FROM people WHERE ssn < '5'",
  "SELECT id FROM people WHERE ssn >= '123' AND ssn < '124'",
  'SELECT id FROM people WHERE salary BETWEEN 50000000 AND 60000000',
  'SELECT count(*) FROM people WHERE salary > 52000001',
  "SELECT id FROM people WHERE ssn LIKE '1%'",
  "SELECT id FROM people WHERE ssn SIMILAR TO '1[0-9]+%'",
  "SELECT id FROM people WHERE ssn ~ '^1.*x$'",
  "SELECT id FROM people WHERE regexp_count(ssn, '[0-9]') > 3",
  "SELECT id FROM people WHERE position('1' in ssn) = 1",
  'SELECT id FROM people WHERE length(ssn) > 8',
  'SELECT id FROM people WHERE ascii(ssn) = 49',
  "SELECT id FROM people WHERE substr(ssn, 1, 1) = '1'",
  "SELECT id FROM people WHERE md5(ssn) LIKE '_%' AND ssn > '2'",
  'SELECT id FROM people WHERE ssn IS NULL',
  "SELECT id FROM people WHERE (ssn = '1') IS UNKNOWN",
  'SELECT id FROM people WHERE doc @> \'{"n": "5"}\'',
  "SELECT id FROM people WHERE doc ? 'n'",
  "SELECT id FROM people WHERE doc ->> 'n' = '5'",
  "SELECT id FROM people WHERE '7' = ANY (tags)",
  'SELECT id FROM people WHERE cardinality(tags) = 2',
  'SELECT id FROM people WHERE extract(year FROM born) = 1985',
  "SELECT id FROM people p WHERE p::text LIKE '%1985%'",
  'SELECT id FROM people WHERE people IS NOT NULL',
  'SELECT id FROM people WHERE row(salary, id) > row(52000001, 0)',
  "SELECT id FROM people WHERE coalesce(ssn, '') = ''",
  "SELECT name FROM people WHERE ssn = (SELECT note || '' FROM plain WHERE id = 1)",
]);

const ORDER = each('order', [
  'SELECT id FROM people ORDER BY salary',
  'SELECT id, salary FROM people ORDER BY 2 DESC',
  'SELECT id FROM people ORDER BY salary DESC LIMIT 1',
  'SELECT id FROM people ORDER BY born NULLS FIRST',
  "SELECT id FROM people ORDER BY ssn = '123qz7x'",
  'SELECT id, row_number() OVER (ORDER BY salary) FROM people ORDER BY id',
  'SELECT id, lag(id) OVER (ORDER BY salary) FROM people ORDER BY id',
  'SELECT id, count(*) OVER (ORDER BY salary RANGE BETWEEN 22000000 PRECEDING AND CURRENT ROW) FROM people ORDER BY id',
  'SELECT array_agg(id ORDER BY salary) FROM people',
  "SELECT string_agg(name, ',' ORDER BY ssn) FROM people",
  'SELECT DISTINCT ON (salary) id FROM people',
  'SELECT id FROM by_pay',
]);

const GROUPS = each('groups', [
  'SELECT count(*) FROM people GROUP BY length(ssn) ORDER BY 1',
  'SELECT count(*) FROM people GROUP BY ssn IS NULL ORDER BY 1',
  'SELECT max(id) FROM people GROUP BY salary > 52000001 ORDER BY 1',
  "SELECT count(*) FROM people HAVING min(ssn) < '124'",
  'SELECT id FROM people GROUP BY ROLLUP (length(ssn), id) ORDER BY 1',
  'SELECT id FROM people WHERE id <= (SELECT count(ssn) FROM people)',
  'SELECT id FROM rich',
]);

const JOINS = each('joins', [
  "SELECT p.id, v.x FROM people p JOIN (VALUES ('123qz7x'), ('187qz7x')) v (x) ON p.ssn = v.x",
  "SELECT p.id, l.x FROM people p, LATERAL (SELECT 1 AS x WHERE p.ssn LIKE '1%') l",
  'SELECT p.id, g FROM people p, LATERAL generate_series(1, length(p.ssn)) g ORDER BY 1, 2',
  'SELECT p.id, l.n FROM people p LEFT JOIN LATERAL (SELECT n.note AS n FROM plain n WHERE n.note > p.ssn) l ON true ORDER BY 1, 2',
  'SELECT p.id FROM people p JOIN people q ON q.salary > p.salary ORDER BY 1',
  'SELECT p.id FROM people p JOIN (SELECT note AS ssn FROM plain) n USING (ssn)',
  'SELECT n.id FROM plain n WHERE n.note IN (SELECT ssn FROM people)',
  'SELECT n.id FROM plain n WHERE EXISTS (SELECT 1 FROM people p WHERE p.ssn = n.note)',
  'SELECT n.id FROM plain n WHERE n.note > ALL (SELECT ssn FROM people WHERE ssn IS NOT NULL)',
  'SELECT note FROM plain INTERSECT SELECT ssn FROM people',
  'SELECT note FROM plain EXCEPT SELECT ssn FROM people ORDER BY 1',
  'SELECT id FROM people LIMIT (SELECT length(ssn) - 7 FROM people WHERE id = 1)',
  'WITH RECURSIVE r (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM r WHERE n < (SELECT length(ssn) FROM people WHERE id = 1)) SELECT max(n) FROM r',
]);

const FAILURES = each('failures', [
  "SELECT 1 / (CASE WHEN ssn LIKE '12%' THEN 0 ELSE 1 END) FROM people WHERE id = 1",
  'SELECT id FROM people WHERE id = 1 AND 1 / (salary - 52000001) >= -1',
  'SELECT code::int > 0 FROM people WHERE id = 1',
  "SELECT (doc ->> 'n')::int IS NULL FROM people WHERE id = 2",
  'SELECT id FROM people WHERE code::int >= 0',
  "SELECT to_date(code, 'DDD') IS NULL FROM people WHERE id = 1",
  'SELECT (salary * 41) IS NULL FROM people WHERE id = 3',
  "SELECT CASE WHEN ssn LIKE '12%' THEN ('x' || id)::int END FROM people WHERE id = 1",
  'SELECT (SELECT q.id FROM people q WHERE q.salary > p.salary) FROM people p WHERE p.id = 1',
  "SELECT regexp_replace('x', CASE WHEN ssn LIKE '1%' THEN '(' ELSE 'y' END, '') FROM people WHERE id = 1",
  "SELECT repeat('x', CASE WHEN salary > 52000000 THEN 2000000000 ELSE 1 END) IS NULL FROM people WHERE id = 1",
  'SELECT chr(ascii(ssn) - 49) IS NULL FROM people WHERE id = 1',
  "SELECT current_setting(CASE WHEN ssn LIKE '1%' THEN 'no.such' ELSE 'work_mem' END) FROM people WHERE id = 1",
]);

const DOORS = each('doors', [
  'SELECT told(ssn) FROM people WHERE id = 1',
  'SELECT id FROM people WHERE id = 1 AND told(ssn)',
  'SELECT failing(ssn) FROM people WHERE id = 1',
  'SELECT pay(1)',
  "SELECT nextval('counter') FROM people WHERE ssn LIKE '1%' OR ssn LIKE '5%'",
  'SELECT pg_try_advisory_xact_lock(salary) FROM people; SELECT objid FROM pg_locks WHERE locktype = $$advisory$$ ORDER BY 1',
  "SELECT set_config('app.x', ssn, true) FROM people WHERE id = 1; SHOW app.x",
  "SET LOCAL statement_timeout = '1s'; SELECT pg_sleep(CASE WHEN ssn LIKE '12%' THEN 5 ELSE 0 END) FROM people WHERE id = 1",
  "SELECT most_common_vals, histogram_bounds, null_frac FROM pg_stats WHERE tablename = 'people' AND attname IN ('ssn', 'born') ORDER BY attname",
  "SELECT stanullfrac, stawidth FROM pg_statistic WHERE starelid = 'people'::regclass ORDER BY staattnum",
  "EXPLAIN SELECT id FROM people WHERE born IS NULL OR ssn LIKE '12%'",
  'EXPLAIN (ANALYZE, TIMING OFF, SUMMARY OFF, BUFFERS OFF) SELECT id FROM people WHERE salary > 52000001',
  'EXPLAIN SELECT ssn FROM people',
  "SELECT query_to_xml('SELECT salary FROM people ORDER BY id', true, false, '')",
  'SELECT pg_column_size(ssn) FROM people ORDER BY id',
  "DO $$ BEGIN IF (SELECT ssn LIKE '12%' FROM people WHERE id = 1) THEN RAISE EXCEPTION 'yes'; END IF; END $$",
]);

const WRITES = each('writes', [
  "UPDATE people SET name = 'x' WHERE ssn LIKE '1%' AND id = 2",
  'UPDATE people SET salary = salary + 47000000 WHERE id = 1',
  'DELETE FROM people WHERE salary > 52000001',
  "INSERT INTO people (id, name, ssn) VALUES (70, 'x', '123qz7x') ON CONFLICT (ssn) DO NOTHING",
  'INSERT INTO plain SELECT id + 10, name, ssn FROM people; SELECT note FROM plain ORDER BY id',
  'CREATE TEMP TABLE copied AS SELECT id FROM people WHERE salary > 52000001; SELECT * FROM copied',
  'ALTER TABLE people ADD CONSTRAINT c CHECK (salary > 31000001)',
  'CREATE UNIQUE INDEX ON people ((length(ssn) > 8))',
  'ALTER TABLE people ALTER COLUMN ssn SET NOT NULL',
  'ALTER TABLE people ALTER COLUMN code TYPE int USING code::int',
  'ALTER TABLE words ADD CONSTRAINT f FOREIGN KEY (ssn) REFERENCES people (ssn); INSERT INTO words VALUES ($$123qz7x$$)',
  "MERGE INTO plain n USING people p ON n.id = p.id AND p.ssn LIKE '12%' WHEN MATCHED THEN UPDATE SET note = 'hit'",
  'DECLARE c CURSOR FOR SELECT id FROM people ORDER BY salary; FETCH 1 FROM c',
  "PREPARE s (text) AS SELECT id FROM people WHERE ssn < $1; EXECUTE s ('5')",
]);

/** All of them. */
export const ATTEMPTS: readonly InferenceAttempt[] = [
  ...SEARCH,
  ...ORDER,
  ...GROUPS,
  ...JOINS,
  ...FAILURES,
  ...DOORS,
  ...WRITES,
];

/** What masks do not deny: a value that is written fails where a unique key has it already. It counts as a probe. */
export const KEY_CONFLICTS: readonly InferenceAttempt[] = each('unique keys', [
  "INSERT INTO people (id, name, ssn) VALUES (70, 'x', '123qz7x')",
  "UPDATE people SET ssn = '123qz7x' WHERE id = 3",
  "INSERT INTO people VALUES (70, 'x', '123qz7x')",
  "MERGE INTO people p USING plain n ON p.id = 70 WHEN NOT MATCHED AND n.id = 1 THEN INSERT (id, name, ssn) VALUES (70, 'x', '123qz7x')",
]);
