/** Access for a time through a whole gateway: a database that nobody may open until people say so. */
import pg from 'pg';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { ApiAccessRequest } from '../../../src/api/contract/access.ts';
import { actOnAccess, openWindow, requestAccess } from '../../support/access.ts';
import { startTestGateway, type TestGateway } from '../../support/gateway.ts';
import type { TokenClaims } from '../../support/issuer.ts';
import { askApi } from '../api/api-client.ts';

const POLICY = `apiVersion: sallyport.dev/v1
rules:
  - { id: enter, effect: allow, on: connect, match: { groups: [agents], resources: [shop] }, access: { by: [dba], within: 15m, upTo: 1h } }
  - { id: repair, effect: allow, on: sql, match: { groups: [agents], resources: [shop], kinds: [SELECT, UPDATE], tables: ["public.*"] }, mask: [{ columns: ["*.email"], with: redact }], access: { by: [dba], within: 15m, upTo: 1h } }
  - { id: sleep, effect: allow, on: sql, match: { groups: [agents], kinds: [SELECT], functions: [pg_sleep] }, access: { by: [dba], within: 15m, upTo: 1h } }
  - { id: residents, effect: allow, on: connect, match: { groups: [residents] } }
  - { id: ledger, effect: deny, on: sql, match: { tables: [public.ledger] }, message: The ledger is closed. }
`;
/** P12: how long after its end a window's sessions may live, in milliseconds. */
const PROMISED_MS = 5_000;

let gateway: TestGateway;
const clients: pg.Client[] = [];

beforeAll(async () => {
  gateway = await startTestGateway({
    policy: POLICY,
    api: {},
    setUp: `CREATE TABLE orders (id int PRIMARY KEY, email text, total int); CREATE TABLE ledger (id int);
      INSERT INTO orders VALUES (1, 'ada@example.com', 5); GRANT ALL ON ALL TABLES IN SCHEMA public TO app`,
  });
});
afterEach(async () => {
  for (const client of clients.splice(0)) await client.end().catch(() => undefined);
});
afterAll(() => gateway?.[Symbol.asyncDispose]());

async function connect(claims: TokenClaims): Promise<pg.Client> {
  const client = new pg.Client({ connectionString: await gateway.url({ claims }) });
  client.on('error', () => undefined);
  clients.push(client);
  await client.connect();
  return client;
}

/** The error before its end is heard by the listener of `connect`. */
const ended = (client: pg.Client): Promise<unknown> =>
  new Promise((resolve) => client.once('end', () => resolve(undefined)));

const failure = (work: Promise<unknown>): Promise<{ readonly code?: string; readonly message: string }> =>
  work.then(
    () => ({ message: 'it worked' }),
    (error: Error) => error,
  );

describe('access for a time to a database', () => {
  it('P9: nobody gets in before, and is told how to ask; the window lets in, and to what it names', async () => {
    const claims = { sub: 'first' };
    const refused = await failure(connect(claims));
    expect(refused.message).toContain(
      'Request access: rule enter, for up to 1 h, with a reason, by request_access',
    );
    await openWindow(gateway, { resource: 'shop' }, claims);
    const client = await connect(claims);
    const { rows } = await client.query('SELECT * FROM orders');
    // A grant never loosens: the mask is there.
    expect(rows).toEqual([{ id: 1, email: '[redacted]', total: 5 }]);
    await client.query('UPDATE orders SET total = $1 WHERE id = 1', [6]);
    expect((await failure(client.query('SELECT * FROM ledger'))).message).toContain('denied by rule ledger');
    expect((await failure(client.query('DELETE FROM orders'))).message).toContain('no rule allows it');
    const records = await gateway.recordsUntil((all) =>
      all.some((one) => one['type'] === 'exchange.intent' && JSON.stringify(one).includes('UPDATE orders')),
    );
    const granted = records.find(
      (one) => one['type'] === 'access.granted' && JSON.stringify(one).includes('"subject":"first"'),
    ) as { readonly window: { readonly id: string } };
    const update = records.find(
      (one) => one['type'] === 'exchange.intent' && JSON.stringify(one).includes('UPDATE orders'),
    );
    expect(update).toMatchObject({ rules: ['repair'], windows: [granted.window.id] });
  });

  it('lets in nobody else: another subject, agent, run, or actor; and no other account', async () => {
    const claims = { sub: 'owner', run_id: 'r1' };
    await openWindow(gateway, { resource: 'shop' }, claims);
    await connect(claims);
    for (const other of [
      { ...claims, sub: 'thief' },
      { ...claims, client_id: 'other-agent' },
      { ...claims, act: { sub: 'sub-agent' } },
    ])
      expect((await failure(connect(other))).message).toContain('POLICY_DENIED');
  });

  it('P12: at its end the sessions that used it end, a query that runs is cancelled, others go on', async () => {
    const claims = { sub: 'short' };
    const opened = await openWindow(gateway, { resource: 'shop', durationMs: 2_000 }, claims);
    const idle = await connect(claims);
    await idle.query('SELECT id FROM orders');
    const busy = await connect(claims);
    const sleeping = failure(busy.query('SELECT pg_sleep(60)'));
    const resident = await connect({ sub: 'resident', groups: ['residents'] });
    const gone = [ended(idle), ended(busy)];
    await Promise.all(gone);
    const late = Date.now() - Date.parse(opened.window?.until ?? '');
    expect((await sleeping).message).not.toBe('it worked');
    expect(late).toBeLessThan(PROMISED_MS);
    const rows = await gateway.postgres.query(
      "SELECT count(*)::int AS n FROM pg_stat_activity WHERE query LIKE '%pg_sleep(60)%' AND state = 'active' AND pid <> pg_backend_pid()",
    );
    expect(rows).toEqual([{ n: 0 }]);
    // It was let in by a rule that holds all the time.
    expect((await failure(resident.query('SELECT 1'))).message).not.toContain('terminat');
    expect((await failure(connect(claims))).message).toContain('POLICY_DENIED');
  });

  it('P12: revoked, it ends at once', async () => {
    const claims = { sub: 'revoked' };
    const opened = await openWindow(gateway, { resource: 'shop' }, claims);
    const client = await connect(claims);
    const sleeping = failure(client.query('SELECT pg_sleep(60)'));
    await gateway.recordsUntil((all) =>
      all.some((one) => JSON.stringify(one).includes('pg_sleep(60)') && one['type'] === 'exchange.intent'),
    );
    const end = ended(client);
    const before = Date.now();
    expect((await actOnAccess(gateway, opened, 'revoke')).status).toBe(200);
    await Promise.all([end, sleeping]);
    expect(Date.now() - before).toBeLessThan(PROMISED_MS);
    expect((await failure(connect(claims))).message).toContain('POLICY_DENIED');
  });

  it('P8: a policy that says something else ends it', async () => {
    const claims = { sub: 'changed' };
    await openWindow(gateway, { resource: 'shop', rules: ['enter', 'repair'] }, claims);
    const client = await connect(claims);
    await client.query('SELECT id FROM orders');
    await gateway.setPolicy(POLICY.replace('kinds: [SELECT, UPDATE]', 'kinds: [SELECT, UPDATE, DELETE]'));
    // The text of the rule is another one: it is not what was opened.
    expect((await failure(client.query('SELECT id FROM orders'))).message).toContain(
      'Request access: rule repair',
    );
    await gateway.setPolicy(POLICY);
    await client.query('SELECT id FROM orders');
  });

  it('narrowed, it opens no more than was asked for', async () => {
    const claims = { sub: 'narrow' };
    await openWindow(
      gateway,
      { resource: 'shop', only: { tables: ['public.orders'], kinds: ['SELECT'] } },
      claims,
    );
    const client = await connect(claims);
    await client.query('SELECT id FROM orders');
    expect((await failure(client.query('UPDATE orders SET total = 1'))).message).toContain('POLICY_DENIED');
  });

  it('a session credential that is minted in a window lets in no longer than it', async () => {
    const claims = { sub: 'minter' };
    const token = await gateway.issuer.token(claims);
    const body = { resource: 'shop' };
    expect((await askApi(gateway, '/v1/credentials', { token, body })).status).toBe(403);
    const opened = await openWindow(gateway, { resource: 'shop' }, claims);
    const minted = await askApi(gateway, '/v1/credentials', { token, body });
    const { url } = minted.json as { readonly url: string };
    const by = async (): Promise<pg.Client> => {
      const credential = new URL(url);
      credential.searchParams.set('sslrootcert', gateway.caFile);
      credential.searchParams.set('sslmode', 'verify-full');
      const client = new pg.Client({ connectionString: credential.href });
      client.on('error', () => undefined);
      clients.push(client);
      await client.connect();
      return client;
    };
    const client = await by();
    await client.query('SELECT id FROM orders');
    const end = ended(client);
    await actOnAccess(gateway, opened, 'revoke');
    await end;
    expect((await failure(by())).message).toContain('POLICY_DENIED');
  });

  it('nobody opens a window to themselves, nor with the digest of another', async () => {
    const asked = await requestAccess(
      gateway,
      { resource: 'shop' },
      { sub: 'dora', groups: ['agents', 'dba'] },
    );
    const request = asked.json as ApiAccessRequest;
    expect((await actOnAccess(gateway, request, 'approve', 'dora')).json).toMatchObject({
      code: 'ERR_APPROVALS_SELF',
    });
    const forged = { ...request, digest: '0'.repeat(64) };
    expect((await actOnAccess(gateway, forged, 'approve', 'dave')).json).toMatchObject({
      code: 'ERR_APPROVALS_CHANGED',
    });
  });

  it('what no rule offers there cannot be asked for, and what is not there is told in the same words', async () => {
    const nothing = await requestAccess(gateway, { resource: 'nowhere' });
    expect(nothing).toMatchObject({ status: 403, json: { code: 'ERR_APPROVALS_NOT_REQUESTABLE' } });
    const stranger = await requestAccess(gateway, { resource: 'shop' }, { groups: ['others'] });
    expect((stranger.json as { detail: string }).detail).toBe((nothing.json as { detail: string }).detail);
    const account = await requestAccess(gateway, { resource: 'shop', account: 'postgres' });
    expect((account.json as { detail: string }).detail).toBe((nothing.json as { detail: string }).detail);
  });
});
