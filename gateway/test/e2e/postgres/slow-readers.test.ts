/** Results larger than any buffer, to a client that reads in fits: what comes is what the server said, over any mix of plaintext and TLS. */
import { createHash } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startTestGateway, type TestGateway } from '../../support/gateway.ts';
import { startTestPostgres, type TestPostgres } from '../../support/postgres.ts';

const POLICY = `apiVersion: sallyport.dev/v1
rules:
  - { id: connects, effect: allow, on: connect, match: { groups: [agents] } }
  - { id: reads, effect: allow, on: sql, match: { groups: [agents], kinds: [SELECT], tables: ["public.big"] }, mask: [{ columns: ["*.secret"], with: partial }] }
`;
/** Rows from a few bytes to more than a read of a socket, 30 MB in all. */
const SETUP = `
  CREATE TABLE big AS SELECT i AS id, repeat(md5(i::text), CASE WHEN i % 1000 = 0 THEN 3000 WHEN i % 7 = 0 THEN 40 ELSE 1 + i % 5 END) AS text,
    'canary' || i || '@example.com' AS secret FROM generate_series(1, 60000) i;
  GRANT SELECT ON big TO app`;
const PLAIN = 'SELECT id, text FROM big ORDER BY id';
const MASKED = 'SELECT id, text, secret FROM big ORDER BY id';

let postgres: TestPostgres;
const gateways = new Map<string, TestGateway>();

beforeAll(async () => {
  postgres = await startTestPostgres({
    hba: 'host all all 127.0.0.1/32 scram-sha-256',
    settings: { fsync: 'off' },
  });
  for (const upstream of ['plaintext', 'TLS']) {
    gateways.set(
      upstream,
      await startTestGateway({
        postgres,
        policy: POLICY,
        listener: { allowLoopbackPlaintext: true },
        ...(upstream === 'TLS' ? { setUp: SETUP } : { resource: { tls: { mode: 'disable' } } }),
      }),
    );
  }
});

afterAll(async () => {
  for (const gateway of gateways.values()) await gateway[Symbol.asyncDispose]();
  await postgres[Symbol.asyncDispose]();
});

/** The digest of all rows, read a while and then not for a while. */
async function digestOf(connectionString: string, text: string, isSlow: boolean): Promise<string> {
  const client = new pg.Client({ connectionString });
  await client.connect();
  const { stream } = (client as unknown as { connection: { stream: { pause(): void; resume(): void } } })
    .connection;
  const hash = createHash('sha256');
  let isDone = false;
  const query = new pg.Query<{ secret?: string }, []>({ text, values: [], rowMode: 'array' } as never);
  const done = new Promise<void>((resolve, reject) => {
    query.on('row', (row) => hash.update(JSON.stringify(row)));
    query.on('end', () => resolve());
    query.on('error', reject);
  });
  client.query(query);
  const fits = (async () => {
    while (isSlow && !isDone) {
      stream.pause();
      await sleep(12);
      stream.resume();
      await sleep(3);
    }
  })();
  await done.finally(() => {
    isDone = true;
  });
  await fits;
  await client.end();
  return hash.digest('hex');
}

describe.each(['plaintext', 'TLS'])('a client that reads in fits, over %s', (downstream) => {
  it.each(['plaintext', 'TLS'])(
    'P10: gets what the server said over %s, and its masks (P5)',
    async (upstream) => {
      const gateway = gateways.get(upstream);
      if (gateway === undefined) throw new Error('not started');
      const target = new URL(await gateway.url());
      if (downstream === 'plaintext') target.search = '';
      const direct = postgres.url();
      const masked = "SELECT id, text, left(secret, 1) || '***@***.com' AS secret FROM big ORDER BY id";
      for (const isSlow of [true, false]) {
        expect(await digestOf(target.href, PLAIN, isSlow)).toBe(await digestOf(direct, PLAIN, false));
        expect(await digestOf(target.href, MASKED, isSlow)).toBe(await digestOf(direct, masked, false));
      }
    },
  );
});
