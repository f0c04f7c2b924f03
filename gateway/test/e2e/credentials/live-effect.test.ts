/** Revocation, expiry, group mapping and clock act on live sessions (P12). */
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startTestGateway, type TestGateway } from '../../support/gateway.ts';
import { AUDIENCE } from '../../support/issuer.ts';
import { startTestPostgres, type TestPostgres } from '../../support/postgres.ts';
import { mintCredential, revokeCredential } from '../../support/session-credentials.ts';
import { askApi } from '../api/api-client.ts';

const POLICY = `apiVersion: sallyport.dev/v1
rules:
  - { id: connects, effect: allow, on: connect, match: { groups: [agents, readers] } }
  - { id: alone, effect: allow, on: connect, match: { groups: [loners] }, limits: { sessions: 1 } }
  - { id: reads, effect: allow, on: sql, match: { groups: [agents, readers, loners], classes: [read] } }
  - { id: sleeps, effect: allow, on: sql, match: { groups: [agents], kinds: [EXECUTE FUNCTION], functions: [pg_catalog.pg_sleep] } }
  - { id: makes, effect: allow, on: sql, match: { groups: [agents], kinds: [CREATE TABLE, DROP TABLE] } }
`;

let postgres: TestPostgres;
let gateway: TestGateway;
let aheadMs = 0;

beforeAll(async () => {
  postgres = await startTestPostgres({ settings: { fsync: 'off' } });
  gateway = await startTestGateway({
    postgres,
    api: {},
    policy: POLICY,
    identity: { expiryGraceMs: 0 },
    now: () => Date.now() + aheadMs,
  });
});

afterAll(async () => {
  await gateway[Symbol.asyncDispose]();
  await postgres[Symbol.asyncDispose]();
});

interface Session {
  readonly client: pg.Client;
  /** Resolves to the error that ended the connection. */
  readonly ended: Promise<pg.DatabaseError>;
}

async function open(url: string): Promise<Session> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  const { promise: ended, resolve } = Promise.withResolvers<pg.DatabaseError>();
  // Node-postgres tells of the connection's end after the reason: the first one counts.
  client.on('error', (error) => resolve(error as pg.DatabaseError));
  return { client, ended };
}

const sleepers = async (): Promise<number> => {
  const [row] = await postgres.query(
    "SELECT count(*)::int AS n FROM pg_stat_activity WHERE state = 'active' AND query LIKE 'SELECT pg_sleep%'",
  );
  return Number(row?.['n']);
};

async function until(condition: () => Promise<boolean>): Promise<void> {
  const lastMs = Date.now() + 20_000;
  while (!(await condition())) {
    if (Date.now() > lastMs) throw new Error('it did not come about');
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

function mapped(map: Readonly<Record<string, readonly string[]>>): Record<string, unknown> {
  return { issuer: gateway.issuer.url, audience: [AUDIENCE], groupMapping: { map } };
}

describe('a session that was opened by a credential', () => {
  it('P12: ends at once when it is revoked, and its work on the server is cancelled', async () => {
    const { id, url } = await mintCredential(gateway);
    const idle = await open(url);
    const busy = await open(url);
    const work = busy.client.query('SELECT pg_sleep(60)').catch((error: unknown) => error);
    await until(async () => (await sleepers()) === 1);
    const token = await gateway.issuer.token({ groups: ['admins'] });
    const listed = await askApi(gateway, '/v1/credentials', { token });
    expect(listed.json).toMatchObject({ credentials: [{ id, sessions: { length: 2 } }] });

    expect(await revokeCredential(gateway, id)).toBe(200);
    expect((await idle.ended).message).toContain('the session credential of this connection was revoked');
    expect(await work).toMatchObject({ code: '28000' });
    await until(async () => (await sleepers()) === 0);
    await expect(open(url)).rejects.toMatchObject({ code: '28P01' });
    const records = gateway.records();
    expect(records.filter((one) => one['type'] === 'credential.revoked')).toMatchObject([
      { credential: id, sessions: { length: 2 } },
    ]);
  });

  it('P12: is told on its next message that the credential is over, and nobody logs in by it again', async () => {
    const { url } = await mintCredential(gateway, { expiresIn: 60 });
    const { client, ended } = await open(url);
    aheadMs = 60_000;
    try {
      await expect(client.query('SELECT 1')).rejects.toMatchObject({ code: '28000' });
      await ended;
      await expect(open(url)).rejects.toMatchObject({ code: '28P01' });
      // Set back, the clock does not bring it to life.
      aheadMs = 0;
      await expect(open(url)).rejects.toMatchObject({ code: '28P01' });
    } finally {
      aheadMs = 0;
    }
  });

  it('P12: an admin who ends the session leaves the credential valid', async () => {
    const { url } = await mintCredential(gateway);
    const { ended } = await open(url);
    const token = await gateway.issuer.token({ groups: ['admins'] });
    const sessions = (await askApi(gateway, '/v1/sessions?state=open', { token })).json as {
      sessions: readonly { session: string }[];
    };
    const id = sessions.sessions[0]?.session ?? '';
    expect((await askApi(gateway, `/v1/sessions/${id}/kill`, { token, body: {} })).status).toBe(200);
    expect((await ended).message).toContain('an administrator ended this session');
    const again = await open(url);
    await again.client.end();
  });
});

describe('a changed group mapping', () => {
  it('P12: is what the next statement of a live session is judged by, by token or by credential', async () => {
    const { url } = await mintCredential(gateway, { claims: { groups: ['agents'] } });
    const sessions = [await open(url), await open(await gateway.url())];
    try {
      for (const { client } of sessions) await client.query('CREATE TABLE IF NOT EXISTS t (x int)');
      await gateway.setIssuers([mapped({ agents: ['readers'] })]);
      for (const { client } of sessions) {
        await expect(client.query('DROP TABLE t')).rejects.toMatchObject({ code: '42501' });
        await client.query('SELECT 1');
      }
      await gateway.setIssuers([mapped({ agents: ['agents'] })]);
      await sessions[0]?.client.query('DROP TABLE t');
      const regrouped = gateway.records().filter((one) => one['type'] === 'session.regrouped');
      expect(regrouped).toMatchObject([
        { groups: ['readers'], effect: 'permit', rules: ['connects'] },
        { groups: ['readers'], effect: 'permit', rules: ['connects'] },
        { groups: ['agents'] },
        { groups: ['agents'] },
      ]);
    } finally {
      for (const { client } of sessions) await client.end();
    }
  });

  it('is not mistaken for a session too many, where their number is limited', async () => {
    const claims = { sub: 'hermit', groups: ['recluses'] };
    await gateway.setIssuers([mapped({ recluses: ['loners'] })]);
    const { client } = await open(await gateway.url({ claims }));
    try {
      await expect(open(await gateway.url({ claims }))).rejects.toMatchObject({
        message: expect.stringContaining('alone'),
      });
      // One is open, so that no more may be; minting is no connection.
      const { url } = await mintCredential(gateway, { claims });
      await gateway.setIssuers([mapped({ recluses: ['loners', 'others'] })]);
      expect((await client.query('SELECT 1 AS one')).rows).toEqual([{ one: 1 }]);
      await expect(open(url)).rejects.toMatchObject({ message: expect.stringContaining('alone') });
    } finally {
      await client.end();
      await gateway.setIssuers([mapped({ agents: ['agents'] })]);
    }
  });

  it('P12: ends the sessions of who may connect no more, with the denial, and opens none', async () => {
    const { url } = await mintCredential(gateway);
    const { client, ended } = await open(url);
    const work = client.query('SELECT pg_sleep(60)').catch((error: unknown) => error);
    await until(async () => (await sleepers()) === 1);
    await gateway.setIssuers([mapped({ agents: ['nobodies'] })]);
    try {
      expect(await work).toMatchObject({
        code: '28000',
        message: expect.stringMatching(/^POLICY_DENIED \[dec_/),
      });
      await ended;
      await until(async () => (await sleepers()) === 0);
      await expect(open(url)).rejects.toMatchObject({ code: '42501' });
    } finally {
      await gateway.setIssuers([mapped({ agents: ['agents'] })]);
    }
  });

  it('P12: an issuer that is left out is trusted no more, at once', async () => {
    const { url } = await mintCredential(gateway);
    const byCredential = await open(url);
    const byToken = await open(await gateway.url());
    await gateway.setIssuers([{ ...mapped({}), issuer: 'https://other.example' }]);
    try {
      for (const { ended } of [byCredential, byToken]) {
        expect((await ended).message).toContain('no longer trusted');
      }
      await expect(open(url)).rejects.toMatchObject({ code: '28P01' });
      await expect(open(await gateway.url())).rejects.toMatchObject({ code: '28000' });
    } finally {
      await gateway.setIssuers([mapped({ agents: ['agents'] })]);
    }
  });
});
