/** node-postgres, unchanged but for the URL: queries, types, errors, transactions, large values, cancelling. */
import { once } from 'node:events';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { TestGateway } from '../../support/gateway.ts';
import { startShop, stopShop } from './shop.ts';

let gateway: TestGateway;

beforeAll(async () => {
  gateway = await startShop();
});

afterAll(() => stopShop(gateway));

async function withClient<T>(
  use: (client: pg.Client) => Promise<T>,
  options: pg.ClientConfig = {},
): Promise<T> {
  const client = new pg.Client({ connectionString: await gateway.url(), ...options });
  await client.connect();
  try {
    return await use(client);
  } finally {
    await client.end();
  }
}

describe('node-postgres', () => {
  it('connects with sslmode=verify-full, also with direct TLS, and refuses a certificate of another CA', async () => {
    await withClient(async (client) => {
      expect((await client.query('SELECT current_user AS who')).rows).toEqual([{ who: 'app' }]);
    });
    const connectionString = `${await gateway.url()}&sslnegotiation=direct`;
    await withClient(
      async (client) => {
        expect((await client.query('SELECT 1 AS one')).rows).toEqual([{ one: 1 }]);
      },
      { connectionString },
    );
    const foreign = new URL(await gateway.url());
    foreign.searchParams.set('sslrootcert', gateway.postgres.certificate.caFile);
    await expect(new pg.Client({ connectionString: foreign.href }).connect()).rejects.toThrow(/certificate/);
  });

  it('returns values of many types, in text and in binary', async () => {
    const text = `SELECT 7::int2, 8::int8, 1.5::numeric, true, 'Zürich'::text, '\\x00ff'::bytea, '{a,b}'::text[],
      '{"a": [1]}'::jsonb, '2026-01-02T03:04:05Z'::timestamptz, 'open'::order_status, NULL::int`;
    const expected = [
      7,
      '8',
      '1.5',
      true,
      'Zürich',
      Buffer.from([0, 255]),
      ['a', 'b'],
      { a: [1] },
      new Date('2026-01-02T03:04:05Z'),
      'open',
      null,
    ];
    await withClient(async (client) => {
      const { rows, fields } = await client.query({ text, rowMode: 'array' });
      expect(rows).toEqual([expected]);
      expect(fields).toHaveLength(11);
    });
    // node-postgres reads some binary values wrongly by itself: what counts is that it reads the same as without a gateway.
    const binary = `SELECT 1.5::float8 AS f, 7::int8 AS h, 1.25::numeric AS n, true AS b, '\\x00ff'::bytea AS y,
      array[1, 2] AS a, '2026-01-02'::timestamptz AS t, 'x' AS x WHERE 1 = $1`;
    const ask = (client: pg.Client): Promise<unknown> => client.query(binary, [1]).then(({ rows }) => rows);
    const connectionString = gateway.postgres.url({ user: 'app', password: 'app-secret' });
    const options = { binary: true } as pg.ClientConfig;
    const direct = await withClient(ask, { ...options, connectionString });
    expect(JSON.stringify(await withClient(ask, options))).toBe(JSON.stringify(direct));
    expect(direct).toMatchObject([{ h: '7', a: [1, 2] }]);
  });

  it('runs parametrised, named and multiple statements', async () => {
    await withClient(async (client) => {
      const byMail = { name: 'by-mail', text: 'SELECT id FROM customers WHERE email = $1' };
      for (const id of [3, 4]) {
        const { rows } = await client.query({ ...byMail, values: [`customer${id}@example.org`] });
        expect(rows).toEqual([{ id }]);
      }
      const anyOf = await client.query('SELECT count(*)::int AS n FROM customers WHERE id = ANY ($1)', [
        [1, 2, 3],
      ]);
      expect(anyOf.rows).toEqual([{ n: 3 }]);
      const both = (await client.query('SELECT 1 AS a; SELECT 2 AS b')) as unknown as pg.QueryResult[];
      expect(both.map((result) => result.rows)).toEqual([[{ a: 1 }], [{ b: 2 }]]);
    });
  });

  it('passes errors of the server on as they are', async () => {
    await withClient(async (client) => {
      const duplicate = "INSERT INTO customers (email) VALUES ('customer1@example.org')";
      await expect(client.query(duplicate)).rejects.toMatchObject({
        code: '23505',
        constraint: 'customers_email_key',
        table: 'customers',
        detail: expect.stringContaining('already exists'),
      });
      await expect(
        client.query('INSERT INTO orders (customer_id, amount) VALUES (1, -1)'),
      ).rejects.toMatchObject({ code: '23514' });
      await expect(client.query('SELECT $1::int', ['x'])).rejects.toMatchObject({ code: '22P02' });
      await expect(client.query('SELECT nothing FROM customers')).rejects.toMatchObject({
        code: '42703',
        position: '8',
      });
      await expect(client.query('SELEC 1')).rejects.toMatchObject({ code: '42601', position: '1' });
    });
  });

  it('P9: goes on after a refusal, simple or parametrised, and in a transaction after ROLLBACK', async () => {
    await withClient(async (client) => {
      const denied = {
        code: '42501',
        message: expect.stringMatching(/^POLICY_DENIED \[dec_\w+\] .*Do not retry/),
      };
      await expect(client.query('DELETE FROM orders')).rejects.toMatchObject({
        ...denied,
        message: expect.stringContaining('denied by rule bounded-writes. Add a WHERE on a key.'),
      });
      await expect(
        client.query('SELECT secret FROM integration_tokens WHERE id = $1', [1]),
      ).rejects.toMatchObject(denied);
      expect((await client.query('SELECT 1 AS one')).rows).toEqual([{ one: 1 }]);
      await client.query('BEGIN');
      await client.query("UPDATE customers SET name = 'lost' WHERE id = 1");
      await expect(client.query('DROP TABLE orders')).rejects.toMatchObject(denied);
      await expect(client.query('SELECT 1')).rejects.toMatchObject({ code: '25P02' });
      await client.query('ROLLBACK');
      const { rows } = await client.query('SELECT name FROM customers WHERE id = 1');
      expect(rows).toEqual([{ name: 'Customer 1' }]);
    });
  });

  it('P6: shows settings of the server by a parameter, and not those that people made up', async () => {
    await gateway.postgres.query("ALTER ROLE app SET app.jwt_secret = 'sk-live-setting'");
    await withClient(async (client) => {
      const named = 'SELECT current_setting($1::text, true) AS value';
      expect((await client.query(named, ['max_index_keys'])).rows).toEqual([{ value: '32' }]);
      const denied = { code: '42501', message: expect.stringContaining('SHOW app.jwt_secret') };
      await expect(client.query(named, ['App.JWT_secret'])).rejects.toMatchObject(denied);
      const once = { name: 'once', text: named };
      expect((await client.query({ ...once, values: ['timezone_abbreviations'] })).rows).toEqual([
        { value: 'Default' },
      ]);
      await expect(client.query({ ...once, values: ['app.jwt_secret'] })).rejects.toMatchObject(denied);
      await client.query('PREPARE by_sql(text) AS SELECT current_setting($1)');
      await expect(client.query("EXECUTE by_sql('app.jwt_secret')")).rejects.toMatchObject({ code: '42501' });
      await client.query('BEGIN');
      const declare = 'DECLARE c CURSOR FOR SELECT current_setting($1)';
      await expect(client.query(declare, ['app.jwt_secret'])).rejects.toMatchObject(denied);
      await client.query('ROLLBACK');
      expect((await client.query('SELECT 1 AS one')).rows).toEqual([{ one: 1 }]);
    });
  });

  it('keeps transactions with savepoints', async () => {
    await withClient(async (client) => {
      await client.query('BEGIN ISOLATION LEVEL SERIALIZABLE');
      await client.query("INSERT INTO customers (email) VALUES ('kept@example.org')");
      await client.query('SAVEPOINT before');
      await expect(client.query('DELETE FROM orders')).rejects.toMatchObject({ code: '42501' });
      await client.query('ROLLBACK TO SAVEPOINT before');
      await client.query('RELEASE SAVEPOINT before');
      await client.query('COMMIT');
      const { rowCount } = await client.query("SELECT 1 FROM customers WHERE email = 'kept@example.org'");
      expect(rowCount).toBe(1);
    });
  });

  it('takes parameters of 8 MB and returns them, and 100,000 rows', async () => {
    await withClient(async (client) => {
      const body = Buffer.alloc(8 * 1024 * 1024, 0xa5);
      await client.query('INSERT INTO blobs (id, body) VALUES ($1, $2)', [1, body]);
      const { rows } = await client.query<{ body: Buffer }>('SELECT body FROM blobs WHERE id = 1');
      expect(rows[0]?.body.equals(body)).toBe(true);
      const all = await client.query<{ id: number }>('SELECT id, sensor FROM readings ORDER BY id');
      expect(all.rowCount).toBe(100_000);
      expect(all.rows.at(-1)).toEqual({ id: 100_000, sensor: 'sensor-0' });
    });
  });

  it('ends a query by statement_timeout, given in the startup packet, and by a cancel request', async () => {
    const endless = 'SELECT count(*) FROM readings a, readings b, readings c';
    await withClient(
      async (client) => {
        await expect(client.query(endless)).rejects.toMatchObject({
          code: '57014',
          message: expect.stringContaining('statement timeout'),
        });
        expect((await client.query('SELECT 1 AS one')).rows).toEqual([{ one: 1 }]);
      },
      { statement_timeout: 200 },
    );
    await withClient(async (client) => {
      const query = new pg.Query(endless);
      const failed = once(query, 'error');
      client.query(query);
      await serverRuns(endless);
      const canceller = new pg.Client({ connectionString: await gateway.url() });
      // Sends a CancelRequest; not in the types.
      (canceller as unknown as { cancel(client: pg.Client, query: pg.Query): void }).cancel(client, query);
      expect((await failed)[0]).toMatchObject({
        code: '57014',
        message: expect.stringContaining('user request'),
      });
      expect((await client.query('SELECT 1 AS one')).rows).toEqual([{ one: 1 }]);
    });
  });

  it('gives up by query_timeout, and the pool goes on', async () => {
    const pool = new pg.Pool({ connectionString: await gateway.url(), max: 1, query_timeout: 200 });
    try {
      await expect(pool.query('SELECT count(*) FROM readings a, readings b, readings c')).rejects.toThrow(
        'Query read timeout',
      );
      expect((await pool.query('SELECT 1 AS one')).rows).toEqual([{ one: 1 }]);
    } finally {
      await pool.end();
    }
  });
});

/** Resolves when the server runs the text, as the superuser sees it past the gateway. */
async function serverRuns(text: string): Promise<void> {
  const look = `SELECT 1 FROM pg_stat_activity WHERE state = 'active' AND query = '${text}' AND pid <> pg_backend_pid()`;
  while ((await gateway.postgres.query(look)).length === 0);
}
