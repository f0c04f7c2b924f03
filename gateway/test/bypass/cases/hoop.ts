/** The bypasses of hoop's rules that were replayed, and the blind spots of hoopinspect, against our tables. */
import type { Evasion } from './evasion.ts';

/** Section 5a: statements that hoop's shipped rules let through. Row 14 is legitimate and in `legitimate.ts`. */
export const HOOP_RULES: readonly Evasion[] = [
  {
    name: 'hoop 5a row 1: a second statement',
    text: 'SELECT 1; DELETE FROM companies',
    because: 'bounded-writes',
  },
  { name: 'hoop 5a row 2: a comment in front', text: '/* x */ DELETE FROM companies', query: true },
  {
    name: 'hoop 5a row 3: WHERE in a comment',
    text: 'DELETE FROM companies -- where id = 1',
    because: 'bounded-writes',
  },
  { name: 'hoop 5a row 4: the bad statement first', text: 'DELETE FROM companies; SELECT 1' },
  {
    name: 'hoop 5a row 5: a writing CTE',
    text: 'WITH d AS (DELETE FROM companies RETURNING 1) SELECT 1',
    query: true,
    because: 'bounded-writes',
  },
  { name: 'hoop 5a row 6: EXPLAIN ANALYZE', text: 'EXPLAIN ANALYZE DELETE FROM companies' },
  {
    name: 'hoop 5a row 6: EXPLAIN with options',
    text: 'EXPLAIN (COSTS OFF, ANALYZE TRUE, VERBOSE) DELETE FROM companies',
  },
  {
    name: 'hoop 5a row 7: MERGE that deletes',
    text: 'MERGE INTO companies c USING (SELECT 1) o ON true WHEN MATCHED THEN DELETE',
  },
  {
    name: 'hoop 5a row 7: MERGE that deletes what the source lacks',
    text: 'MERGE INTO companies c USING orders o ON c.id = o.id WHEN NOT MATCHED BY SOURCE THEN DELETE',
  },
  { name: 'hoop 5a row 8: DO', text: "DO $$BEGIN EXECUTE 'DELETE FROM companies'; END$$" },
  {
    name: 'hoop 5a row 8: DO with a plain statement',
    text: 'DO $$BEGIN DELETE FROM companies WHERE id = 1; END$$',
  },
  { name: 'hoop 5a row 9: TRUNCATE', text: 'TRUNCATE companies' },
  {
    name: 'hoop 5a row 9: TRUNCATE in lower case',
    text: 'truncate table only companies restart identity cascade',
  },
  { name: 'hoop 5a row 10: a comment as white space', text: 'DROP/**/TABLE companies' },
  {
    name: 'hoop 5a row 11: DROP MATERIALIZED VIEW',
    text: 'DROP MATERIALIZED VIEW IF EXISTS analytics.nothing',
  },
  { name: 'hoop 5a row 12: DROP FUNCTION', text: 'DROP FUNCTION order_total' },
  { name: 'hoop 5a row 13: lower case', text: 'drop table companies' },
  { name: 'hoop 5a row 13: mixed case and tabs', text: 'dRoP\t\n\r\f tAbLe\ncompanies' },
];

/** Section 6b: what hoopinspect does not see. */
export const HOOP_INSPECT: readonly Evasion[] = [
  { name: 'hoop 6b 5: COPY of a table to the client', text: 'COPY integration_tokens TO STDOUT' },
  {
    name: 'hoop 6b 5: COPY of a query',
    text: 'COPY (SELECT token FROM integration_tokens) TO STDOUT (FORMAT binary)',
  },
  { name: 'hoop 6b 6: a column under another name', text: 'SELECT ssn AS x FROM customers', query: true },
  { name: 'hoop 6b 6: a column inside an expression', text: "SELECT ssn || '' FROM customers", query: true },
  { name: 'hoop 6b 7: a column through an error text', text: 'SELECT ssn::int FROM customers', query: true },
  {
    name: 'hoop 6b 7: a column through an error in a subquery',
    text: 'SELECT 1 WHERE (SELECT ssn FROM customers LIMIT 1)::int = 1',
    query: true,
  },
  {
    name: 'hoop 6b 9: a condition on a column',
    text: 'SELECT id FROM customers WHERE ssn = $1',
    query: true,
  },
  { name: 'hoop 6b 10: a function in SELECT', text: "SELECT token_of('pay')", query: true },
  { name: 'hoop 6b 10: a function that writes', text: 'SELECT wipe()', query: true },
  { name: 'hoop 6b 11: CALL', text: 'CALL purge()' },
  {
    name: 'hoop 6b 11: a function that runs text',
    text: "SELECT run_sql('DELETE FROM companies')",
    query: true,
  },
  { name: 'hoop 6b 15: search_path', text: 'SET search_path = secret' },
  {
    name: 'hoop 6b 15: a temporary view',
    text: 'CREATE TEMP VIEW orders AS SELECT * FROM integration_tokens',
  },
  { name: 'hoop 6b 15: a temporary table', text: 'CREATE TEMP TABLE t AS SELECT * FROM integration_tokens' },
];
