/** Statements that take more of a server than they should: its time, its rows, its bytes, its data. */

/** One attempt: texts that are sent one by one, in a transaction that is rolled back. */
export interface Exhaustion {
  readonly name: string;
  readonly steps: readonly string[];
}

const each = (kind: string, all: readonly (readonly string[])[]): readonly Exhaustion[] =>
  all.map((steps) => ({ name: `${kind}: ${steps.join('; ')}`, steps }));

/** All of them. A session beside them holds a lock on `held`, and the advisory lock 1. */
export const EXHAUSTION: readonly Exhaustion[] = [
  ...each('time', [
    ['SELECT pg_sleep(3600)'],
    ["SELECT pg_sleep_for('1 hour')"],
    ["SELECT pg_sleep_until(now() + interval '1 hour')"],
    ['WITH RECURSIVE t (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM t) SELECT count(*) FROM t'],
    ['SELECT count(*) FROM generate_series(1, 100000000000)'],
    ['SELECT count(*) FROM many a, many b, many c, many d, many e, many f'],
    ['SELECT endless()'],
    ['DO $$ BEGIN LOOP END LOOP; END $$'],
    ['SELECT id FROM held FOR UPDATE'],
    ['LOCK TABLE held'],
    ['SELECT pg_advisory_lock(1)'],
    ['EXPLAIN ANALYZE SELECT pg_sleep(3600)'],
    ['COPY (SELECT pg_sleep(3600)) TO STDOUT'],
    ['PREPARE s AS SELECT pg_sleep(3600)', 'EXECUTE s'],
    ['DECLARE c CURSOR FOR SELECT pg_sleep(3600)', 'FETCH 1 FROM c'],
    ['CREATE TABLE taken AS SELECT 1 AS id FROM pg_sleep(3600)'],
    ['UPDATE many SET id = id WHERE pg_sleep(3600) IS NULL'],
  ]),
  ...each('rows', [
    ['SELECT a.id FROM many a, many b'],
    ['SELECT generate_series(1, 1000000)'],
    ['VALUES (1), (2), (3), (4), (5), (6), (7), (8), (9), (10), (11)'],
    ['DECLARE c CURSOR FOR SELECT id FROM many', 'FETCH ALL FROM c'],
    ['PREPARE r AS SELECT id FROM many', 'EXECUTE r'],
  ]),
  ...each('bytes', [
    ["SELECT repeat('x', 10000000)"],
    ['SELECT array_agg(id) FROM generate_series(1, 100000) id'],
    ["SELECT string_agg(repeat('x', 1000), ',') FROM many"],
    ["COPY (SELECT repeat('x', 1000000)) TO STDOUT"],
  ]),
  ...each('changes', [
    ['UPDATE many SET id = id + 1000'],
    ['DELETE FROM many'],
    ['INSERT INTO many SELECT generate_series(1001, 2000)'],
    ['MERGE INTO many m USING many n ON m.id = n.id WHEN MATCHED THEN DELETE'],
    ['WITH d AS (DELETE FROM many RETURNING id) SELECT count(*) FROM d'],
    ['PREPARE d AS DELETE FROM many', 'EXECUTE d'],
    ['TRUNCATE many'],
  ]),
];
