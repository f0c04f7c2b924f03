/** What planner and executor tell of masked columns. */
import { denied, type TwinAttempt } from '../attempt.ts';

/** EXPLAIN in its forms */
export const PLANS: readonly TwinAttempt[] = [
  ...denied([
    ['EXPLAIN (MEMORY, COSTS ON) SELECT email FROM people'],
    ['EXPLAIN (SUMMARY OFF) SELECT tags FROM people'],
    [
      "EXPLAIN (ANALYZE, COSTS OFF, TIMING OFF, SUMMARY OFF, BUFFERS OFF) SELECT id FROM people WHERE ssn < 'd'",
    ],
    ['EXPLAIN (FORMAT XML) SELECT ssn, email FROM people'],
    ["EXPLAIN DECLARE c CURSOR FOR SELECT id FROM people WHERE ssn < 'd'"],
    ['EXPLAIN CREATE TABLE x AS SELECT ssn FROM people'],
    ['EXPLAIN SELECT * FROM people_view'],
    ["EXPLAIN UPDATE people SET name = 'x' WHERE ssn < 'd'"],
    ["EXPLAIN INSERT INTO plain SELECT 1, ssn FROM people WHERE ssn < 'd'"],
    ['EXPLAIN SELECT id, upper(ssn) FROM people'],
    ['EXPLAIN SELECT id FROM people ORDER BY ssn'],
    ['EXPLAIN SELECT * FROM people'],
    [
      'EXPLAIN (COSTS OFF, ANALYZE, TIMING OFF, SUMMARY OFF, BUFFERS OFF) SELECT id FROM people p WHERE EXISTS (SELECT 1 FROM people q WHERE q.ssn > p.ssn)',
    ],
    ['EXPLAIN SELECT p.ssn FROM people p JOIN plain USING (id)'],
  ]),
];
