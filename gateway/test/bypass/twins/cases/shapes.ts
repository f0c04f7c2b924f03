/** Masked columns in the parts of queries that decide which rows there are, in what order and how many. */
import { answered, denied, type TwinAttempt } from '../attempt.ts';

/** Queries */
export const SHAPES: readonly TwinAttempt[] = [
  ...denied([
    ['SELECT id FROM people NATURAL JOIN (SELECT ssn FROM people) x ORDER BY id'],
    ["SELECT id FROM people EXCEPT SELECT id FROM people WHERE ssn < 'd' ORDER BY 1"],
    ["SELECT id, ssn FROM people EXCEPT ALL SELECT id, 'x' FROM people"],
    ['SELECT name FROM plain UNION SELECT ssn FROM people'],
    ['SELECT DISTINCT ON (ssn IS NULL) id FROM people ORDER BY ssn IS NULL, id'],
    ['SELECT DISTINCT length(ssn) > 3 FROM people'],
    ['SELECT count(*) FROM people GROUP BY GROUPING SETS ((ssn), ()) ORDER BY 1'],
    ['SELECT GROUPING(ssn), count(*) FROM people GROUP BY CUBE (ssn) ORDER BY 1, 2'],
    ['SELECT id, rank() OVER (ORDER BY salary) FROM people ORDER BY id'],
    ['SELECT id, first_value(id) OVER (PARTITION BY salary ORDER BY id) FROM people ORDER BY id'],
    ['SELECT id, count(*) OVER (ORDER BY salary GROUPS CURRENT ROW) FROM people ORDER BY id'],
    ['SELECT id FROM people ORDER BY salary FETCH FIRST 1 ROW WITH TIES'],
    ['SELECT id FROM people ORDER BY id FETCH FIRST (SELECT count(ssn) - 1 FROM people) ROWS ONLY'],
    [
      'SELECT id FROM people TABLESAMPLE bernoulli ((SELECT count(ssn) * 25 FROM people)) REPEATABLE (7) ORDER BY id',
    ],
    [
      'SELECT id FROM people TABLESAMPLE system (100) REPEATABLE ((SELECT count(ssn) FROM people)) WHERE ssn < $$d$$',
    ],
    [
      'WITH RECURSIVE t (id, s) AS (SELECT id, ssn FROM people UNION ALL SELECT id + 100, s FROM t WHERE id < 50) SEARCH DEPTH FIRST BY s SET o SELECT id FROM t ORDER BY o',
    ],
    [
      'WITH RECURSIVE t (id, s) AS (SELECT id, ssn FROM people UNION ALL SELECT t.id, t.s FROM t) CYCLE s SET looped USING path SELECT id, path FROM t WHERE looped',
    ],
    [
      'WITH RECURSIVE t (n, c) AS (SELECT 1, left(min(ssn), 1) FROM people UNION ALL SELECT n + 1, c || n FROM t WHERE n < 3) SELECT * FROM t',
    ],
    [
      'WITH RECURSIVE t (n) AS (SELECT salary FROM people WHERE id = 1 UNION SELECT n / 10 FROM t WHERE n > 0) SELECT count(*) FROM t',
    ],
    ['WITH x AS NOT MATERIALIZED (SELECT id, ssn FROM people) SELECT id FROM x WHERE ssn IS NULL'],
    ["SELECT id FROM people WHERE id = CASE WHEN ssn < 'd' THEN 1 ELSE 2 END"],
    ["VALUES (1), ((SELECT count(*) FROM people WHERE ssn < 'd'))"],
    ["SELECT p.id FROM people p WHERE EXISTS (SELECT 1 FROM plain WHERE p.ssn < 'd')"],
    ["SELECT p.id FROM people p CROSS JOIN LATERAL (SELECT 1 FROM plain WHERE p.ssn < 'd' LIMIT 1) x"],
    ['SELECT p.id FROM people p LEFT JOIN plain n ON p.ssn IS NULL AND n.id = 1 WHERE n.id IS NOT NULL'],
    ['SELECT p.id FROM people p FULL JOIN plain n ON n.id = p.id AND p.salary > 5 ORDER BY 1'],
    ['SELECT id FROM people FOR UPDATE OF people SKIP LOCKED LIMIT (SELECT count(ssn) FROM people)'],
    ['SELECT x.id FROM people x, people y WHERE x.ssn > y.ssn'],
    ['SELECT 1 HAVING EXISTS (SELECT 1 FROM people WHERE salary > 5)'],
    [
      "SELECT * FROM JSON_TABLE((SELECT profile FROM people WHERE id = 3), '$' COLUMNS (k text PATH '$.key'))",
    ],
    [
      "SELECT * FROM JSON_TABLE((SELECT to_jsonb(ssn) FROM people WHERE id = 1), '$' COLUMNS (k int PATH '$' ERROR ON ERROR) ERROR ON ERROR)",
    ],
    ["SELECT p.id, j.* FROM people p, JSON_TABLE(profile, '$.key' COLUMNS (n FOR ORDINALITY)) j"],
    [
      "SELECT x.* FROM XMLTABLE('/a' PASSING (SELECT xmlelement(name a, ssn) FROM people WHERE id = 1) COLUMNS v text PATH '.') x",
    ],
    ['SELECT u FROM people, unnest(tags) WITH ORDINALITY u'],
    ['SELECT id FROM people, generate_series(1, cardinality(tags))'],
    ['SELECT (t).* FROM (SELECT people AS t FROM people) x'],
    ['SELECT (jsonb_populate_record(NULL::people, to_jsonb(p))).ssn FROM people p'],
    ["SELECT (json_populate_record(p, '{}')).ssn FROM people p"],
    ['SELECT r.* FROM people p, LATERAL jsonb_to_record(to_jsonb(p)) AS r (ssn text)'],
    ['SELECT (SELECT x FROM (VALUES (ssn)) v (x)) FROM people'],
    ['SELECT ARRAY(SELECT ssn ORDER BY 1) FROM people'],
    ['SELECT id FROM ONLY people ORDER BY ssn'],
    ['SELECT id FROM people_view WHERE salary IS NULL'],
    ['SELECT id FROM people_copy ORDER BY label'],
    ['SELECT name FROM letters, plain WHERE body LIKE $$%@%$$'],
    ["SELECT count(*) FROM letters WHERE body ~ '@'"],
    ['SELECT shouted FROM computed ORDER BY shouted'],
    ["SELECT id FROM computed WHERE shouted < 'D'"],
    ["SELECT id FROM staff1 WHERE ssn < 'd'"],
    ['SELECT firm FROM contractors WHERE salary > 5'],
    ['SELECT tableoid::regclass, id FROM people WHERE salary > 5'],
  ]),
  ...answered([
    ['SELECT t::text FROM people t'],
    ['SELECT (ROW(ssn, id)::text) FROM people'],
    ['SELECT length(body) FROM letters'],
    ["SELECT position('@' IN body) > 0 FROM letters"],
  ]),
];
