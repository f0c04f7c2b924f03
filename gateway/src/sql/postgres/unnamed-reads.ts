/** Doors to the data of tables that the text does not name: whoever goes through one reads, for all we know, any table. */
import { WILDCARD } from '../qualified-name.ts';
import type { Findings } from './findings.ts';
import { allTables, type RelationName } from './names.ts';
import { STATISTICS } from './telltales.ts';

/** Of pg_catalog: they run text as SQL, or take a table, schema or cursor by a value. */
const FUNCTIONS: ReadonlySet<string> = new Set(
  [
    'cursor_to_xml',
    'cursor_to_xmlschema',
    'database_to_xml',
    'database_to_xml_and_xmlschema',
    'query_to_xml',
    'query_to_xml_and_xmlschema',
    'query_to_xmlschema',
    'schema_to_xml',
    'schema_to_xml_and_xmlschema',
    'table_to_xml',
    'table_to_xml_and_xmlschema',
    'ts_rewrite',
    'ts_stat',
  ].map((name) => `pg_catalog.${name}`),
);

/** A call of one of those functions. */
export function noteCall(found: Findings, functions: readonly string[]): void {
  if (!functions.some((name) => FUNCTIONS.has(name))) return;
  readAnything(found);
  found.carry(functions);
}

/** A read of that relation. */
export function noteRead(found: Findings, relation: RelationName): void {
  const isStatistics = relation.candidates.some(
    ([schema, name]) => schema === 'pg_catalog' && typeof name === 'string' && STATISTICS.has(name),
  );
  if (isStatistics) readAnything(found);
}

function readAnything(found: Findings): void {
  found.useColumn('SELECT', allTables(), WILDCARD);
}
