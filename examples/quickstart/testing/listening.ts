/** Whether a PostgreSQL server is there. */
import pg from 'pg';

/** Whether the URL logs in. */
export function isListening(url: string): Promise<boolean> {
  const client = new pg.Client({ connectionString: url });
  client.on('error', () => undefined);
  return client.connect().then(
    () => client.end().then(() => true),
    () => false,
  );
}

/** Whether a server is there at all, even if only to refuse. */
export async function answers(url: string): Promise<boolean> {
  const client = new pg.Client({ connectionString: url });
  client.on('error', () => undefined);
  return client.connect().then(
    () => client.end().then(() => true),
    (error: { readonly code?: string }) => error.code !== 'ECONNREFUSED',
  );
}
