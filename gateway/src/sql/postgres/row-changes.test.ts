import { describe, expect, it } from 'vitest';
import { analyseSql, isSyntaxError } from './facts.ts';
import { createSqlParser } from './parse.ts';
import { rowChangesIn } from './row-changes.ts';

const parser = await createSqlParser(18);

function changes(text: string): readonly string[] {
  const analysis = analyseSql(parser, text, { searchPath: ['public'], epoch: 0 });
  if (isSyntaxError(analysis)) throw new Error(analysis.syntaxError.message);
  return analysis.facts.statements.map(rowChangesIn);
}

describe('what is known of the rows that a statement changes', () => {
  it.each([
    ['none', 'SELECT * FROM t'],
    ['none', 'EXPLAIN DELETE FROM t'],
    ['none', 'EXPLAIN ANALYZE SELECT * FROM t'],
    ['none', 'COPY t TO STDOUT'],
    ['none', 'BEGIN'],
    ['counted', 'INSERT INTO t SELECT * FROM u'],
    ['counted', 'INSERT INTO t VALUES (1) ON CONFLICT (id) DO UPDATE SET id = 2'],
    ['counted', 'UPDATE t SET x = 1'],
    ['counted', 'DELETE FROM t USING u'],
    [
      'counted',
      'MERGE INTO t USING u ON t.id = u.id WHEN MATCHED THEN DELETE WHEN NOT MATCHED THEN INSERT VALUES (1)',
    ],
    ['counted', 'COPY t FROM STDIN'],
    ['counted', 'PREPARE p AS DELETE FROM t'],
    ['unknown', 'WITH d AS (DELETE FROM t RETURNING *) SELECT * FROM d'],
    ['unknown', 'WITH d AS (DELETE FROM t RETURNING *) DELETE FROM t'],
    ['unknown', 'PREPARE p AS WITH d AS (DELETE FROM t RETURNING *) SELECT * FROM d'],
    ['unknown', 'EXPLAIN ANALYZE DELETE FROM t'],
    ['unknown', 'COPY (DELETE FROM t RETURNING *) TO STDOUT'],
    ['unknown', 'TRUNCATE t'],
    ['unknown', 'DROP TABLE t'],
    ['unknown', 'CREATE TABLE u AS SELECT * FROM t'],
    ['unknown', 'SELECT * INTO u FROM t'],
    ['unknown', 'CALL p()'],
    ['unknown', 'DO $$ $$'],
    ['unknown', 'SELECT f()'],
    ['unknown', 'UPDATE t SET x = f()'],
    ['unknown', 'DECLARE c CURSOR FOR SELECT f()'],
    ['unknown', "COPY t FROM '/x'"],
  ])('%s: %s', (known, text) => {
    expect(changes(text)).toEqual([known]);
  });

  it('EXECUTE is what was prepared', () => {
    expect(changes('PREPARE p AS DELETE FROM t; EXECUTE p; EXPLAIN ANALYZE EXECUTE p')).toEqual([
      'counted',
      'counted',
      'unknown',
    ]);
  });
});
