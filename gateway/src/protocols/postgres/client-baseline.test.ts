/** The preset alone, against the real grammar: what clients send passes, and what must stay closed stays closed. */
import { describe, expect, it } from 'vitest';
import type { Decision } from '../../model/decision.ts';
import { compilePolicy } from '../../policy/compile.ts';
import { sqlFamily } from '../../sql/facts-family.ts';
import { analyseSql } from '../../sql/postgres/facts.ts';
import { createSqlParser } from '../../sql/postgres/parse.ts';
import { clientBaseline } from './client-baseline.ts';

const parser = await createSqlParser(18);
const policy = compilePolicy([], {
  families: [sqlFamily],
  presets: [clientBaseline],
  version: { hash: 'test' },
});
if (!policy.ok) throw new Error(policy.errors.map(({ message }) => message).join('\n'));
const { engine } = policy;

function decide(sql: string, searchPath: readonly string[] = ['public']): Decision {
  const analysis = analyseSql(parser, sql, { searchPath, epoch: 0 });
  if ('syntaxError' in analysis) throw new Error(analysis.syntaxError.message);
  return engine.decide({
    principal: {
      issuer: 'i',
      subject: 's',
      groups: [],
      delegation: [],
      tokenDigest: '0',
      expiresAtMs: 0,
    },
    resource: { name: 'shop', protocol: 'postgres', labels: {}, mode: 'enforce' },
    account: 'app',
    facts: analysis.facts,
    context: { nowMs: 0, sessionId: 's', sourceAddress: '127.0.0.1', hints: {} },
  });
}

describe('client baseline', () => {
  it.each([
    'BEGIN READ ONLY',
    'BEGIN ISOLATION LEVEL SERIALIZABLE, READ ONLY, DEFERRABLE',
    'START TRANSACTION ISOLATION LEVEL REPEATABLE READ',
    'SET TRANSACTION READ ONLY',
    'SET SESSION CHARACTERISTICS AS TRANSACTION READ ONLY',
    'SET SESSION CHARACTERISTICS AS TRANSACTION ISOLATION LEVEL SERIALIZABLE, READ ONLY',
    'SET transaction_read_only = on',
    "SET default_transaction_read_only TO 'on'",
    'SET default_transaction_read_only = true',
    "SELECT set_config('transaction_read_only', 'on', true)",
    'SET default_transaction_isolation TO DEFAULT',
  ])('lets a client ask for read-only and isolation: %s', (sql) => {
    expect(decide(sql).effect).toBe('permit');
  });

  it.each([
    'BEGIN READ WRITE',
    'START TRANSACTION ISOLATION LEVEL SERIALIZABLE, READ WRITE',
    '/*x*/ SET TRANSACTION READ WRITE',
    'SET SESSION CHARACTERISTICS AS TRANSACTION READ WRITE',
    'SET transaction_read_only = off',
    'SET LOCAL transaction_read_only TO false',
    'SET transaction_read_only TO DEFAULT',
    'RESET default_transaction_read_only',
    "SET default_transaction_read_only = 'onoff'",
    "SELECT set_config('transaction_read_only', 'off', true)",
    "SELECT set_config('transaction_read_only', $1, true)",
    "SELECT set_config('transaction_read_only', 'on', true), set_config('transaction_read_only', 'off', true)",
    "PREPARE p AS SELECT set_config('default_transaction_read_only', 'off', false)",
    'SET SESSION CHARACTERISTICS AS TRANSACTION READ ONLY, READ WRITE',
  ])('incident 3: does not let a client leave read-only: %s', (sql) => {
    expect(decide(sql).effect).toBe('deny');
  });

  it.each(['SHOW ALL', 'SHOW server_version', "SELECT current_setting('TimeZone')"])(
    'shows settings of the server: %s',
    (sql) => {
      expect(decide(sql).effect).toBe('permit');
    },
  );

  it.each([
    'SHOW app.jwt_secret',
    'SHOW "App.Settings.JWT_Secret"',
    "SELECT current_setting('app.jwt_secret', true)",
    "SELECT current_setting('app.' || 'jwt_secret')",
    "PREPARE p AS SELECT current_setting($1); EXECUTE p('app.jwt_secret')",
    "SELECT current_setting('timezone'), current_setting('app.jwt_secret')",
  ])('P6: does not show settings that people made up, where some stacks keep keys: %s', (sql) => {
    expect(decide(sql).effect).toBe('deny');
  });

  it.each([
    ['asyncpg gives a connection back', 'SELECT pg_advisory_unlock_all(); CLOSE ALL; UNLISTEN *; RESET ALL'],
    ['Npgsql gives a connection back', 'DISCARD ALL'],
    [
      'asyncpg looks types up',
      "SELECT current_setting('jit') AS cur, set_config('jit', 'off', false) AS new",
    ],
    ['pgjdbc numbers columns of keys', 'SELECT information_schema._pg_expandarray(i.indkey) FROM pg_index i'],
    ['psql \\dconfig', 'SELECT s.name, pg_catalog.current_setting(s.name) FROM pg_catalog.pg_settings s'],
    ['pgjdbc reads a limit', "SELECT setting FROM pg_catalog.pg_settings WHERE name = 'max_index_keys'"],
    ['psql \\du', 'SELECT r.rolname, r.rolsuper FROM pg_roles r JOIN pg_auth_members m ON m.member = r.oid'],
    ['psql \\d', 'SELECT t.tgname, pg_catalog.pg_get_triggerdef(t.oid, true) FROM pg_catalog.pg_trigger t'],
    [
      'psql \\df',
      'SELECT p.proname, pg_get_function_result(p.oid) FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace',
    ],
    ['psql \\dC', 'SELECT castsource, p.proname FROM pg_cast c LEFT JOIN pg_proc p ON c.castfunc = p.oid'],
    ['node-postgres of many ORMs', 'SELECT * FROM information_schema.columns WHERE table_name = $1'],
    [
      'Metabase asks what may be read',
      "SELECT t.objectname, pg_catalog.has_any_column_privilege(current_user, t.objectname, 'select') FROM (SELECT schemaname, tablename AS objectname FROM pg_catalog.pg_tables UNION SELECT schemaname, viewname FROM pg_catalog.pg_views UNION SELECT schemaname, matviewname FROM pg_catalog.pg_matviews) t",
    ],
    ['DataGrip', 'SELECT usesuper FROM pg_user WHERE usename = current_user'],
    ['lists of sequences', 'SELECT schemaname, sequencename, data_type FROM pg_sequences'],
    ['lists of policies', 'SELECT policyname, cmd, qual FROM pg_policies'],
    ['an empty query', ''],
  ])('serves what drivers send by themselves: %s', (_who, sql) => {
    expect(decide(sql).effect).toBe('permit');
  });

  it.each([
    ['the text of functions', 'SELECT prosrc FROM pg_proc'],
    ['the text of functions, as a row', 'SELECT p FROM pg_catalog.pg_proc p'],
    ['the text of functions, as JSON', 'SELECT to_jsonb(p) FROM pg_proc p'],
    ['the text of functions, by a renamed column', 'SELECT x FROM pg_proc AS p(a, b, c, d, x)'],
    ['the text of functions, where it only filters', "SELECT proname FROM pg_proc WHERE prosrc LIKE '%key%'"],
    ['the text of functions, by a prepared statement', 'PREPARE p AS SELECT prosrc FROM pg_proc'],
    ['the text of functions, by a function', "SELECT pg_get_functiondef('f'::regproc)"],
    ['the text of functions, of the standard', 'SELECT routine_definition FROM information_schema.routines'],
    ['the text of views', 'SELECT view_definition FROM information_schema.views'],
    ['the text of views, by rules', 'SELECT ev_action FROM pg_rewrite'],
    ['the text of views, by a view', 'SELECT definition FROM pg_views'],
    ['the text of views, by all columns of a view', 'SELECT * FROM pg_views'],
    ['the text of materialized views', 'SELECT definition FROM pg_matviews'],
    ['how many rows there were', 'SELECT last_value FROM pg_sequences'],
    ['settings of roles', 'SELECT rolconfig FROM pg_roles'],
    ['settings of users', 'SELECT useconfig FROM pg_user'],
    ['settings of roles, by all columns', 'TABLE pg_roles'],
    ['settings of databases and roles', 'SELECT setconfig FROM pg_db_role_setting'],
    ['passwords', 'SELECT rolpassword FROM pg_authid'],
    ['passwords, in the old view', 'SELECT passwd FROM pg_shadow'],
    ['passwords of other servers', 'SELECT umoptions FROM pg_user_mappings'],
    ['passwords of other servers, of the standard', 'SELECT * FROM information_schema.user_mapping_options'],
    ['addresses of other servers', 'SELECT srvoptions FROM pg_foreign_server'],
    ['passwords of publishers', 'SELECT subconninfo FROM pg_subscription'],
    ['values of columns, as statistics', 'SELECT most_common_vals FROM pg_stats'],
    ['what others are doing', 'SELECT query FROM pg_stat_activity'],
    ['cursors and statements of the session', 'SELECT statement FROM pg_prepared_statements'],
    ['large objects', 'SELECT data FROM pg_largeobject'],
    ["a table that has a catalog's name", 'SELECT * FROM public.pg_class'],
    ['a catalog that writes', "UPDATE pg_settings SET setting = 'x' WHERE name = 'role'"],
    ['rows that are locked', 'SELECT relname FROM pg_class FOR UPDATE'],
    ['the search path', 'SET search_path = evil'],
    ['the role', 'SET ROLE postgres'],
    ['memory', "SET work_mem = '10GB'"],
    ['durability', 'SET synchronous_commit = off'],
  ])('keeps closed: %s', (_what, sql) => {
    expect(decide(sql).effect).toBe('deny');
  });

  it('takes a bare catalog name for pg_catalog only while the search path says so', () => {
    expect(decide('SELECT relname FROM pg_class', ['public', 'pg_catalog']).effect).toBe('deny');
    expect(decide('SET search_path = public, pg_catalog; SELECT relname FROM pg_class').effect).toBe('deny');
  });
});
