/** Changes that carry masked values elsewhere, or depend on them. */
import { answered, denied, type TwinAttempt } from '../attempt.ts';

/** Changes */
export const WRITES: readonly TwinAttempt[] = [
  ...denied([
    [
      "INSERT INTO people (id, name) VALUES (1, 'x') ON CONFLICT (id) DO UPDATE SET name = 'y' WHERE people.ssn < 'd' RETURNING id",
    ],
    [
      "INSERT INTO people (id, name) VALUES (1, 'x') ON CONFLICT (id) DO UPDATE SET name = people.ssn RETURNING name",
    ],
    [
      "INSERT INTO people (id, name) VALUES (1, 'x') ON CONFLICT (id) DO UPDATE SET salary = people.salary + 2000000000",
    ],
    ["INSERT INTO people (id, name, ssn) VALUES (80, 'x', 'x') ON CONFLICT DO NOTHING"],
    [
      "INSERT INTO people (id, name, ssn) VALUES (80, 'x', 'x') ON CONFLICT ON CONSTRAINT people_ssn_key DO UPDATE SET name = 'hit' RETURNING id, name",
    ],
    [
      "MERGE INTO plain n USING people p ON n.id = p.id WHEN MATCHED AND p.ssn < 'd' THEN UPDATE SET name = 'hit' RETURNING merge_action(), n.id",
    ],
    [
      'MERGE INTO plain n USING people p ON n.id = p.id WHEN MATCHED THEN UPDATE SET name = p.ssn RETURNING merge_action(), n.name',
    ],
    [
      'MERGE INTO people p USING plain n ON n.id = p.id WHEN MATCHED THEN UPDATE SET name = p.ssn RETURNING old.ssn, new.name',
    ],
    [
      'MERGE INTO people p USING plain n ON n.id = p.id WHEN MATCHED AND p.salary > 5 THEN DELETE WHEN MATCHED THEN DO NOTHING RETURNING p.id',
    ],
    [
      "MERGE INTO people p USING plain n ON n.name = p.ssn WHEN NOT MATCHED BY SOURCE AND p.ssn < 'd' THEN DELETE RETURNING p.id",
    ],
    ['UPDATE people SET ssn = left(ssn, 10)'],
    ['UPDATE people SET salary = salary * 3'],
    ['UPDATE people SET ssn = repeat(ssn, 3) WHERE id = 1'],
    ['UPDATE people SET tags[salary] = $$x$$'],
    ["UPDATE people SET name = NULLIF(name, CASE WHEN ssn < 'd' THEN name END) WHERE id = 1"],
    ["UPDATE people SET code = code || repeat('x', 55) WHERE id = 1"],
    ['UPDATE people SET (name, email) = ROW(ssn, ssn) RETURNING name'],
    [
      'UPDATE people SET (name, email) = (SELECT q.ssn, q.ssn FROM people q WHERE q.id = people.id) RETURNING name',
    ],
    ["UPDATE plain SET name = 'hit' FROM people p WHERE p.id = plain.id AND p.ssn < 'd' RETURNING plain.id"],
    ["DELETE FROM plain USING people p WHERE p.id = plain.id AND p.ssn < 'd' RETURNING plain.id"],
    ['DELETE FROM plain WHERE id = (SELECT count(ssn) - 1 FROM people) RETURNING id'],
    ["INSERT INTO plain SELECT 50 + id, 'x' FROM people WHERE ssn < 'd' RETURNING id"],
    ['INSERT INTO plain (id, name) VALUES (50, (SELECT ssn FROM people WHERE id = 1)) RETURNING name'],
    ["WITH d AS (DELETE FROM people RETURNING ssn) SELECT count(*) FROM d WHERE ssn < 'd'"],
    ['INSERT INTO people SELECT id + 100, ssn FROM people WHERE ssn IS NOT NULL RETURNING name'],
    ['CREATE TABLE refs (s text REFERENCES people (ssn))', "INSERT INTO refs VALUES ('x')"],
  ]),
  ...answered([
    ['UPDATE people SET id = id RETURNING old.ssn, new.ssn, id'],
    ['UPDATE people SET name = name RETURNING WITH (OLD AS o, NEW AS n) o.ssn, n.salary'],
    ['UPDATE people SET name = name RETURNING old'],
    ["UPDATE people SET name = 'x' RETURNING old.ssn < 'd', new.name"],
    ['DELETE FROM people WHERE id = 1 RETURNING ssn, old.ssn'],
    ['WITH u AS (UPDATE people SET name = name RETURNING old.ssn AS s) SELECT s FROM u'],
  ]),
];
