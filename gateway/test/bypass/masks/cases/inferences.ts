/** Answers that hold no masked value and tell it all the same: comparisons, order, groups, counts, keys. */
import { type MaskAttack, statements } from '../mask-attack.ts';

/** All of them. */
export const INFERENCES: readonly MaskAttack[] = [
  ...statements(
    'denied',
    ['SELECT pg_sleep(CASE WHEN ssn > $$c$$ THEN 0.01 ELSE 0 END) FROM people'],
    'it tells by time alone',
  ),
  ...statements('denied', [
    "SELECT id FROM people WHERE ssn LIKE 'canaryq%'",
    "SELECT id FROM people WHERE ssn > 'c'",
    'SELECT id FROM people WHERE salary BETWEEN 1 AND 999999999',
    'SELECT id FROM people WHERE ssn IS NOT NULL',
    "SELECT id FROM people WHERE tags @> ARRAY['x']",
    'SELECT id FROM people WHERE profile @> \'{"key": "z"}\'',
    'SELECT id FROM people WHERE (home).city = $$Berlin$$',
    "SELECT 1 FROM people HAVING min(ssn) > 'd'",
    'SELECT id FROM people ORDER BY ssn',
    'SELECT id FROM people ORDER BY salary DESC LIMIT 1',
    'SELECT id, ssn FROM people ORDER BY 2',
    'SELECT count(*) FROM people GROUP BY ssn',
    'SELECT DISTINCT ssn FROM people',
    'SELECT DISTINCT ON (ssn) id FROM people',
    'SELECT rank() OVER (ORDER BY ssn) FROM people',
    'SELECT row_number() OVER (PARTITION BY salary) FROM people',
    'SELECT id, rank() OVER w FROM people WINDOW w AS (ORDER BY ssn)',
    'SELECT p.id FROM people p JOIN people q USING (ssn)',
    'SELECT id FROM computed NATURAL JOIN staff',
    // Its columns in common are not looked up.
    'SELECT ssn FROM people NATURAL JOIN plain',
    "SELECT p.id FROM people p JOIN (VALUES ('x')) v (x) ON p.ssn > v.x",
    "SELECT x FROM (VALUES ('x')) v (x) WHERE x IN (SELECT ssn FROM people)",
    'SELECT EXISTS (SELECT 1 FROM people WHERE salary > 5)',
    'SELECT id FROM people LIMIT (SELECT length(ssn) FROM people LIMIT 1)',
    'SELECT id FROM people OFFSET (SELECT count(ssn) FROM people)',
    'SELECT generate_series(1, length(ssn)) FROM people WHERE id = 1',
    'SELECT 1 / (CASE WHEN ssn > $$d$$ THEN 0 ELSE 1 END) FROM people',
    'SELECT id FROM people WHERE people IS NOT NULL',
    "SELECT id FROM people WHERE people::text LIKE '%a%'",
    "EXPLAIN SELECT id FROM people WHERE ssn < 'm'",
    "EXPLAIN (ANALYZE, TIMING OFF, SUMMARY OFF, BUFFERS OFF, FORMAT JSON) SELECT id FROM people WHERE ssn > 'd'",
    "UPDATE people SET name = 'x' WHERE ssn > 'd'",
    'DELETE FROM people WHERE salary = 1',
    "INSERT INTO people (id, name, ssn) VALUES (77, 'a', 'x') ON CONFLICT (ssn) DO NOTHING RETURNING id",
    "MERGE INTO plain p USING people t ON t.id = p.id AND t.ssn > 'd' WHEN MATCHED THEN DELETE",
  ]),
];
