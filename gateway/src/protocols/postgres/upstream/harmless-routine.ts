/**
 * Extensions whose STABLE functions read settings, dictionaries and nothing else. Others' may run text that they are
 * given: `crosstab` and `connectby` of tablefunc, `xpath_table` of xml2, `ST_FindExtent` of PostGIS.
 */
const READ_NO_TABLES = 'pg_trgm,unaccent';

/**
 * An SQL condition on `p`, a row of pg_proc: a function of an extension that gives a value and reaches no data of tables. It is
 * IMMUTABLE, and not SECURITY DEFINER. All names are qualified, so that no schema of the search path can answer in their place.
 */
export const IS_HARMLESS_ROUTINE: string = `(NOT p.prosecdef AND p.provolatile OPERATOR(pg_catalog.<>) 'v'::pg_catalog."char" AND EXISTS (
  SELECT FROM pg_catalog.pg_depend harmless_d
    JOIN pg_catalog.pg_extension harmless_x ON harmless_x.oid OPERATOR(pg_catalog.=) harmless_d.refobjid
   WHERE harmless_d.classid OPERATOR(pg_catalog.=) 'pg_catalog.pg_proc'::pg_catalog.regclass
     AND harmless_d.objid OPERATOR(pg_catalog.=) p.oid
     AND harmless_d.refclassid OPERATOR(pg_catalog.=) 'pg_catalog.pg_extension'::pg_catalog.regclass
     AND harmless_d.deptype OPERATOR(pg_catalog.=) 'e'::pg_catalog."char"
     AND (p.provolatile OPERATOR(pg_catalog.=) 'i'::pg_catalog."char"
       OR harmless_x.extname OPERATOR(pg_catalog.=) ANY ('{${READ_NO_TABLES}}'::pg_catalog.name[]))))`;
