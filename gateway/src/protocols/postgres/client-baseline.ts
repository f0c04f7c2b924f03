/** What PostgreSQL drivers and tools send by themselves; a preset, so that a policy can switch it off. */
import type { PolicyPreset } from '../../policy/preset.ts';
import { HIDDEN_CATALOG_COLUMNS, PARTLY_SHOWN_CATALOGS, SHOWN_CATALOGS } from './client-baseline-catalogs.ts';

/** Modes of transactions, of the present one and of those to come (SET SESSION CHARACTERISTICS). */
const TRANSACTION_MODES: readonly string[] = [
  'default_transaction_deferrable',
  'default_transaction_isolation',
  'default_transaction_read_only',
  'transaction_deferrable',
  'transaction_isolation',
  'transaction_read_only',
];

/**
 * Settings that change how values look, or make the server give up sooner. `jit`: asyncpg switches it off around its type
 * look-up. No setting is here that loosens durability, changes what names mean, or lets a session use more memory.
 */
const SETTINGS: readonly string[] = [
  'application_name',
  'bytea_output',
  'client_encoding',
  'client_min_messages',
  'datestyle',
  'extra_float_digits',
  'idle_in_transaction_session_timeout',
  'idle_session_timeout',
  'intervalstyle',
  'jit',
  'lock_timeout',
  'standard_conforming_strings',
  'statement_timeout',
  'timezone',
  'transaction_timeout',
  'xmloption',
];

/**
 * Transaction control, harmless session settings, and the catalogs that describe (not hold) data.
 * information_schema shows only what the account may see; pg_catalog shows names of all objects of the database.
 */
export const clientBaseline: PolicyPreset = {
  name: 'client-baseline/postgres',
  description:
    'What PostgreSQL drivers and tools send by themselves: transactions, harmless settings, catalog look-ups.',
  yaml: `
rules:
  - id: transactions
    effect: allow
    on: sql
    match:
      kinds: [BEGIN, COMMIT, ROLLBACK, SAVEPOINT, RELEASE, ROLLBACK TO, EMPTY]
  - id: transaction-modes
    description: Isolation and read-only may be asked for; READ WRITE may not, it would undo a read-only default.
    effect: allow
    on: sql
    match:
      kinds: [SET]
      settings: [${TRANSACTION_MODES.join(', ')}]
    when: >-
      sql.settingValues.all(value, !re(value, '^(default_)?transaction_read_only(=|$)')
      || re(value, '=(on|true|yes|1)$'))
  - id: settings
    effect: allow
    on: sql
    match:
      kinds: [SET, RESET]
      settings: [${SETTINGS.join(', ')}]
  - id: show
    description: >-
      Settings of the server, but not those that people make up (app.jwt_secret): some stacks keep keys in them. SHOW ALL
      leaves them out.
    effect: allow
    on: sql
    match: { kinds: [SHOW] }
    when: "sql.settings.all(name, !re(name, '[.]') && (name != '*' || sql.kind == 'SHOW'))"
  - id: session-objects
    description: RESET ALL does less than DISCARD ALL; pools of asyncpg and Npgsql send them between two users of a connection.
    effect: allow
    on: sql
    match: { kinds: [DEALLOCATE, DISCARD, CLOSE, UNLISTEN, RESET ALL] }
  - id: statements-and-cursors
    description: What they run is judged by its own facts.
    effect: allow
    on: sql
    match: { kinds: [PREPARE, EXECUTE, DECLARE, FETCH, MOVE, EXPLAIN] }
  - id: no-tables
    description: SELECT 1, SELECT version() and their like; functions off the safe list need a rule of their own.
    effect: allow
    on: sql
    match: { kinds: [SELECT, COPY] }
    when: size(sql.tables) == 0
  - id: catalogs
    description: >-
      information_schema shows what the account may see; the listed catalogs describe all objects of the database.
      Catalogs that hold data, statistics of it, code or secrets are not among them.
    effect: allow
    on: sql
    match:
      kinds: [SELECT]
      tables:
${SHOWN_CATALOGS.map((name) => `        - ${name}`).join('\n')}
  - id: catalogs-in-part
    description: Names and types of functions without their source, roles without their settings, and so on.
    effect: allow
    on: sql
    match:
      kinds: [SELECT]
      tables: [${PARTLY_SHOWN_CATALOGS.join(', ')}]
    when: "!sql.readColumns.exists(column, column in [${HIDDEN_CATALOG_COLUMNS.map((name) => `'${name}'`).join(', ')}])"
  - id: catalog-functions
    description: >-
      psql's \\d prints the triggers of a table, which say no more than pg_trigger does; pgjdbc numbers the columns of keys
      by _pg_expandarray; asyncpg's pool gives back the session's own advisory locks.
    effect: allow
    on: sql
    match:
      kinds: [EXECUTE FUNCTION]
      functions:
        - information_schema._pg_expandarray
        - pg_catalog.pg_advisory_unlock_all
        - pg_catalog.pg_get_triggerdef
`,
};
