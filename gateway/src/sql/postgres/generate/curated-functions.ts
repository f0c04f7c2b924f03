/**
 * Built-in functions that are not IMMUTABLE and still safe: no side effect beyond their result, and no access to
 * table data, other sessions, files, or the source text of views, rules, triggers and functions.
 *
 * Left out on purpose although STABLE, because they read data or run text as SQL: `table_to_xml`, `schema_to_xml`,
 * `database_to_xml` (and kin), `ts_stat`, `ts_rewrite`, `query_to_xml`, `cursor_to_xml`; because they show other
 * sessions: `pg_stat_get_*`, `pg_prepared_statement`, `pg_cursor`; because they show definitions, which may hold
 * secrets and are otherwise governed as columns of pg_proc, pg_rewrite and pg_trigger: `pg_get_viewdef`,
 * `pg_get_functiondef`, `pg_get_function_sqlbody`, `pg_get_ruledef`, `pg_get_triggerdef`; because they are dear or
 * wait: `pg_sleep*`, `pg_advisory_*`; because they consume something: `nextval`, `setval`, `txid_current`,
 * `pg_current_xact_id`; `setseed` changes the session.
 */
export const CURATED_SAFE: readonly string[] = words(`
  age clock_timestamp current_date date date_add date_part date_subtract date_trunc extract generate_series
  interval_pl_timestamptz isfinite make_timestamptz mxid_age now overlaps statement_timestamp time timeofday
  timestamp timestamptz timetz timezone to_char to_date to_number to_timestamp transaction_timestamp
  date_cmp_timestamptz date_eq_timestamptz date_ge_timestamptz date_gt_timestamptz date_le_timestamptz
  date_lt_timestamptz date_ne_timestamptz timestamp_cmp_timestamptz timestamp_eq_timestamptz
  timestamp_ge_timestamptz timestamp_gt_timestamptz timestamp_le_timestamptz timestamp_lt_timestamptz
  timestamp_ne_timestamptz timestamptz_cmp_date timestamptz_cmp_timestamp timestamptz_eq_date
  timestamptz_eq_timestamp timestamptz_ge_date timestamptz_ge_timestamp timestamptz_gt_date
  timestamptz_gt_timestamp timestamptz_le_date timestamptz_le_timestamp timestamptz_lt_date
  timestamptz_lt_timestamp timestamptz_mi_interval timestamptz_ne_date timestamptz_ne_timestamp
  timestamptz_pl_interval in_range

  anytextcat array_in array_out array_to_json array_to_string cash_in cash_out concat concat_ws convert
  convert_from convert_to date_in date_out domain_in enum_first enum_in enum_last enum_out enum_range format
  interval_in interval_out length money multirange_in multirange_out numeric quote_literal quote_nullable range_in
  range_out record_out record_send array_send textanycat time_in timestamp_in timestamp_out timestamptz_in
  timestamptz_out timetz_in array_sample array_shuffle

  json_agg json_agg_strict json_build_array json_build_object json_object_agg json_object_agg_strict
  json_object_agg_unique json_object_agg_unique_strict json_populate_record json_populate_recordset
  json_to_record json_to_recordset json_to_tsvector jsonb_agg jsonb_agg_strict jsonb_build_array
  jsonb_build_object jsonb_path_exists_tz jsonb_path_match_tz jsonb_path_query_array_tz jsonb_path_query_first_tz
  jsonb_path_query_tz jsonb_populate_record jsonb_populate_record_valid jsonb_populate_recordset jsonb_to_record
  jsonb_to_recordset jsonb_to_tsvector row_to_json to_json to_jsonb xml xml_is_well_formed

  get_current_ts_config phraseto_tsquery plainto_tsquery to_tsquery to_tsvector ts_debug ts_headline ts_match_tq
  ts_match_tt ts_parse ts_token_type websearch_to_tsquery

  gen_random_uuid random random_normal uuidv4 uuidv7

  current_catalog current_database current_role current_schema current_schemas current_setting current_user
  getdatabaseencoding getpgusername inet_client_addr inet_client_port inet_server_addr inet_server_port
  pg_backend_pid pg_client_encoding pg_conf_load_time pg_current_snapshot pg_current_xact_id_if_assigned
  pg_is_in_recovery pg_is_other_temp_schema pg_my_temp_schema pg_postmaster_start_time pg_trigger_depth
  pg_jit_available row_security_active session_user system_user txid_current_if_assigned txid_current_snapshot
  user version currval lastval

  aclexplode col_description format_type has_any_column_privilege has_column_privilege has_database_privilege
  has_foreign_data_wrapper_privilege has_function_privilege has_language_privilege has_parameter_privilege
  has_schema_privilege has_sequence_privilege has_server_privilege has_table_privilege has_tablespace_privilege
  has_type_privilege obj_description oidvectortypes pg_basetype pg_char_to_encoding pg_collation_for
  pg_collation_is_visible pg_column_compression pg_column_is_updatable pg_column_size pg_conversion_is_visible
  pg_describe_object pg_encoding_to_char pg_function_is_visible pg_get_constraintdef pg_get_expr
  pg_get_function_arg_default pg_get_function_arguments pg_get_function_identity_arguments pg_get_function_result
  pg_get_indexdef pg_get_keywords pg_get_partition_constraintdef pg_get_partkeydef pg_get_replica_identity_index
  pg_get_serial_sequence pg_get_statisticsobjdef pg_get_statisticsobjdef_columns pg_get_userbyid pg_has_role
  pg_identify_object pg_index_column_has_property pg_index_has_property pg_indexam_has_property
  pg_input_error_info pg_input_is_valid pg_opclass_is_visible pg_operator_is_visible pg_opfamily_is_visible
  pg_options_to_table pg_relation_is_publishable pg_relation_is_updatable pg_sequence_parameters
  pg_statistics_obj_is_visible pg_table_is_visible pg_ts_config_is_visible pg_ts_dict_is_visible
  pg_ts_parser_is_visible pg_ts_template_is_visible pg_type_is_visible pg_typeof shobj_description to_regclass
  to_regcollation to_regnamespace to_regoper to_regoperator to_regproc to_regprocedure to_regrole to_regtype
  to_regtypemod pg_database_size pg_indexes_size pg_relation_size pg_table_size pg_total_relation_size
  pg_partition_ancestors pg_partition_tree pg_get_catalog_foreign_keys pg_tablespace_location regclass
`);

function words(text: string): string[] {
  return text.split(/\s+/).filter((word) => word !== '');
}
