/** Policies of the bypass suites: what agents may do in the database of `fortress-schema.ts`. */

/** Believable and restrictive: what is not listed is denied by default, some of it once more by name. */
export const RESTRICTIVE: string = `apiVersion: sallyport.dev/v1
# Every attack is tried in many ways; its denial is read whole each time.
repeats: { after: 1000 }
freezes:
  - id: books-are-closed
    on: sql
    match: { kinds: [INSERT, UPDATE, DELETE, MERGE, TRUNCATE], tables: [public.ledger] }
    from: 2020-01-01
    until: 2999-12-31
    timezone: Europe/Berlin
    message: The books are closed. Ask finance.
rules:
  - { id: agents-connect, effect: allow, on: connect, match: { groups: [agents], resources: [shop], accounts: [app] } }
  - id: read-customers
    effect: allow
    on: sql
    match:
      groups: [agents]
      kinds: [SELECT]
      tables: [public.customers]
      columns: [public.customers.id, public.customers.name, public.customers.email]
  - id: read
    effect: allow
    on: sql
    match:
      groups: [agents]
      kinds: [SELECT]
      tables: [public.orders, public.support_messages, public.companies, public.ledger, analytics.*]
  - id: write-orders
    effect: allow
    on: sql
    match: { groups: [agents], kinds: [INSERT, UPDATE, DELETE, MERGE], tables: [public.orders, public.companies] }
  - id: write-ledger
    effect: allow
    on: sql
    match: { groups: [agents], kinds: [INSERT, UPDATE, DELETE], tables: [public.ledger] }
  - id: answer-support
    effect: allow
    on: sql
    match: { groups: [agents], kinds: [INSERT], tables: [public.support_messages] }
  - id: copy-orders
    effect: allow
    on: sql
    match: { groups: [agents], kinds: [COPY], tables: [public.orders] }
  - id: functions
    effect: allow
    on: sql
    match: { groups: [agents], kinds: [EXECUTE FUNCTION], functions: [public.order_total] }
  - id: old-exception
    effect: allow
    on: sql
    match: { groups: [agents], kinds: [SELECT], tables: [public.integration_tokens] }
    expires: 2021-06-30
  - id: bounded-writes
    effect: deny
    on: sql
    match: { kinds: [UPDATE, DELETE, MERGE] }
    when: "!sql.hasWhere"
    message: Add a WHERE on a key.
  - id: no-schema-changes
    effect: deny
    on: sql
    match: { classes: [ddl, dcl] }
    message: Schema changes go through a migration.
`;

/** The other style: everything is allowed but what is named. Its evasions are those of deny rules. */
export const DENY_LIST: string = `apiVersion: sallyport.dev/v1
# Every attack is tried in many ways; its denial is read whole each time.
repeats: { after: 1000 }
rules:
  - { id: agents-connect, effect: allow, on: connect, match: { groups: [agents] } }
  - { id: everything, effect: allow, on: sql, match: { groups: [agents] } }
  - id: no-tokens
    effect: deny
    on: sql
    match: { tables: [public.integration_tokens, secret.*, public.token_view] }
  - id: no-ssn
    effect: deny
    on: sql
    match: { columns: [public.customers.ssn] }
  - id: no-token-functions
    effect: deny
    on: sql
    match: { functions: [public.token_of, public.run_sql, public.wipe, pg_catalog.pg_read_file, pg_catalog.lo_get] }
  - id: bounded-writes
    effect: deny
    on: sql
    match: { kinds: [UPDATE, DELETE, MERGE] }
    when: "!sql.hasWhere"
  - id: no-destruction
    effect: deny
    on: sql
    match: { classes: [ddl, dcl], kinds: [DROP TABLE, DROP SCHEMA, ALTER TABLE, TRUNCATE] }
  - id: no-other-roles
    effect: deny
    on: sql
    match: { settings: [role, session_authorization] }
`;
