/** The code that docs/agents.md gives; a test holds both to be the same, and the agents of this folder run it. */
import pg from 'pg';

// docs/agents.md: begin
/** Rows as JSON. Unlike `pool.query`, keeps the connection after an error. */
export async function queryRows(pool: pg.Pool, sql: string): Promise<string> {
  const client = await pool.connect();
  try {
    return JSON.stringify((await client.query(sql)).rows);
  } finally {
    client.release();
  }
}

/** What the model should read of a statement that failed: the server's own words, and nothing about the way to it. */
export function readableSqlError(error: unknown): string {
  const cause = error instanceof Error && 'driverError' in error ? error.driverError : error;
  return cause instanceof pg.DatabaseError ? cause.message : 'The database could not be reached.';
}
// docs/agents.md: end
