/** What PostgreSQL drivers and tools send by themselves; a preset, so that a policy can switch it off. */
import type { PolicyPreset } from '../../policy/preset.ts';

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
    effect: allow
    on: sql
    match:
      kinds: [SELECT]
      tables:
        - information_schema.*
`,
};
