/** The relay between real clients and a real server, with everything allowed: PostgreSQL behaves as PostgreSQL. */
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startTestGateway, type TestGateway } from '../../support/gateway.ts';

let gateway: TestGateway;

beforeAll(async () => {
  gateway = await startTestGateway({
    setUp: `
      CREATE TABLE people (id int PRIMARY KEY, name text);
      INSERT INTO people SELECT i, 'person ' || i FROM generate_series(1, 100) i;
      GRANT ALL ON people TO app;`,
  });
});

afterAll(async () => {
  await gateway[Symbol.asyncDispose]();
});

async function withClient<T>(use: (client: pg.Client) => Promise<T>): Promise<T> {
  const client = new pg.Client({ connectionString: await gateway.url() });
  await client.connect();
  try {
    return await use(client);
  } finally {
    await client.end();
  }
}

describe('relay', () => {
  it('runs simple and parametrised queries of node-postgres', async () => {
    await withClient(async (client) => {
      expect((await client.query('SELECT count(*)::int AS n FROM people')).rows).toEqual([{ n: 100 }]);
      expect((await client.query('SELECT name FROM people WHERE id = $1', [7])).rows).toEqual([
        { name: 'person 7' },
      ]);
      const named = { name: 'by-id', text: 'SELECT id FROM people WHERE id = $1' };
      expect((await client.query({ ...named, values: [3] })).rows).toEqual([{ id: 3 }]);
      expect((await client.query({ ...named, values: [4] })).rows).toEqual([{ id: 4 }]);
    });
  });

  it('keeps transactions, errors and their status as the server has them', async () => {
    await withClient(async (client) => {
      await client.query('BEGIN');
      await client.query("INSERT INTO people VALUES (1000, 'x')");
      await expect(client.query('SELECT 1/0')).rejects.toMatchObject({ code: '22012' });
      await expect(client.query('SELECT 1')).rejects.toMatchObject({ code: '25P02' });
      await client.query('ROLLBACK');
      expect((await client.query('SELECT 1 AS one FROM people WHERE id = 1000')).rows).toEqual([]);
    });
  });

  it('P4: records session, intent and outcome, and names the session to the server', async () => {
    await withClient(async (client) => {
      const { rows } = await client.query<{ name: string }>(
        "SELECT current_setting('application_name') AS name",
      );
      expect(rows[0]?.name).toMatch(/^sallyport\/ses_[0-9a-f]{16}/);
    });
    const records = gateway.records();
    const opened = records.find((record) => record['type'] === 'session.opened');
    expect(opened).toMatchObject({ resource: 'shop', account: 'app', principal: { subject: 'agent-1' } });
    const intent = records.find((record) => JSON.stringify(record).includes('current_setting'));
    expect(intent).toMatchObject({
      type: 'exchange.intent',
      effect: 'permit',
      rules: expect.arrayContaining(['everything']),
    });
  });
});
