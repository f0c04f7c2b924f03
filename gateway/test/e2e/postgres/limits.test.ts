import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startTestGateway, type TestGateway } from '../../support/gateway.ts';

const RULE = 'effect: allow, on: sql, match: { groups: [agents], kinds: [SELECT], tables:';
const POLICY = `apiVersion: sallyport.dev/v1
rules:
  - { id: connects, effect: allow, on: connect, match: { groups: [agents] }, limits: { sessions: 3 } }
  - { id: few, ${RULE} ["public.few"] }, limits: { statementsPerMinute: 3 } }
  - { id: rows, ${RULE} ["public.rows"] }, limits: { rows: 5 } }
  - { id: wide, ${RULE} ["public.t1", "public.t2", "public.t3"] }, limits: { distinctTables: 2 } }
  - { id: slow, ${RULE} ["public.slow"] }, limits: { timeout: 300ms } }
  - { id: sleeps, effect: allow, on: sql, match: { groups: [agents], kinds: [SELECT, EXECUTE FUNCTION], tables: ["public.slow"], functions: ["pg_sleep"] } }
`;
const SETUP = `
  CREATE TABLE few AS SELECT 1 AS id;
  CREATE TABLE rows AS SELECT generate_series(1, 1000) AS id;
  CREATE TABLE t1 (); CREATE TABLE t2 (); CREATE TABLE t3 ();
  CREATE TABLE slow AS SELECT 1 AS id;
  GRANT SELECT ON few, rows, t1, t2, t3, slow TO app`;

let site: TestGateway;

beforeAll(async () => {
  site = await startTestGateway({ policy: POLICY, setUp: SETUP });
});

afterAll(async () => {
  await site[Symbol.asyncDispose]();
});

type Claims = Readonly<Record<string, unknown>>;

/** Connects once the sessions of tests before have given their places back. */
async function connect(claims: Claims): Promise<pg.Client & AsyncDisposable> {
  for (let tries = 0; ; tries += 1) {
    try {
      return await connectNow(claims);
    } catch (error) {
      if (tries === 200 || !String(error).includes('sessions at once')) throw error;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }
}

async function connectNow(claims: Claims): Promise<pg.Client & AsyncDisposable> {
  const client = new pg.Client({ connectionString: await site.url({ claims }) });
  client.on('error', () => undefined);
  await client.connect();
  return Object.assign(client, { [Symbol.asyncDispose]: () => client.end() });
}

/** `ok`, or code and message of the refusal. */
async function told(client: pg.Client, query: string | pg.QueryConfig): Promise<string> {
  return client.query(query).then(
    () => 'ok',
    (error: Error & { code?: string }) => `${error.code}: ${error.message}`,
  );
}

describe('limits through the gateway', { timeout: 30_000 }, () => {
  it('P10: statements a minute are counted over reconnects, for each run by itself, once an exchange', async () => {
    const text = 'SELECT * FROM few';
    for (const query of [text, { text, values: [] }, { name: 'prepared', text, values: [] }]) {
      await using client = await connect({ run_id: 'run-1' });
      expect(await told(client, query)).toBe('ok');
    }
    await using client = await connect({ run_id: 'run-1' });
    for (const query of [text, { name: 'again', text, values: [] }]) {
      expect(await told(client, query)).toMatch(
        /^42501: POLICY_DENIED \[\S+\] SELECT on public\.few: the limit of rule few is used up\. At most 3 statements a minute, 3 were sent; wait \d+ s\. Do not retry before \d+ s have passed\./,
      );
    }
    expect(await told(client, 'SELECT 1 FROM rows LIMIT 1')).toBe('ok');
    await using other = await connect({ run_id: 'run-2' });
    expect(await told(other, text)).toBe('ok');
  });

  it('P10: each statement of a text counts, and a text that would pass the limit is refused whole', async () => {
    await using client = await connect({ run_id: 'run-texts' });
    const texts = (count: number): string =>
      Array.from({ length: count }, () => 'SELECT FROM few').join('; ');
    expect(await told(client, texts(20))).toContain('At most 3 statements a minute, and this text has 20');
    expect(await told(client, texts(2))).toBe('ok');
    expect(await told(client, texts(2))).toContain('2 were sent and this text has 2');
    expect(await told(client, texts(1))).toBe('ok');
    expect(await told(client, texts(1))).toContain('3 were sent; wait');
  });

  it('P10: of statements that are sent at once no more pass than there are places', async () => {
    const run = { run_id: 'run-race' };
    await using first = await connect(run);
    await using second = await connect(run);
    await using third = await connect(run);
    const all: Promise<string>[] = [];
    for (let round = 0; round < 7; round += 1) {
      const together = [first, second, third].map((client) => told(client, 'SELECT FROM few'));
      all.push(...together);
      await Promise.all(together);
    }
    expect((await Promise.all(all)).filter((one) => one === 'ok')).toHaveLength(3);
  });

  it('P10: a run touches no more tables than it may, whatever it calls them', async () => {
    await using client = await connect({ run_id: 'run-tables' });
    const tables = ['t1', 'public.t1 AS x', 't2', 't3', 't2, t1', 't2, t3'];
    const answers: string[] = [];
    for (const table of tables) answers.push((await told(client, `SELECT FROM ${table}`)).slice(0, 5));
    expect(answers).toEqual(['ok', 'ok', 'ok', '42501', 'ok', '42501']);
  });

  it('P10: sessions give their places back, however they end', async () => {
    const claims = { sub: 'many-sessions' };
    const open = [await connect(claims), await connect(claims), await connect(claims)];
    await expect(connectNow(claims)).rejects.toThrow(/At most 3 sessions at once, 3 are open/);
    await using _other = await connect({ sub: 'somebody-else' });
    const [lost, ...rest] = open;
    (lost as unknown as { connection: { stream: { destroy(): void } } }).connection.stream.destroy();
    await expect
      .poll(() => connectNow(claims).then((client) => client.end(), String), { timeout: 10_000 })
      .toBeUndefined();
    for (const client of rest) await client.end();
  });

  it('P9: a result that is too long is cut with an error that says what to write, and the session goes on', async () => {
    await using client = await connect({});
    expect((await client.query('SELECT id FROM rows LIMIT 5')).rowCount).toBe(5);
    for (const query of ['SELECT id FROM rows', { text: 'SELECT id FROM rows', values: [] }]) {
      expect(await told(client, query)).toMatch(
        /^SPL01: LIMIT_EXCEEDED .* 5 rows, .* rule rows\..* Add LIMIT 5/,
      );
      expect(await told(client, 'SELECT id FROM rows LIMIT 1')).toBe('ok');
    }
  });

  it('P9: a statement that takes too long is cancelled in the database, with a code of its own', async () => {
    await using client = await connect({});
    expect(await told(client, 'SELECT pg_sleep(60) FROM slow')).toMatch(
      /^SPL02: LIMIT_EXCEEDED .* rule slow\./,
    );
    expect(await told(client, 'SELECT id FROM slow')).toBe('ok');
    const running = await site.postgres.query(
      "SELECT 1 FROM pg_stat_activity WHERE query LIKE 'SELECT pg_sleep%' AND state = 'active'",
    );
    expect(running).toEqual([]);
  });
});
