import { describe, expect, it } from 'vitest';
import { analyseSql } from './facts.ts';
import { createSqlParser } from './parse.ts';

const parser = await createSqlParser(18);

function settingValues(sql: string): unknown {
  const analysis = analyseSql(parser, sql, { searchPath: ['public'], epoch: 0 });
  if ('syntaxError' in analysis) throw new Error(analysis.syntaxError.message);
  return analysis.facts.statements.map((statement) => statement.attributes['settingValues']);
}

describe('sql.settingValues', () => {
  it.each([
    ['SET statement_timeout = 5000', [['statement_timeout=5000']]],
    ["SET LOCAL TimeZone TO 'UTC'", [['timezone=UTC']]],
    ['SET transaction_read_only = on', [['transaction_read_only=on']]],
    ['SET TRANSACTION READ ONLY', [['transaction_read_only=on']]],
    ['BEGIN READ WRITE', [['transaction_read_only=off']]],
    [
      'SET SESSION CHARACTERISTICS AS TRANSACTION READ ONLY',
      [['default_transaction_read_only=on', 'transaction_read_only=on']],
    ],
    [
      'START TRANSACTION ISOLATION LEVEL SERIALIZABLE, READ ONLY',
      [['transaction_isolation=serializable', 'transaction_read_only=on']],
    ],
    ["SELECT set_config('work_mem', '1GB', false)", [['work_mem=1GB']]],
    ['ALTER ROLE app SET search_path = evil', [['search_path=evil']]],
    ["ALTER SYSTEM SET log_statement = 'none'", [['log_statement=none']]],
  ])('names what %s sets', (sql, values) => {
    expect(settingValues(sql)).toEqual(values);
  });

  it.each([
    'SET transaction_read_only TO DEFAULT',
    'RESET transaction_read_only',
    "SELECT set_config('transaction_read_only', $1, false)",
    "SELECT set_config('transaction_read_only', lower('OFF'), false)",
  ])('has the bare name where the value is not in the text: %s', (sql) => {
    expect(settingValues(sql)).toEqual([['transaction_read_only']]);
  });

  it('has both values when one statement sets both', () => {
    const both =
      "SELECT set_config('transaction_read_only', 'on', false), set_config('transaction_read_only', 'off', false)";
    expect(settingValues(both)).toEqual([['transaction_read_only=off', 'transaction_read_only=on']]);
  });

  it('knows the values of a prepared statement, when it is prepared and when it is executed', () => {
    const sql = "PREPARE p AS SELECT set_config('transaction_read_only', 'off', false); EXECUTE p";
    expect(settingValues(sql)).toEqual([['transaction_read_only=off'], ['transaction_read_only=off']]);
  });

  it('is empty for a statement that shows or touches nothing', () => {
    expect(settingValues('SHOW transaction_read_only; SELECT 1')).toEqual([[], []]);
  });
});
