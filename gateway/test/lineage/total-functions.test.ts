/**
 * The list of functions that cannot fail is held against real servers: each is there, is what the list takes it for, and
 * gives a value for whatever value it gets.
 */
import { beforeAll, describe, expect, it } from 'vitest';
import { PART_FUNCTIONS, TOTAL_FUNCTIONS } from '../../src/sql/postgres/total-functions.ts';
import type { ServerOrigin } from '../e2e/upstream/cluster.ts';
import { useRealUpstream } from '../e2e/upstream/real-upstream.ts';
import { CALLS, VALUES } from './cases/total-calls.ts';

const NAMES = [...TOTAL_FUNCTIONS.keys(), ...PART_FUNCTIONS.keys()];

/** Runs a text and gives the words of its failure. */
const FAILURE_OF = `CREATE FUNCTION failure_of(what text) RETURNS text LANGUAGE plpgsql AS $$
  BEGIN EXECUTE what; RETURN NULL; EXCEPTION WHEN OTHERS THEN RETURN SQLSTATE || ' ' || SQLERRM; END $$`;

function quoted(text: string): string {
  return `'${text.replaceAll("'", "''")}'`;
}

describe.each<ServerOrigin>(['npm', 'debian'])('functions that cannot fail (server from %s)', (origin) => {
  const upstream = useRealUpstream(origin);
  beforeAll(async () => {
    if (upstream.isStarted()) await upstream.cluster().sql(FAILURE_OF);
  });

  it('P5: are PostgreSQL’s own, change nothing and give one value', async () => {
    const rows = await upstream.cluster().sql(`SELECT p.proname::text AS name, l.lanname::text AS language,
      p.provolatile::text AS volatility, p.proretset AS "isSet" FROM pg_proc p JOIN pg_language l ON l.oid = p.prolang
      WHERE p.pronamespace = 'pg_catalog'::regnamespace AND p.proname IN (${NAMES.map(quoted).join(', ')})`);
    const found = new Set(rows.map(({ name }) => name));
    // Since PostgreSQL 16.
    const missing = NAMES.filter((name) => !found.has(name) && name !== 'any_value');
    expect(missing).toEqual([]);
    const odd = rows.filter(
      ({ language, volatility, isSet }) =>
        isSet !== false ||
        !['i', 's'].includes(String(volatility)) ||
        !['internal', 'sql'].includes(String(language)),
    );
    expect(odd).toEqual([]);
  });

  it('P5: are all tried below', () => {
    expect(NAMES.filter((name) => CALLS[name] === undefined)).toEqual([]);
  });

  it.each(NAMES)('P5: %s gives a value for every value', async (name) => {
    const texts = (CALLS[name] ?? []).flatMap(([call, kind]) =>
      VALUES[kind].map((value) => `SELECT ${call} FROM (VALUES (${value}), (${value})) AS x (v)`),
    );
    expect(texts.length).toBeGreaterThan(0);
    const rows = await upstream
      .cluster()
      .sql(
        `SELECT what, failure_of(what) AS failure FROM unnest(ARRAY[${texts.map(quoted).join(', ')}]) AS what`,
      );
    const failed = rows.filter(({ failure }) => failure !== null && !isAbsent(failure));
    expect(failed).toEqual([]);
    // What a server of an older major does not have says nothing of the others.
    expect(rows.some(({ failure }) => failure === null) || name === 'any_value').toBe(true);
  });
});

function isAbsent(failure: unknown): boolean {
  return String(failure).startsWith('42883');
}
