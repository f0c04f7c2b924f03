/** The connection of the agents that bring no SQL tool of their own: a pool of node-postgres, as its documentation shows. */
import pg from 'pg';
import { z } from 'zod';
import type { AgentSite } from './agent-framework.ts';

/** Input of every SQL tool. */
export const SQL_INPUT: z.ZodObject<{ sql: z.ZodString }> = z.object({
  sql: z.string().describe('One SQL statement'),
});

/** What the tools are called and how they describe themselves. */
export const SQL_TOOL = {
  name: 'query_database',
  description: 'Runs SQL and returns its rows as JSON.',
} as const;

/** A pool of one connection, so that one that was thrown away is seen. */
export async function openPool(site: AgentSite): Promise<pg.Pool> {
  const pool = new pg.Pool({ connectionString: site.url, max: 1 });
  pool.on('error', () => undefined);
  return pool;
}

/** Rows as JSON, in one line as everybody writes it: an error of the server costs the connection. @throws pg.DatabaseError */
export async function queryRowsPlainly(pool: pg.Pool, sql: string): Promise<string> {
  return JSON.stringify((await pool.query(sql)).rows);
}
