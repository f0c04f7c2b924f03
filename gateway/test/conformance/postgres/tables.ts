/** Targets as tables `t_<target>`, and functions that read them. */
import { labelOf, markerOf, ROWS, type Target } from '../driver.ts';

const TABLES = ['open', 'forbidden', 'masked', 'detected', 'many', 'large', 'metered', 'held'] as const;

const rowsOf = (target: Target): number => (target === 'many' ? 100 : target === 'large' ? 10 : ROWS);

function wordOf(target: Target): string {
  const marker = `'${markerOf(target)}-' || i`;
  if (target === 'detected') return `${marker} || '@example.org'`;
  return target === 'large' ? `${marker} || repeat('x', 10000)` : marker;
}

function table(target: Target): string {
  return `
    CREATE TABLE t_${target} (id int PRIMARY KEY, label text NOT NULL, word text NOT NULL);
    INSERT INTO t_${target} SELECT i, '${labelOf(target)}-' || i, ${wordOf(target)} FROM generate_series(1, ${rowsOf(target)}) i;`;
}

/** Functions exist before the session begins, so that the gateway knows them. */
function reader(target: Target): string {
  return `
    CREATE FUNCTION read_${target}() RETURNS SETOF text STABLE LANGUAGE sql AS 'SELECT word FROM t_${target}';`;
}

/** What the superuser makes. Rows that features store have ids from {@link FIRST_STORED_ID}. */
export const TABLES_SQL: string = `
  ${TABLES.map(table).join('')}
  CREATE VIEW t_slow AS SELECT 1 AS id, '${labelOf('slow')}' AS label, '${markerOf('slow')}' || pg_sleep(60)::text AS word;
  ${[...TABLES, 'slow' as const].map(reader).join('')}
  CREATE FUNCTION tell(what text) RETURNS void VOLATILE LANGUAGE plpgsql
    AS $$ BEGIN RAISE NOTICE 'told: %', what; END $$;
  GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO app;`;

/** Rows that come from clients have ids from here on. */
export const FIRST_STORED_ID = 1000;
