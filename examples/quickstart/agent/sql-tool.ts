/** The agent's tool for the database: node-postgres, and nothing of the gateway but what comes over the wire. */
import pg from 'pg';
import { type Reply, type Rows, readDenial, readPending } from './reply.ts';

/** Sends one statement and tells what came of it; never throws. */
export async function askDatabase(
  client: pg.Client,
  sql: string,
  values?: readonly unknown[],
): Promise<Reply> {
  try {
    const result = await client.query<Record<string, unknown>>(
      sql,
      values === undefined ? undefined : [...values],
    );
    return { kind: 'permitted', tool: 'sql', rows: result.rows, rowCount: result.rowCount ?? 0 };
  } catch (error) {
    return readDatabaseError(error);
  }
}

/** Reads an error of node-postgres: SQLSTATE 42501 refuses, SPA01 waits for people. */
export function readDatabaseError(error: unknown): Exclude<Reply, Rows> {
  const message = error instanceof Error ? error.message : String(error);
  const code = error instanceof pg.DatabaseError ? error.code : undefined;
  const read = code === 'SPA01' ? readPending(message) : code === '42501' ? readDenial(message) : undefined;
  return read ?? { kind: 'failed', message };
}
