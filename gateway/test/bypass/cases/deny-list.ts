/** Evasions of deny rules: everything is allowed but what is named, so a thing under another name is a way out. */
import type { Evasion } from './evasion.ts';

const TABLE: readonly string[] = [
  'TABLE integration_tokens',
  'SELECT 1 FROM INTEGRATION_TOKENS',
  'SELECT count(*) FROM postgres.public.integration_tokens',
  'SELECT * FROM U&"integration\\005ftokens"',
  'SELECT * FROM companies, LATERAL (SELECT token FROM integration_tokens) t',
  'WITH companies AS (TABLE integration_tokens) SELECT * FROM companies',
  'SELECT name FROM token_view',
  "SELECT query_to_xml('SELECT * FROM integration_tokens', true, true, '')",
  "SELECT table_to_xml('integration_tokens', true, true, '')",
  "SELECT schema_to_xml('public', true, true, '')",
  "SELECT database_to_xml(true, true, '')",
  "SELECT * FROM ts_stat('SELECT to_tsvector(token) FROM integration_tokens')",
  "SELECT histogram_bounds FROM pg_stats WHERE tablename = 'integration_tokens'",
  'SELECT stavalues1 FROM pg_catalog.pg_statistic',
  'SELECT orders.token FROM secret.orders',
  'INSERT INTO companies SELECT 900 + id, token FROM integration_tokens',
  'UPDATE companies SET name = (SELECT token FROM integration_tokens LIMIT 1) WHERE id = 1',
  'CREATE TEMP TABLE copied AS TABLE integration_tokens',
  'CREATE TEMP VIEW seen AS TABLE integration_tokens',
  'SELECT * INTO TEMP copied FROM integration_tokens',
  'COPY integration_tokens TO STDOUT',
  'COPY (TABLE integration_tokens) TO STDOUT',
];

const COLUMN: readonly string[] = [
  'SELECT ssn FROM customers',
  'SELECT * FROM customers',
  'SELECT c FROM customers c',
  'SELECT to_json(c) FROM customers c',
  'SELECT (c).ssn FROM customers c',
  'SELECT ssn(c) FROM customers c',
  'SELECT d FROM customers AS t(a, b, c, d)',
  'SELECT (SELECT ssn) FROM customers',
  'SELECT name FROM customers ORDER BY ssn',
  "SELECT 1 FROM customers WHERE ssn > 'm'",
  'SELECT count(*) FROM customers c JOIN customers d USING (ssn)',
  'SELECT name FROM customers c NATURAL JOIN customers d',
  'TABLE customers',
  'UPDATE customers SET name = ssn WHERE id = 1',
  'DELETE FROM customers WHERE id = 21 RETURNING *',
  "UPDATE customers SET ssn = 'x' WHERE id = 1",
];

const FUNCTION: readonly string[] = [
  "SELECT token_of('pay')",
  "SELECT PUBLIC.TOKEN_OF('pay')",
  "SELECT * FROM token_of('pay')",
  "SELECT 1 ORDER BY token_of('pay')",
  "SELECT (pg_catalog.pg_read_file('/etc/hostname'))",
  "SELECT * FROM ROWS FROM (pg_read_file('/etc/hostname'))",
  "SELECT run_sql('DELETE FROM companies')",
  'SELECT count(*) FILTER (WHERE wipe() > 0) FROM orders',
  'INSERT INTO orders (id) SELECT wipe() WHERE false',
  'PREPARE p AS SELECT lo_get(424242)',
  'EXPLAIN SELECT lo_get(424242)',
];

const SETTING: readonly string[] = [
  'SET ROLE postgres',
  "SELECT set_config('role', 'postgres', false)",
  "SELECT set_config('ro' || 'le', 'postgres', false)",
  "UPDATE pg_settings SET setting = 'postgres' WHERE name = 'role'",
  'SET LOCAL SESSION AUTHORIZATION postgres',
  'RESET ALL; SET ROLE postgres',
  "DO $$BEGIN EXECUTE 'SET ROLE postgres'; END$$",
];

function listed(what: string, texts: readonly string[]): readonly Evasion[] {
  return texts.map((text) => ({ name: `a denied ${what}: ${text.slice(0, 90)}`, text }));
}

/** Under the deny-list policy all of them are refused. */
export const DENIED: readonly Evasion[] = [
  ...listed('table', TABLE),
  ...listed('column', COLUMN),
  ...listed('function', FUNCTION),
  ...listed('setting', SETTING),
];
