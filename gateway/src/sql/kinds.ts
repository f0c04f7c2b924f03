/** Classes of statements: the values of the dimension `classes`. */
export const SQL_CLASSES = [
  'read',
  'write',
  'ddl',
  'dcl',
  'tcl',
  'utility',
  'session',
  'copy',
  'code',
] as const;

/** One class of statement. */
export type SqlClass = (typeof SQL_CLASSES)[number];

/** Kinds that are not made of a verb and an object kind. */
export const PLAIN_KINDS = {
  SELECT: 'read',
  INSERT: 'write',
  UPDATE: 'write',
  DELETE: 'write',
  MERGE: 'write',
  TRUNCATE: 'write',
  'REFRESH MATERIALIZED VIEW': 'write',
  COPY: 'copy',
  'COPY FILE': 'code',
  'COPY PROGRAM': 'code',
  CALL: 'code',
  DO: 'code',
  'EXECUTE FUNCTION': 'code',
  'FUNCTION CALL': 'code',
  LOAD: 'code',
  EXPLAIN: 'utility',
  LOCK: 'utility',
  VACUUM: 'utility',
  ANALYZE: 'utility',
  CLUSTER: 'utility',
  REINDEX: 'utility',
  CHECKPOINT: 'utility',
  LISTEN: 'utility',
  UNLISTEN: 'utility',
  NOTIFY: 'utility',
  EMPTY: 'utility',
  PREPARE: 'session',
  EXECUTE: 'session',
  DEALLOCATE: 'session',
  DECLARE: 'session',
  FETCH: 'session',
  MOVE: 'session',
  CLOSE: 'session',
  SET: 'session',
  RESET: 'session',
  'RESET ALL': 'session',
  SHOW: 'session',
  DISCARD: 'session',
  BEGIN: 'tcl',
  COMMIT: 'tcl',
  ROLLBACK: 'tcl',
  SAVEPOINT: 'tcl',
  RELEASE: 'tcl',
  'ROLLBACK TO': 'tcl',
  'PREPARE TRANSACTION': 'tcl',
  'COMMIT PREPARED': 'tcl',
  'ROLLBACK PREPARED': 'tcl',
  'SET CONSTRAINTS': 'tcl',
  GRANT: 'dcl',
  REVOKE: 'dcl',
  'GRANT ROLE': 'dcl',
  'REVOKE ROLE': 'dcl',
  'ALTER DEFAULT PRIVILEGES': 'dcl',
  'REASSIGN OWNED': 'dcl',
  'DROP OWNED': 'dcl',
  'CREATE ROLE': 'dcl',
  'ALTER ROLE': 'dcl',
  'DROP ROLE': 'dcl',
  'SECURITY LABEL': 'dcl',
  COMMENT: 'ddl',
  REFERENCES: 'ddl',
  'IMPORT FOREIGN SCHEMA': 'ddl',
  'ALTER SYSTEM': 'code',
  UNKNOWN: 'code',
} as const;

/** Object kinds that CREATE, ALTER and DROP name; each gives three kinds of statement. */
export const OBJECT_KINDS = [
  'ACCESS METHOD',
  'AGGREGATE',
  'CAST',
  'COLLATION',
  'CONVERSION',
  'DATABASE',
  'DOMAIN',
  'EVENT TRIGGER',
  'EXTENSION',
  'FOREIGN DATA WRAPPER',
  'FOREIGN TABLE',
  'FUNCTION',
  'INDEX',
  'LANGUAGE',
  'LARGE OBJECT',
  'MATERIALIZED VIEW',
  'OPERATOR',
  'OPERATOR CLASS',
  'OPERATOR FAMILY',
  'PARAMETER',
  'POLICY',
  'PROCEDURE',
  'PUBLICATION',
  'RULE',
  'SCHEMA',
  'SEQUENCE',
  'SERVER',
  'STATISTICS',
  'SUBSCRIPTION',
  'TABLE',
  'TABLESPACE',
  'TEXT SEARCH CONFIGURATION',
  'TEXT SEARCH DICTIONARY',
  'TEXT SEARCH PARSER',
  'TEXT SEARCH TEMPLATE',
  'TRANSFORM',
  'TRIGGER',
  'TYPE',
  'USER MAPPING',
  'VIEW',
] as const;

/** One object kind of DDL. */
export type SqlObjectKind = (typeof OBJECT_KINDS)[number];

/** A statement kind: the vocabulary of the dimension `kinds`. */
export type SqlKind = keyof typeof PLAIN_KINDS | `${'CREATE' | 'ALTER' | 'DROP'} ${SqlObjectKind}`;

/** All kinds, for the vocabulary of the family. */
export const SQL_KINDS: readonly string[] = [
  ...Object.keys(PLAIN_KINDS),
  ...OBJECT_KINDS.flatMap((object) => [`CREATE ${object}`, `ALTER ${object}`, `DROP ${object}`]),
];

/** DDL on these installs or points to code that the server will run. */
const CODE_OBJECTS: ReadonlySet<string> = new Set<SqlObjectKind>([
  'ACCESS METHOD',
  'AGGREGATE',
  'CAST',
  'CONVERSION',
  'EVENT TRIGGER',
  'EXTENSION',
  'FOREIGN DATA WRAPPER',
  'FUNCTION',
  'LANGUAGE',
  'OPERATOR',
  'OPERATOR CLASS',
  'OPERATOR FAMILY',
  'PROCEDURE',
  'RULE',
  'SUBSCRIPTION',
  'TRANSFORM',
  'TRIGGER',
]);

/** Access control by DDL: who sees which rows, and how the gateway's account maps elsewhere. */
const CONTROL_OBJECTS: ReadonlySet<string> = new Set<SqlObjectKind>(['POLICY', 'USER MAPPING']);

/** Classes of a kind. DDL that brings code in is both `ddl` and `code`: an allow rule must cover both. */
export function classesOf(kind: SqlKind): readonly SqlClass[] {
  const plain = (PLAIN_KINDS as Readonly<Record<string, SqlClass>>)[kind];
  if (kind === 'ALTER SYSTEM') return ['utility', 'code'];
  if (plain !== undefined) return [plain];
  const space = kind.indexOf(' ');
  const object = kind.slice(space + 1);
  if (CONTROL_OBJECTS.has(object)) return ['ddl', 'dcl'];
  return CODE_OBJECTS.has(object) && !kind.startsWith('DROP') ? ['ddl', 'code'] : ['ddl'];
}
