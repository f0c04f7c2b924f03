/** What each server brings along that hands out data of tables, of files or of other sessions. Of pg_catalog, by name. */

/** Relations that hold samples of the values of all tables. */
export const STATISTICS: ReadonlySet<string> = new Set([
  'pg_statistic',
  'pg_statistic_ext_data',
  'pg_stats',
  'pg_stats_ext',
  'pg_stats_ext_exprs',
]);

/** Relations: those samples, texts of other sessions' statements, contents of large objects. */
export const TELLTALES: ReadonlySet<string> = new Set([...STATISTICS, 'pg_largeobject', 'pg_stat_activity']);

/** Functions, beside those that the safe list holds. A view that calls one may hand out anything as well. */
export const TELLING_FUNCTIONS: ReadonlySet<string> = new Set([
  'cursor_to_xml',
  'database_to_xml',
  'database_to_xml_and_xmlschema',
  'lo_get',
  'loread',
  'pg_logical_slot_get_binary_changes',
  'pg_logical_slot_get_changes',
  'pg_logical_slot_peek_binary_changes',
  'pg_logical_slot_peek_changes',
  'pg_mcv_list_items',
  'pg_read_binary_file',
  'pg_read_file',
  'pg_read_file_old',
  'pg_stat_get_activity',
  'pg_stat_get_backend_activity',
  'query_to_xml',
  'query_to_xml_and_xmlschema',
  'schema_to_xml',
  'schema_to_xml_and_xmlschema',
  'table_to_xml',
  'table_to_xml_and_xmlschema',
  'ts_rewrite',
  'ts_stat',
]);
