/** What PostgreSQL drivers and tools send by themselves; a preset, so that a policy can switch it off. */
import type { PolicyPreset } from '../../policy/preset.ts';

/** Catalogs that describe objects: what ORMs, psql's \\d and drivers' type look-ups read. */
const CATALOGS: readonly string[] = [
  'information_schema.*',
  ...[
    'pg_aggregate',
    'pg_am',
    'pg_amop',
    'pg_attrdef',
    'pg_attribute',
    'pg_cast',
    'pg_class',
    'pg_collation',
    'pg_constraint',
    'pg_database',
    'pg_depend',
    'pg_description',
    'pg_enum',
    'pg_event_trigger',
    'pg_extension',
    'pg_foreign_data_wrapper',
    'pg_foreign_table',
    'pg_index',
    'pg_indexes',
    'pg_inherits',
    'pg_language',
    'pg_namespace',
    'pg_opclass',
    'pg_operator',
    'pg_opfamily',
    'pg_partitioned_table',
    'pg_policy',
    'pg_publication',
    'pg_publication_namespace',
    'pg_publication_rel',
    'pg_range',
    'pg_roles',
    'pg_sequence',
    'pg_shdescription',
    'pg_statistic_ext',
    'pg_tables',
    'pg_tablespace',
    'pg_timezone_abbrevs',
    'pg_timezone_names',
    'pg_trigger',
    'pg_type',
  ].map((name) => `pg_catalog.${name}`),
];

/** Columns of pg_proc without source text. */
const FUNCTION_COLUMNS: readonly string[] = [
  'oid',
  'proallargtypes',
  'proargmodes',
  'proargnames',
  'proargtypes',
  'prokind',
  'prolang',
  'proname',
  'pronamespace',
  'pronargs',
  'pronargdefaults',
  'proretset',
  'prorettype',
  'provariadic',
  'provolatile',
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
      kinds: [SET, BEGIN]
      settings: [transaction_isolation, transaction_deferrable]
  - id: settings
    effect: allow
    on: sql
    match:
      kinds: [SET, RESET]
      settings:
        - application_name
        - bytea_output
        - client_encoding
        - client_min_messages
        - datestyle
        - extra_float_digits
        - idle_in_transaction_session_timeout
        - intervalstyle
        - lock_timeout
        - standard_conforming_strings
        - statement_timeout
        - timezone
        - xmloption
  - id: show
    effect: allow
    on: sql
    match: { kinds: [SHOW] }
  - id: session-objects
    effect: allow
    on: sql
    match: { kinds: [DEALLOCATE, DISCARD, CLOSE, UNLISTEN] }
  - id: statements-and-cursors
    description: What they run is judged by its own facts.
    effect: allow
    on: sql
    match: { kinds: [PREPARE, EXECUTE, DECLARE, FETCH, MOVE, EXPLAIN] }
  - id: no-tables
    description: SELECT 1, SELECT version() and their like; functions off the safe list need a rule of their own.
    effect: allow
    on: sql
    match: { kinds: [SELECT] }
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
${CATALOGS.map((name) => `        - ${name}`).join('\n')}
  - id: catalog-functions
    description: Names and types of functions, not their source.
    effect: allow
    on: sql
    match:
      kinds: [SELECT]
      tables: [pg_catalog.pg_proc]
      columns:
${FUNCTION_COLUMNS.map((name) => `        - pg_catalog.pg_proc.${name}`).join('\n')}
`,
};
