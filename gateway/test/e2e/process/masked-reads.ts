/** Reads of masked columns, within a limit on rows and beyond it. */
import type pg from 'pg';
import type { ClientMemory } from './client-memory.ts';
import { type Worker, withClient } from './marked-load.ts';

/** Values that no client, no record and no recording may show. */
export const SECRET_VALUES: readonly string[] = [
  'ada@hidden.example',
  '078-05-1120',
  'bob@hidden.example',
  '219-09-9999',
];

/** Rows that the limit of the policy lets pass. */
export const MOST_ROWS = 3;

/** A table of more rows than that. */
export const PEOPLE_TABLE: string = `CREATE TABLE people (id int PRIMARY KEY, email text, ssn text);
INSERT INTO people SELECT n, CASE n % 2 WHEN 0 THEN '${SECRET_VALUES[0]}' ELSE '${SECRET_VALUES[2]}' END,
  CASE n % 2 WHEN 0 THEN '${SECRET_VALUES[1]}' ELSE '${SECRET_VALUES[3]}' END FROM generate_series(1, 5) n`;

/** The workers of a round. */
export function maskedReaders(memory: ClientMemory): Readonly<Record<string, Worker>> {
  return {
    masked: withClient(async (client, next, note) => {
      const few = next();
      check(
        memory,
        few,
        await client.query(`SELECT id, email, ssn /* ${few} */ FROM people WHERE id < 3`),
        2,
      );
      note([few]);
      const all = next();
      const passed = await client
        .query(`SELECT * /* ${all} */ FROM people`)
        .catch((error: pg.DatabaseError) => {
          if (error.code !== 'SPL01') throw error;
        });
      if (passed !== undefined) memory.wrong.push(`${all}: no limit`);
      note([all]);
    }),
  };
}

function check(memory: ClientMemory, mark: string, { rows }: pg.QueryResult, count: number): void {
  const text = JSON.stringify(rows);
  if (rows.length !== count) memory.wrong.push(`${mark}: ${rows.length} rows`);
  if (SECRET_VALUES.some((secret) => text.includes(secret))) memory.wrong.push(`${mark}: not masked`);
}
