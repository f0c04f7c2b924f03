/**
 * What of the system catalogs the client baseline shows: definitions of objects, as far as they hold no data, secrets, code
 * or statistics of data. Names were checked against PostgreSQL 15 to 18; a view that a later server brings stays closed.
 */

/** Catalogs of pg_catalog that are shown whole: what ORMs, psql's `\d` commands and drivers' type look-ups read. */
const DEFINITIONS = `
  pg_aggregate pg_am pg_amop pg_amproc pg_attrdef pg_attribute pg_auth_members pg_cast pg_class pg_collation
  pg_constraint pg_conversion pg_database pg_default_acl pg_depend pg_description pg_enum pg_event_trigger pg_extension
  pg_foreign_data_wrapper pg_foreign_table pg_index pg_indexes pg_inherits pg_language pg_namespace pg_opclass
  pg_operator pg_opfamily pg_partitioned_table pg_policies pg_policy pg_publication pg_publication_namespace pg_publication_rel
  pg_range pg_sequence pg_settings pg_shdescription pg_statistic_ext pg_tables pg_tablespace pg_timezone_abbrevs
  pg_timezone_names pg_trigger pg_ts_config pg_ts_config_map pg_ts_dict pg_ts_parser pg_ts_template pg_type`;

/** Views of information_schema; each shows only what the account may see. Options of servers and user mappings are left out. */
const STANDARD_VIEWS = `
  administrable_role_authorizations applicable_roles attributes character_sets check_constraint_routine_usage
  check_constraints collation_character_set_applicability collations column_column_usage column_domain_usage
  column_options column_privileges column_udt_usage columns constraint_column_usage constraint_table_usage
  data_type_privileges domain_constraints domain_udt_usage domains element_types enabled_roles foreign_data_wrappers
  foreign_servers foreign_tables information_schema_catalog_name key_column_usage parameters referential_constraints
  role_column_grants role_routine_grants role_table_grants role_udt_grants role_usage_grants routine_column_usage
  routine_privileges routine_routine_usage routine_sequence_usage routine_table_usage schemata sequences sql_features
  sql_implementation_info sql_parts sql_sizing table_constraints table_privileges tables transforms
  triggered_update_columns triggers udt_privileges usage_privileges user_defined_types view_column_usage
  view_routine_usage view_table_usage`;

/** Relations that are shown but for some columns. */
const HIDDEN_COLUMNS: Readonly<Record<string, readonly string[]>> = {
  // The text of views.
  'pg_catalog.pg_matviews': ['definition'],
  'pg_catalog.pg_views': ['definition'],
  // How many rows there were.
  'pg_catalog.pg_sequences': ['last_value'],
  // The source of functions, and settings that go with them.
  'pg_catalog.pg_proc': ['probin', 'proconfig', 'prosqlbody', 'prosrc'],
  // Settings of roles: the place where some stacks keep signing keys.
  'pg_catalog.pg_roles': ['rolconfig'],
  'pg_catalog.pg_user': ['useconfig'],
  // The text of views and rules.
  'pg_catalog.pg_rewrite': ['ev_action', 'ev_qual'],
  // Addresses and options of other servers.
  'pg_catalog.pg_foreign_server': ['srvoptions'],
  'information_schema.routines': ['routine_definition'],
  'information_schema.views': ['view_definition'],
};

/** Relations that may be read whole. */
export const SHOWN_CATALOGS: readonly string[] = [
  ...words(DEFINITIONS).map((name) => `pg_catalog.${name}`),
  ...words(STANDARD_VIEWS).map((name) => `information_schema.${name}`),
];

/** Relations that may be read without {@link HIDDEN_CATALOG_COLUMNS}. */
export const PARTLY_SHOWN_CATALOGS: readonly string[] = Object.keys(HIDDEN_COLUMNS);

/** Columns that stay closed, and the whole rows that hold them. */
export const HIDDEN_CATALOG_COLUMNS: readonly string[] = Object.entries(HIDDEN_COLUMNS).flatMap(
  ([relation, columns]) => ['*', ...columns].map((column) => `${relation}.${column}`),
);

function words(text: string): string[] {
  return text.split(/\s+/).filter((word) => word !== '');
}
