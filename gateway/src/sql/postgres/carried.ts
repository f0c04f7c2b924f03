/** What views, functions and the server's own relations hand out of the columns of tables. */
import type { FunctionName, RelationName } from './names.ts';
import type { Walk } from './walk.ts';

const ANYTHING: readonly string[] = ['*'];
const NOTHING: readonly string[] = [];

/** Of pg_catalog: samples of all columns, texts of other sessions' statements, contents of large objects. */
export const TELLTALES: ReadonlySet<string> = new Set([
  'pg_largeobject',
  'pg_stat_activity',
  'pg_statistic',
  'pg_statistic_ext_data',
  'pg_stats',
  'pg_stats_ext',
  'pg_stats_ext_exprs',
]);

/** Of pg_catalog, beside those that the safe list holds: they hand out data of tables, of files or of other sessions. */
const TELLING_FUNCTIONS: ReadonlySet<string> = new Set([
  'cursor_to_xml',
  'database_to_xml',
  'database_to_xml_and_xmlschema',
  'lo_get',
  'loread',
  'pg_logical_slot_get_binary_changes',
  'pg_logical_slot_get_changes',
  'pg_logical_slot_peek_binary_changes',
  'pg_logical_slot_peek_changes',
  'pg_read_binary_file',
  'pg_read_file',
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

/** Records what a relation that is read or changed may hand out of others. */
export function noteRelation(walk: Walk, relation: RelationName): void {
  const known = relation.tables.flatMap((table) => walk.relations?.relation(table) ?? []);
  const carries =
    known.length > 0
      ? known.flatMap((one) => one.carries)
      : relation.candidates.flatMap(carriedUnknown(walk));
  walk.found.fields.carry({ dimension: 'tables', names: relation.tables }, carries);
}

type Candidate = RelationName['candidates'][number];

/** Without knowledge a relation may be a view of anything, but for those that each server brings along. */
function carriedUnknown(walk: Walk): (candidate: Candidate) => readonly string[] {
  return ([schema, name]) => {
    if (schema === 'information_schema') return NOTHING;
    const isOwn = schema === 'pg_catalog' && typeof name === 'string' && walk.names.isCatalogRelation(name);
    return isOwn && !TELLTALES.has(name) ? NOTHING : ANYTHING;
  };
}

/** Whether a function or operator may hand out anything: all that are not the server's own, and some that are. */
export function isTelling(name: FunctionName): boolean {
  const isOwn = name.builtin !== undefined && name.functions.length === 1;
  if (!isOwn) return true;
  const isOperator = !/^[a-z_]/.test(name.builtin);
  return isOperator ? !name.safe : TELLING_FUNCTIONS.has(name.builtin);
}
