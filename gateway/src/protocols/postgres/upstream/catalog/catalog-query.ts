/**
 * One query for everything that masks have to know of a database. It yields one text column: a JSON array a row, whose
 * first element tells what the row is ({@link CatalogRow}). All names and operators are qualified, so that no schema of
 * the search path can answer in their place.
 */

import { TELLING_FUNCTIONS } from '../../../../sql/postgres/telltales.ts';
import { IS_HARMLESS_ROUTINE } from '../harmless-routine.ts';

/** Most rows of each kind; with more the catalog is not used at all, and masks fail closed. */
export const MOST_ROWS = 20_000;

const EQ = 'OPERATOR(pg_catalog.=)';
const NE = 'OPERATOR(pg_catalog.<>)';
const GT = 'OPERATOR(pg_catalog.>)';
const GE = 'OPERATOR(pg_catalog.>=)';

/** Beside user relations: row types of composite types. TOAST tables and indexes have no columns to mask. */
const KINDS = `c.relkind ${EQ} ANY ('{r,p,v,m,f,c,S}'::pg_catalog."char"[])`;
/** What initdb makes has lower oids (FirstNormalObjectId); what users make in system schemas has not. */
const IS_USERS = `${GE} 16384`;
const LIMIT = `LIMIT ${MOST_ROWS + 1}`;

const RELATIONS = `
  SELECT pg_catalog.json_build_array('relation', c.oid::pg_catalog.int8, n.nspname, c.relname, c.relkind, c.relispartition, (
      SELECT pg_catalog.json_agg(pg_catalog.json_build_array(a.attnum, a.attname, a.atttypid::pg_catalog.int8, a.attgenerated ${NE} ''::pg_catalog."char")
               ORDER BY a.attnum)
        FROM pg_catalog.pg_attribute a
       WHERE a.attrelid ${EQ} c.oid AND a.attnum ${GT} 0 AND NOT a.attisdropped))
    FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid ${EQ} c.relnamespace
   WHERE ${KINDS} AND c.oid ${IS_USERS} AND c.relpersistence ${NE} 't'::pg_catalog."char" ${LIMIT}`;

const PARENTS = `
  SELECT pg_catalog.json_build_array('parent', i.inhrelid::pg_catalog.int8, i.inhparent::pg_catalog.int8)
    FROM pg_catalog.pg_inherits i JOIN pg_catalog.pg_class c ON c.oid ${EQ} i.inhrelid
   WHERE ${KINDS} ${LIMIT}`;

/** Columns and relations that rewrite rules read: those of views, and others. */
const READS = `
  SELECT pg_catalog.json_build_array('reads', r.ev_class::pg_catalog.int8, d.refobjid::pg_catalog.int8, d.refobjsubid, n.nspname, c.relname)
    FROM pg_catalog.pg_rewrite r
    JOIN pg_catalog.pg_depend d ON d.classid ${EQ} 'pg_catalog.pg_rewrite'::pg_catalog.regclass AND d.objid ${EQ} r.oid
     AND d.refclassid ${EQ} 'pg_catalog.pg_class'::pg_catalog.regclass AND d.refobjid ${NE} r.ev_class
    JOIN pg_catalog.pg_class c ON c.oid ${EQ} d.refobjid
    JOIN pg_catalog.pg_namespace n ON n.oid ${EQ} c.relnamespace
   WHERE r.ev_class ${IS_USERS}
   GROUP BY r.ev_class, d.refobjid, d.refobjsubid, n.nspname, c.relname ${LIMIT}`;

/** Rules that call functions which may read anything. Harmless ones of extensions are left out, as in server-routines. */
const CALLS = `
  SELECT pg_catalog.json_build_array('calls', r.ev_class::pg_catalog.int8)
    FROM pg_catalog.pg_rewrite r
   WHERE r.ev_class ${IS_USERS} AND (EXISTS (
           SELECT FROM pg_catalog.pg_depend d JOIN pg_catalog.pg_proc p ON p.oid ${EQ} d.refobjid
            WHERE d.classid ${EQ} 'pg_catalog.pg_rewrite'::pg_catalog.regclass AND d.objid ${EQ} r.oid
              AND d.refclassid ${EQ} 'pg_catalog.pg_proc'::pg_catalog.regclass
              AND NOT ${IS_HARMLESS_ROUTINE})
      OR r.ev_action::pg_catalog.text OPERATOR(pg_catalog.~) (
           SELECT ':funcid (' OPERATOR(pg_catalog.||) pg_catalog.string_agg(p.oid::pg_catalog.text, '|') OPERATOR(pg_catalog.||) ') '
             FROM pg_catalog.pg_proc p
            WHERE p.pronamespace ${EQ} 'pg_catalog'::pg_catalog.regnamespace
              AND p.proname ${EQ} ANY ('{${[...TELLING_FUNCTIONS].join(',')}}'::pg_catalog.name[])))
   GROUP BY r.ev_class ${LIMIT}`;

/** Columns of which generated ones are made. The dependency is the default's, before version 15 the column's own. */
const GENERATED = `
  SELECT pg_catalog.json_build_array('generated', a.attrelid::pg_catalog.int8, a.attnum, d.refobjsubid)
    FROM pg_catalog.pg_attribute a
    JOIN pg_catalog.pg_attrdef f ON f.adrelid ${EQ} a.attrelid AND f.adnum ${EQ} a.attnum
    JOIN pg_catalog.pg_depend d ON d.refclassid ${EQ} 'pg_catalog.pg_class'::pg_catalog.regclass
     AND d.refobjid ${EQ} a.attrelid AND d.refobjsubid ${GT} 0 AND d.refobjsubid ${NE} a.attnum
     AND ((d.classid ${EQ} 'pg_catalog.pg_attrdef'::pg_catalog.regclass AND d.objid ${EQ} f.oid)
       OR (d.classid ${EQ} 'pg_catalog.pg_class'::pg_catalog.regclass AND d.objid ${EQ} a.attrelid AND d.objsubid ${EQ} a.attnum))
   WHERE a.attgenerated ${NE} ''::pg_catalog."char" AND a.attrelid ${IS_USERS}
   GROUP BY a.attrelid, a.attnum, d.refobjsubid ${LIMIT}`;

const TYPES = `
  SELECT pg_catalog.json_build_array('type', t.oid::pg_catalog.int8, t.typtype, t.typname, t.typbasetype::pg_catalog.int8,
           CASE WHEN t.typcategory ${EQ} 'A'::pg_catalog."char" AND t.typlen ${EQ} -1::pg_catalog.int2 THEN t.typelem::pg_catalog.int8 ELSE 0::pg_catalog.int8 END,
           t.typdelim, t.typrelid::pg_catalog.int8)
    FROM pg_catalog.pg_type t WHERE t.oid ${IS_USERS} ${LIMIT}`;

/** Unique keys that hold for every row at every moment. */
const KEYS = `
  SELECT pg_catalog.json_build_array('key', i.indrelid::pg_catalog.int8, i.indnkeyatts,
           pg_catalog.array_to_json(i.indkey::pg_catalog.int2[]))
    FROM pg_catalog.pg_index i
   WHERE i.indisunique AND i.indimmediate AND i.indisvalid AND i.indpred IS NULL AND i.indexprs IS NULL
     AND i.indrelid ${IS_USERS} ${LIMIT}`;

/**
 * What the views are made of that are one plain SELECT over relations and joins (one QUERY node, range table entries of the kinds
 * 0 and 2): columns that are columns of a relation handed on (a Var with an origin, not sorted, grouped or made distinct by), and
 * all other Vars. Names inside of a stored tree have their spaces and braces escaped, so that none can look like a node. What
 * joins repeat of their sides is left out. Columns are picked by position: with captures the server takes milliseconds for each.
 */
const SIMPLE_VIEWS = `
  SELECT r.ev_class AS oid, pg_catalog.regexp_replace(r.ev_action::pg_catalog.text, ':joinaliasvars \\((\\{VAR [^{}]*\\} ?)*\\)', '', 'g') AS tree
    FROM pg_catalog.pg_rewrite r JOIN pg_catalog.pg_class c ON c.oid ${EQ} r.ev_class
   WHERE r.ev_class ${IS_USERS} AND r.ev_type ${EQ} '1'::pg_catalog."char" AND c.relkind ${EQ} ANY ('{v,m}'::pg_catalog."char"[])
     AND pg_catalog.length(r.ev_action::pg_catalog.text) OPERATOR(pg_catalog.<) 200000
     AND r.ev_action::pg_catalog.text OPERATOR(pg_catalog.!~) '\\{QUERY .*\\{QUERY '
     AND r.ev_action::pg_catalog.text OPERATOR(pg_catalog.!~) ':rtekind [13-9]|:varlevelsup [1-9]|:varno -'`;

const TREES = `
  SELECT pg_catalog.json_build_array('tree', s.oid::pg_catalog.int8, (
      SELECT pg_catalog.json_agg(m.m[1]::pg_catalog.int8) FROM pg_catalog.regexp_matches(s.tree, ':rtekind [02](?: :relid (\\d+))?', 'g') AS m(m)), (
      SELECT pg_catalog.json_agg(pg_catalog.json_build_array(
               pg_catalog.split_part(e.e, ' ', 4)::pg_catalog.int8,
               pg_catalog.split_part(e.e, ' ', 6)::pg_catalog.int8,
               pg_catalog.split_part(pg_catalog.split_part(e.e, '} :resno ', 2), ' ', 1)::pg_catalog.int8))
        FROM pg_catalog.unnest((pg_catalog.string_to_array(s.tree, '{TARGETENTRY '))[2:]) AS e(e)
       WHERE e.e OPERATOR(pg_catalog.~) '^:expr \\{VAR :varno \\d+ :varattno [1-9]\\d* [^{}]*\\} :resno \\d+ :resname [^{}]* :ressortgroupref 0 :resorigtbl [1-9]\\d* :resorigcol \\d+ :resjunk false\\}'), (
      SELECT pg_catalog.json_agg(pg_catalog.json_build_array(m.m[1]::pg_catalog.int8, m.m[2]::pg_catalog.int8))
        FROM pg_catalog.regexp_matches(s.tree, '\\{VAR :varno (\\d+) :varattno (-?\\d+) ', 'g') AS m(m)))
    FROM (${SIMPLE_VIEWS}) s ${LIMIT}`;

const PARTS = [RELATIONS, PARENTS, READS, CALLS, GENERATED, TYPES, KEYS, TREES];

/** The query; in a result of one text column. */
export const CATALOG_QUERY: string = `SELECT q.line::pg_catalog.text FROM (${PARTS.map((part) => `(${part})`).join(' UNION ALL ')}) AS q(line)`;
