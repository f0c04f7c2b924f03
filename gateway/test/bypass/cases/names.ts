/** Names that mean a denied object under another spelling, or a permitted one at first sight. */
import type { Evasion } from './evasion.ts';

/** All are reads of the tokens or of what else is not granted. */
export const NAMES: readonly Evasion[] = [
  { name: 'upper case', text: 'SELECT * FROM INTEGRATION_TOKENS', query: true },
  { name: 'quoted', text: 'SELECT * FROM "integration_tokens"', query: true },
  { name: 'with its database', text: 'SELECT * FROM postgres.public.integration_tokens', query: true },
  { name: 'Unicode escapes', text: 'SELECT * FROM U&"integration\\005ftokens"', query: true },
  {
    name: 'Unicode escapes with another escape character',
    text: 'SELECT * FROM U&"integration!005ftokens" UESCAPE \'!\'',
    query: true,
  },
  { name: 'six-digit Unicode escapes', text: 'SELECT * FROM U&"\\+000069ntegration_tokens"', query: true },
  { name: 'ONLY and a star', text: 'SELECT * FROM ONLY (integration_tokens)', query: true },
  { name: 'the old star', text: 'SELECT * FROM integration_tokens *', query: true },
  {
    name: 'an alias that is the name of a granted table',
    text: 'SELECT orders.token FROM integration_tokens AS orders',
    query: true,
  },
  {
    name: 'a CTE called like it does not hide the real one',
    text: 'WITH t AS (SELECT 1) SELECT * FROM t, public.integration_tokens',
    query: true,
  },
  {
    name: 'a CTE of the same name, read from inside itself',
    text: 'WITH integration_tokens AS (SELECT * FROM integration_tokens) SELECT * FROM integration_tokens',
    query: true,
  },
  {
    name: 'a CTE of the same name that comes too late',
    text: 'WITH a AS (SELECT * FROM integration_tokens), integration_tokens AS (SELECT 1) SELECT * FROM a',
    query: true,
  },
  {
    name: 'a CTE cannot be a target',
    text: 'WITH ledger AS (SELECT 1 AS id) DELETE FROM ledger WHERE id = 1',
    query: true,
  },
  { name: 'a table whose name differs by case', text: 'SELECT * FROM "Integration_Tokens"', query: true },
  { name: 'a table whose name holds a dot', text: 'SELECT * FROM "public.orders"', query: true },
  {
    name: 'a table whose name holds a dot, with schema',
    text: 'SELECT * FROM public."public.orders"',
    query: true,
  },
  { name: 'the same name in another schema', text: 'SELECT * FROM secret.orders', query: true },
  { name: 'a view over it', text: 'SELECT name FROM token_view', query: true },
  { name: 'a catalog that looks like a public table', text: 'SELECT * FROM pg_authid', query: true },
  {
    name: 'statistics of it',
    text: "SELECT most_common_vals FROM pg_stats WHERE tablename = 'integration_tokens'",
    query: true,
  },
  { name: 'raw statistics', text: 'SELECT stavalues1 FROM pg_statistic', query: true },
  { name: 'large objects', text: 'SELECT data FROM pg_largeobject', query: true },
  { name: 'a large object by function', text: 'SELECT lo_get(424242)', query: true },
  { name: 'TOAST tables', text: 'SELECT * FROM pg_toast.pg_toast_1255', query: true },
  {
    name: 'source text of functions',
    text: "SELECT prosrc FROM pg_proc WHERE proname = 'token_of'",
    query: true,
  },
  {
    name: 'source text of functions as a whole row',
    text: "SELECT p FROM pg_proc p WHERE proname = 'token_of'",
    query: true,
  },
  {
    name: 'source text of functions by function',
    text: "SELECT pg_get_functiondef('token_of'::regproc)",
    query: true,
  },
  { name: 'text of views by function', text: "SELECT pg_get_viewdef('token_view'::regclass)", query: true },
  { name: 'text of views', text: 'SELECT definition FROM pg_views', query: true },
  { name: 'settings and files', text: 'SELECT * FROM pg_file_settings', query: true },
  { name: 'host rules', text: 'SELECT * FROM pg_hba_file_rules', query: true },
  { name: 'prepared statements', text: 'SELECT statement FROM pg_prepared_statements', query: true },
  { name: 'user mappings', text: 'SELECT umoptions FROM pg_user_mappings', query: true },
  { name: 'subscriptions', text: 'SELECT subconninfo FROM pg_subscription', query: true },
  {
    name: 'a column that is not granted, in ORDER BY',
    text: 'SELECT id FROM customers ORDER BY ssn',
    query: true,
  },
  {
    name: 'a column that is not granted, in GROUP BY',
    text: 'SELECT count(*) FROM customers GROUP BY ssn',
    query: true,
  },
  {
    name: 'a column that is not granted, in a join',
    text: 'SELECT c.id FROM customers c JOIN orders o ON c.ssn = o.status',
    query: true,
  },
  {
    name: 'a column that is not granted, by USING',
    text: 'SELECT 1 FROM customers JOIN (SELECT status AS ssn FROM orders) s USING (ssn)',
    query: true,
  },
  {
    name: 'a column that is not granted, by NATURAL JOIN',
    text: 'SELECT 1 FROM customers NATURAL JOIN (SELECT status AS ssn FROM orders) s',
    query: true,
  },
  { name: 'a column that is not granted, as a row', text: 'SELECT c FROM customers c', query: true },
  { name: 'a column that is not granted, as JSON', text: 'SELECT to_json(c) FROM customers c', query: true },
  {
    name: 'a column that is not granted, as a row by position',
    text: 'SELECT (c).* FROM customers c',
    query: true,
  },
  {
    name: 'a column that is not granted, renamed by the alias',
    text: 'SELECT d FROM customers AS t(a, b, c, d)',
    query: true,
  },
  {
    name: 'a column that is not granted, renamed by a CTE',
    text: 'WITH t(a, b, c, d) AS (SELECT * FROM customers) SELECT d FROM t',
    query: true,
  },
  {
    name: 'a column that is not granted, of a correlated subquery',
    text: 'SELECT (SELECT ssn) FROM customers',
    query: true,
  },
  {
    name: 'a column that is not granted, by LATERAL',
    text: 'SELECT x FROM customers c, LATERAL (SELECT c.ssn AS x) l',
    query: true,
  },
  {
    name: 'a column that is not granted, in a window',
    text: 'SELECT row_number() OVER (PARTITION BY ssn) FROM customers',
    query: true,
  },
  {
    name: 'a column that is not granted, as an array',
    text: 'SELECT ARRAY(SELECT ssn FROM customers)',
    query: true,
  },
  {
    name: 'a column that is not granted, in a FILTER',
    text: "SELECT count(*) FILTER (WHERE ssn LIKE '%1') FROM customers",
    query: true,
  },
  {
    name: 'a column that is not granted, in RETURNING',
    text: 'UPDATE orders SET total = 1 FROM customers c WHERE orders.id = 1 AND c.id = 1 RETURNING c.ssn',
    query: true,
  },
  {
    name: 'a column that is not granted, in VALUES',
    text: 'VALUES ((SELECT ssn FROM customers LIMIT 1))',
    query: true,
  },
  {
    name: 'a column that is not granted, in LIMIT',
    text: 'SELECT 1 LIMIT (SELECT length(ssn) FROM customers LIMIT 1)',
    query: true,
  },
  {
    name: 'a column that is not granted, in a set operation',
    text: 'SELECT name FROM customers UNION ALL SELECT ssn FROM customers',
    query: true,
  },
  {
    name: 'a column that is not granted, in a recursive CTE',
    text: "WITH RECURSIVE t(x) AS (SELECT ''::text UNION ALL SELECT ssn FROM customers, t WHERE x = '') SELECT x FROM t",
    query: true,
  },
  {
    name: 'a column that is not granted, in XMLTABLE',
    text: "SELECT x.* FROM customers c, XMLTABLE('/a' PASSING xmlelement(name a, c.ssn) COLUMNS v text PATH '.') x",
    query: true,
  },
  {
    name: 'a column that is not granted, in JSON_TABLE',
    text: "SELECT j.* FROM customers c, JSON_TABLE(to_json(c.ssn), '$' COLUMNS (v text PATH '$')) j",
    query: true,
  },
];
