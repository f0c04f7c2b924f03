/** Vulnerability class 12: a connection to the server belongs to one session of one principal, and ends with it. */
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startTestGateway, type TestGateway } from '../support/gateway.ts';

const SESSIONS = 12;

let gateway: TestGateway;

beforeAll(async () => {
  gateway = await startTestGateway();
}, 60_000);

afterAll(() => gateway[Symbol.asyncDispose]());

async function session(subject: string): Promise<pg.Client> {
  const client = new pg.Client({ connectionString: await gateway.url({ claims: { sub: subject } }) });
  await client.connect();
  return client;
}

async function backendOf(client: pg.Client): Promise<number> {
  return (await client.query<{ pid: number }>('SELECT pg_backend_pid() AS pid')).rows[0]?.pid ?? 0;
}

async function codeOf(client: pg.Client, text: string): Promise<string | undefined> {
  return client.query(text).then(
    () => undefined,
    (error: pg.DatabaseError) => error.code,
  );
}

/** What a session leaves on its connection: a temporary table, a prepared statement, a setting, a lock. */
const MARK = `CREATE TEMP TABLE mine (x int); PREPARE mine AS SELECT 1; SET statement_timeout = '17s';
  SELECT pg_advisory_lock(4711); DECLARE mine CURSOR WITH HOLD FOR SELECT 1`;

describe('vulnerability class 12: connections to the server', () => {
  it('P11: logins that race each get one of their own, under the name of their own session', async () => {
    const subjects = Array.from({ length: SESSIONS }, (_, index) => `agent-${index % 2}`);
    const clients = await Promise.all(subjects.map(session));
    try {
      const backends = await Promise.all(clients.map(backendOf));
      expect(new Set(backends).size).toBe(SESSIONS);
      const names = await gateway.postgres.query(
        "SELECT application_name FROM pg_stat_activity WHERE application_name LIKE 'sallyport/ses_%'",
      );
      expect(new Set(names.map((row) => row['application_name'])).size).toBeGreaterThanOrEqual(SESSIONS);
    } finally {
      for (const client of clients) await client.end();
    }
  });

  it('P11: nothing of a session is there for the next one, of whoever it is', async () => {
    const first = await session('agent-a');
    const backend = await backendOf(first);
    await first.query(MARK);
    await first.end();
    const isGone = `SELECT count(*)::int AS n FROM pg_stat_activity WHERE pid = ${backend}`;
    await expect.poll(() => gateway.postgres.query(isGone), { timeout: 30_000 }).toEqual([{ n: 0 }]);
    for (const subject of ['agent-a', 'agent-b']) {
      const next = await session(subject);
      try {
        expect(await backendOf(next)).not.toBe(backend);
        expect(await codeOf(next, 'SELECT * FROM pg_temp.mine')).toBe('42P01');
        expect(await codeOf(next, 'EXECUTE mine')).toMatch(/^(?:26000|42501)$/);
        expect(await codeOf(next, 'FETCH 1 FROM mine')).toMatch(/^(?:34000|42501)$/);
        expect((await next.query('SHOW statement_timeout')).rows).toEqual([{ statement_timeout: '0' }]);
        const locked = await next.query<{ free: boolean }>('SELECT pg_try_advisory_xact_lock(4711) AS free');
        expect(locked.rows).toEqual([{ free: true }]);
      } finally {
        await next.end();
      }
    }
  });

  it('P11: a login that fails leaves none behind', async () => {
    const count = "SELECT count(*)::int AS n FROM pg_stat_activity WHERE usename = 'app'";
    const left = (): Promise<readonly Record<string, unknown>[]> => gateway.postgres.query(count);
    await expect.poll(left, { timeout: 30_000 }).toEqual([{ n: 0 }]);
    const failing = Array.from({ length: SESSIONS }, async (_, index) => {
      const token = index % 2 === 0 ? 'no token' : await gateway.issuer.token({ groups: [] });
      const client = new pg.Client({ connectionString: await gateway.url({ token }) });
      await expect(client.connect()).rejects.toMatchObject({ severity: 'FATAL' });
    });
    await Promise.all(failing);
    await expect.poll(left, { timeout: 30_000 }).toEqual([{ n: 0 }]);
  });
});
