/**
 * What a server has in pg_catalog: the queries by which the lists of functions are made, and held against servers.
 */

/** `name`, `immutable`: every function that SQL can call, and whether all of that name are IMMUTABLE and no internal ones of the server. */
export const FUNCTIONS: string = `
  SELECT proname AS name, bool_and(provolatile = 'i' AND prolang <> 0
    AND NOT 'internal'::regtype = ANY (proargtypes)) AS immutable
  FROM pg_catalog.pg_proc WHERE pronamespace = 'pg_catalog'::regnamespace
    AND prorettype <> ALL ('{internal,trigger,event_trigger,language_handler,index_am_handler}'::regtype[])
    AND ('internal'::regtype <> ALL (proargtypes) OR pronargs = 0)
  GROUP BY 1 ORDER BY 1`;

/** `symbol`, `functions`: operators, with the names of what they call. */
export const OPERATORS: string = `
  SELECT oprname AS symbol, array_agg(DISTINCT p.proname::text) AS functions
  FROM pg_catalog.pg_operator o JOIN pg_catalog.pg_proc p ON p.oid = o.oprcode
  WHERE oprnamespace = 'pg_catalog'::regnamespace GROUP BY 1 ORDER BY 1`;
