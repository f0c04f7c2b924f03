import { UpstreamError } from './errors.ts';
import { IS_HARMLESS_ROUTINE } from './harmless-routine.ts';

/**
 * What of a database can stand in for a built-in function, an operator or a column, as of the login. Text does not
 * tell these apart: `lower(o)` may be a function of the database although pg_catalog has a `lower`, and `o.total` may
 * be a call of `total(o)` (PostgreSQL documentation, chapters 10.3 and 36.5.3).
 */
export interface ServerRoutines {
  /** Functions outside pg_catalog that share the name of a built-in one: name → schemas. */
  readonly functions: ReadonlyMap<string, readonly string[]>;
  /** As `functions`, for operators by symbol. */
  readonly operators: ReadonlyMap<string, readonly string[]>;
  /** Functions that may be called with a row as their only argument, so as if they were its columns: name → schemas. */
  readonly rowFunctions: ReadonlyMap<string, readonly string[]>;
  /** Columns with the name of a row function: `schema\0table\0column`. */
  readonly columns: ReadonlySet<string>;
  /** Names of functions that pg_catalog has and PostgreSQL did not bring along, as adminpack's `pg_file_write`. */
  readonly added: ReadonlySet<string>;
  /** Kinds of which there are more than the gateway takes in: of these everything is possible. */
  readonly tooMany: {
    readonly functions: boolean;
    readonly operators: boolean;
    readonly rowFunctions: boolean;
    readonly added: boolean;
  };
}

/** Most entries of each kind; a database has a few. Extra columns are dropped, which is the strict side. */
const MOST = 250;

/**
 * An SQL expression of type text: a JSON array of `[kind, schema, name, column]`. Functions and operators of extensions
 * that are harmless are left out: citext, PostGIS, pg_trgm and others overload `max`, `%` and `=`. So are operators that call an immutable function of pg_catalog. All names are qualified, so that no schema of the search path can answer in their place.
 */
export const ROUTINES_EXPRESSION: string = `(
  WITH own AS MATERIALIZED (
    SELECT p.oid, p.proname, p.prokind, p.pronargs, p.pronargdefaults, p.proargtypes, n.nspname,
           ${IS_HARMLESS_ROUTINE} AS is_harmless
      FROM pg_catalog.pg_proc p
      JOIN pg_catalog.pg_namespace n ON n.oid OPERATOR(pg_catalog.=) p.pronamespace
     WHERE n.nspname OPERATOR(pg_catalog.<>) ALL ('{pg_catalog,information_schema}'::pg_catalog.name[])
  ), row_functions AS MATERIALIZED (
    SELECT DISTINCT own.nspname, own.proname
      FROM own JOIN pg_catalog.pg_type t ON t.oid OPERATOR(pg_catalog.=) own.proargtypes[0]
     WHERE own.pronargs OPERATOR(pg_catalog.>) 0
       AND (own.pronargs OPERATOR(pg_catalog.-) own.pronargdefaults) OPERATOR(pg_catalog.<=) 1
       AND own.prokind OPERATOR(pg_catalog.=) ANY ('{f,a}'::pg_catalog."char"[])
       AND (t.typtype OPERATOR(pg_catalog.=) 'c'::pg_catalog."char" OR t.oid OPERATOR(pg_catalog.=) ANY (
              '{pg_catalog.record,pg_catalog.anyelement,"pg_catalog.\\"any\\"",pg_catalog.anynonarray,pg_catalog.anycompatible,pg_catalog.anycompatiblenonarray}'::pg_catalog.regtype[]::pg_catalog.oid[])
            OR EXISTS (SELECT FROM pg_catalog.pg_type b
                        WHERE b.oid OPERATOR(pg_catalog.=) t.typbasetype
                          AND b.typtype OPERATOR(pg_catalog.=) ANY ('{c,d}'::pg_catalog."char"[])))
     LIMIT ${MOST + 1}
  )
  SELECT pg_catalog.json_agg(pg_catalog.json_build_array(f.kind, f.place, f.name, f.field))::pg_catalog.text FROM (
    (SELECT DISTINCT 'function' AS kind, own.nspname AS place, own.proname AS name, NULL::pg_catalog.name AS field
       FROM own WHERE NOT own.is_harmless AND EXISTS (
         SELECT FROM pg_catalog.pg_proc b WHERE b.proname OPERATOR(pg_catalog.=) own.proname
            AND b.pronamespace OPERATOR(pg_catalog.=) 'pg_catalog'::pg_catalog.regnamespace)
      LIMIT ${MOST + 1})
    UNION ALL
    (SELECT DISTINCT 'added', 'pg_catalog', p.proname, NULL::pg_catalog.name
       FROM pg_catalog.pg_proc p
      WHERE p.pronamespace OPERATOR(pg_catalog.=) 'pg_catalog'::pg_catalog.regnamespace
        AND p.oid OPERATOR(pg_catalog.>=) 16384::pg_catalog.oid
      LIMIT ${MOST + 1})
    UNION ALL
    (SELECT DISTINCT 'operator', n.nspname, o.oprname, NULL::pg_catalog.name
       FROM pg_catalog.pg_operator o
       JOIN pg_catalog.pg_namespace n ON n.oid OPERATOR(pg_catalog.=) o.oprnamespace
      WHERE n.nspname OPERATOR(pg_catalog.<>) 'pg_catalog'::pg_catalog.name
        AND NOT EXISTS (SELECT FROM own WHERE own.oid OPERATOR(pg_catalog.=) o.oprcode AND own.is_harmless)
        AND NOT EXISTS (SELECT FROM pg_catalog.pg_proc p
                         WHERE p.oid OPERATOR(pg_catalog.=) o.oprcode
                           AND p.pronamespace OPERATOR(pg_catalog.=) 'pg_catalog'::pg_catalog.regnamespace
                           AND p.provolatile OPERATOR(pg_catalog.=) 'i'::pg_catalog."char")
        AND EXISTS (SELECT FROM pg_catalog.pg_operator b WHERE b.oprname OPERATOR(pg_catalog.=) o.oprname
                       AND b.oprnamespace OPERATOR(pg_catalog.=) 'pg_catalog'::pg_catalog.regnamespace)
      LIMIT ${MOST + 1})
    UNION ALL
    SELECT 'row', r.nspname, r.proname, NULL::pg_catalog.name FROM row_functions r
    UNION ALL
    (SELECT 'column', n.nspname, c.relname, a.attname
       FROM pg_catalog.pg_attribute a
       JOIN pg_catalog.pg_class c ON c.oid OPERATOR(pg_catalog.=) a.attrelid
       JOIN pg_catalog.pg_namespace n ON n.oid OPERATOR(pg_catalog.=) c.relnamespace
      WHERE EXISTS (SELECT FROM row_functions)
        AND a.attname OPERATOR(pg_catalog.=) ANY (ARRAY(SELECT r.proname FROM row_functions r))
        AND a.attnum OPERATOR(pg_catalog.>) 0 AND NOT a.attisdropped
        AND c.relkind OPERATOR(pg_catalog.=) ANY ('{r,v,m,f,p}'::pg_catalog."char"[])
      LIMIT ${MOST})
  ) f)`;

/** Reads the value of {@link ROUTINES_EXPRESSION}; SQL NULL stands for nothing found. */
export function parseRoutines(text: string | undefined): ServerRoutines {
  const found = text === undefined ? [] : readEntries(text);
  const functions = schemasByName(found, 'function');
  const operators = schemasByName(found, 'operator');
  const rowFunctions = schemasByName(found, 'row');
  const columns = found.flatMap(([kind, schema, name, field]) =>
    kind === 'column' && field !== null ? [`${schema}\0${name}\0${field}`] : [],
  );
  const isOver = (kind: string): boolean => found.filter((entry) => entry[0] === kind).length > MOST;
  return {
    functions,
    operators,
    rowFunctions,
    columns: new Set(columns),
    added: new Set(schemasByName(found, 'added').keys()),
    tooMany: {
      functions: isOver('function'),
      operators: isOver('operator'),
      rowFunctions: isOver('row'),
      added: isOver('added'),
    },
  };
}

type Entry = readonly [kind: string, schema: string, name: string, field: string | null];

function readEntries(text: string): readonly Entry[] {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    value = undefined;
  }
  if (!Array.isArray(value) || !value.every(isEntry)) {
    throw new UpstreamError('ERR_UPSTREAM_PROTOCOL', 'the server described its functions in another form');
  }
  return value;
}

function isEntry(value: unknown): value is Entry {
  if (!Array.isArray(value) || value.length !== 4) return false;
  const [kind, schema, name, field] = value as unknown[];
  const isText = [kind, schema, name].every((part) => typeof part === 'string');
  return isText && (field === null || typeof field === 'string');
}

function schemasByName(entries: readonly Entry[], kind: string): Map<string, readonly string[]> {
  const byName = new Map<string, readonly string[]>();
  for (const [of, schema, name] of entries) {
    if (of === kind) byName.set(name, [...(byName.get(name) ?? []), schema].sort());
  }
  return byName;
}
