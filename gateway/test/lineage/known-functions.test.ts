/**
 * The lists of PostgreSQL's own functions are held against pg_proc of real servers: what is there and not on a list would be
 * nobody's function; what is on the list of safe ones has to be safe. Functions of extensions are on no list.
 */
import { beforeAll, describe, expect, it } from 'vitest';
import { toKnownRoutines } from '../../src/protocols/postgres/facts/routines.ts';
import { parseRoutines, ROUTINES_EXPRESSION } from '../../src/protocols/postgres/upstream/server-routines.ts';
import { SAFE_OPERATORS } from '../../src/sql/postgres/builtin-functions.generated.ts';
import { CURATED_SAFE } from '../../src/sql/postgres/generate/curated-functions.ts';
import { FUNCTIONS, OPERATORS } from '../../src/sql/postgres/generate/function-catalog.ts';
import { Names } from '../../src/sql/postgres/names.ts';
import type { ServerOrigin } from '../e2e/upstream/cluster.ts';
import { useRealUpstream } from '../e2e/upstream/real-upstream.ts';

/** Safe although each call may give another value: clocks, random numbers, numbers of the session's own. */
const SAFE_AND_VOLATILE: ReadonlySet<string> = new Set(
  `array_sample array_shuffle pg_jit_available clock_timestamp currval gen_random_uuid lastval pg_conf_load_time pg_is_in_recovery
   pg_database_size pg_indexes_size pg_relation_size pg_table_size pg_total_relation_size pg_partition_ancestors
   pg_partition_tree random random_normal timeofday uuidv4 uuidv7`.split(/\s+/),
);

/** Of extensions, with what they do to whoever does not know them. None may pass for a function that is known. */
const DANGEROUS: Readonly<Record<string, readonly string[]>> = {
  adminpack: ['pg_file_write', 'pg_file_rename', 'pg_file_unlink', 'pg_logdir_ls'],
  dblink: ['dblink', 'dblink_connect', 'dblink_exec', 'dblink_send_query'],
  lo: ['lo_manage', 'lo_oid'],
  pageinspect: ['get_raw_page', 'heap_page_items', 'bt_page_items'],
  pg_buffercache: ['pg_buffercache_pages'],
  pg_prewarm: ['pg_prewarm'],
  pg_stat_statements: ['pg_stat_statements', 'pg_stat_statements_reset'],
  pg_surgery: ['heap_force_kill'],
  pgcrypto: ['crypt', 'pgp_sym_decrypt'],
  pgrowlocks: ['pgrowlocks'],
  pgstattuple: ['pgstattuple'],
  postgres_fdw: ['postgres_fdw_disconnect_all', 'postgres_fdw_get_connections'],
  tablefunc: ['crosstab', 'connectby', 'normal_rand'],
  'uuid-ossp': ['uuid_generate_v4'],
  xml2: ['xpath_table', 'xslt_process'],
};

/** Contrib modules whose functions share names with PostgreSQL's own, or do harm. */
const EXTENSIONS = [
  ...Object.keys(DANGEROUS),
  ...['citext', 'file_fdw', 'fuzzystrmatch', 'hstore', 'intarray', 'ltree', 'pg_trgm', 'unaccent'],
];

const OF_EXTENSIONS = `SELECT DISTINCT e.extname::text AS extension, p.proname::text AS name,
  n.nspname::text AS schema, p.provolatile::text AS volatility FROM pg_proc p
  JOIN pg_depend d ON d.classid = 'pg_proc'::regclass AND d.objid = p.oid AND d.deptype = 'e'
  JOIN pg_extension e ON e.oid = d.refobjid JOIN pg_namespace n ON n.oid = p.pronamespace WHERE p.oid >= 16384`;

const texts = (rows: readonly Record<string, unknown>[], column: string): readonly string[] =>
  rows.map((row) => String(row[column]));

describe.each<ServerOrigin>(['npm', 'debian'])('functions of a server (from %s)', (origin) => {
  const upstream = useRealUpstream(origin);
  let bare: Names;
  beforeAll(() => {
    if (upstream.isStarted()) bare = new Names(['public'], upstream.cluster().major);
  });

  it('P3: all that SQL can call are classified for this major', async () => {
    const names = texts(await upstream.cluster().sql(FUNCTIONS), 'name');
    expect(names.length).toBeGreaterThan(2_000);
    const unknown = names.filter((name) => bare.function([name])?.builtin !== name);
    expect(unknown, 'new functions: run generate/function-lists.ts and decide').toEqual([]);
  });

  it('P3: the safe ones are IMMUTABLE in all their forms, or were decided on by name', async () => {
    const curated = new Set(CURATED_SAFE);
    const rows = await upstream.cluster().sql(FUNCTIONS);
    const safe = rows.filter(({ name }) => bare.function([String(name)])?.safe === true);
    expect(safe.length).toBeGreaterThan(1_500);
    expect(
      texts(
        safe.filter(({ name, immutable }) => immutable !== true && !curated.has(String(name))),
        'name',
      ),
    ).toEqual([]);
  });

  it('P3: no safe one is kept from PUBLIC, written in another language, or volatile without a reason', async () => {
    const rows = await upstream.cluster().sql(`SELECT p.proname::text AS name, l.lanname::text AS language,
      p.provolatile = 'v' AS volatile, NOT has_function_privilege('plain', p.oid, 'EXECUTE') AS kept
      FROM pg_proc p JOIN pg_language l ON l.oid = p.prolang WHERE p.pronamespace = 'pg_catalog'::regnamespace`);
    const safe = rows.filter(({ name }) => bare.function([String(name)])?.safe === true);
    const odd = safe.filter(
      ({ name, language, volatile, kept }) =>
        kept !== false ||
        !['internal', 'c', 'sql'].includes(String(language)) ||
        (volatile === true && !SAFE_AND_VOLATILE.has(String(name))),
    );
    expect([...new Set(texts(odd, 'name'))]).toEqual([]);
  });

  it('P3: operators that count as safe call nothing but safe functions', async () => {
    const symbols = new Set(SAFE_OPERATORS.split(/\s+/));
    const rows = await upstream.cluster().sql(OPERATORS);
    const odd = rows.filter(
      ({ symbol, functions }) =>
        symbols.has(String(symbol)) &&
        !(functions as readonly string[]).every((name) => bare.function([name])?.safe === true),
    );
    expect(odd).toEqual([]);
  });

  describe('with extensions', () => {
    let names: Names;
    let installed: readonly string[];
    beforeAll(async () => {
      if (!upstream.isStarted()) return;
      const { sql, major } = upstream.cluster();
      const offered = new Set(texts(await sql('SELECT name FROM pg_available_extensions'), 'name'));
      installed = EXTENSIONS.filter((name) => offered.has(name));
      await sql(installed.map((name) => `CREATE EXTENSION IF NOT EXISTS "${name}"`).join(';'));
      await sql(`SET allow_system_table_mods = on;
        CREATE FUNCTION pg_catalog.brand_new(text) RETURNS text LANGUAGE sql AS 'SELECT $1';
        CREATE FUNCTION pg_catalog.md5(int) RETURNS text LANGUAGE sql AS 'SELECT $1::text'`);
      const [row] = await sql(`SELECT ${ROUTINES_EXPRESSION} AS told`);
      names = new Names(['public'], major, toKnownRoutines(parseRoutines(String(row?.['told']))).catalog);
    });

    it('P3: none of theirs is safe but what overloads a safe one and is IMMUTABLE', async () => {
      const rows = await upstream.cluster().sql(OF_EXTENSIONS);
      expect(rows.length).toBeGreaterThan(300);
      const odd = rows.filter(({ name, schema, volatility }) => {
        const bareName = names.function([String(name)]);
        const full = names.function([String(schema), String(name)]);
        return full?.safe !== false || (bareName?.safe === true && volatility !== 'i');
      });
      expect(odd).toEqual([]);
    });

    it('P3: those that run text, read files or reach elsewhere are not taken for others', () => {
      expect(installed.length).toBeGreaterThan(15);
      for (const extension of installed)
        for (const name of DANGEROUS[extension] ?? []) {
          const place = extension === 'adminpack' ? ['pg_catalog', 'public'] : ['public'];
          expect(names.function([name]), name).toEqual({
            functions: place.map((schema) => `${schema}.${name}`),
            safe: false,
            builtin: undefined,
          });
        }
    });

    it('P3: what is new in pg_catalog is unknown, also under a name that is known', () => {
      for (const name of ['brand_new', 'md5']) {
        const unknown = { safe: false, builtin: undefined };
        const both = [`pg_catalog.${name}`, `public.${name}`];
        expect(names.function([name])).toEqual({ functions: both, ...unknown });
        expect(names.function(['pg_catalog', name])).toEqual({
          functions: [`pg_catalog.${name}`],
          ...unknown,
        });
      }
      expect(names.function(['lower'])?.safe).toBe(true);
    });
  });
});
