/** What may happen between the question to people and the answer: an answer counts for what stands then, and once. */
import pg from 'pg';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type Answer, askApi } from '../e2e/api/api-client.ts';
import { startTestGateway, type TestGateway } from '../support/gateway.ts';
import { AUDIENCE } from '../support/issuer.ts';

const POLICY = `apiVersion: sallyport.dev/v1
rules:
  - { id: connects, effect: allow, on: connect, match: { groups: [agents] } }
  - { id: reads, effect: allow, on: sql, match: { groups: [agents], kinds: [SELECT] } }
  - id: writes
    effect: allow
    on: sql
    match: { groups: [agents], kinds: [UPDATE] }
    approval: { by: [dba], within: 15m, wait: 60s }
`;
const MAP = { agents: ['agents'], dba: ['dba'], admins: ['admins'] };
const UPDATE = 'UPDATE orders SET done = done + 1 WHERE id = 1';

interface Listed {
  readonly approvals: readonly { readonly id: string; readonly digest: string }[];
}

let gateway: TestGateway;
let dora: string;
let dan: string;
const clients: pg.Client[] = [];

beforeAll(async () => {
  gateway = await startTestGateway({
    policy: POLICY,
    api: { groups: { admins: ['admins'] } },
    setUp:
      'CREATE TABLE orders (id int PRIMARY KEY, done int); INSERT INTO orders VALUES (1, 0); GRANT ALL ON orders TO app;',
  });
  dora = await gateway.issuer.token({ sub: 'dora', groups: ['dba'], client_id: 'console' });
  dan = await gateway.issuer.token({ sub: 'dan', groups: ['dba'], client_id: 'console' });
});

beforeEach(async () => {
  await gateway.postgres.query('UPDATE orders SET done = 0');
});

afterEach(async () => {
  for (const client of clients.splice(0)) await client.end().catch(() => undefined);
  await gateway.setPolicy(POLICY);
  await gateway.setIssuers([mapped(MAP)]);
});

afterAll(async () => {
  await gateway[Symbol.asyncDispose]();
});

function mapped(map: Readonly<Record<string, readonly string[]>>): Record<string, unknown> {
  return { issuer: gateway.issuer.url, audience: [AUDIENCE], groupMapping: { map } };
}

/** A client whose statement waits; resolves to what the client is told in the end. */
async function waiting(sub: string, expiresIn = 600): Promise<{ readonly told: Promise<string> }> {
  const client = new pg.Client({ connectionString: await gateway.url({ claims: { sub, expiresIn } }) });
  client.on('error', () => undefined);
  await client.connect();
  clients.push(client);
  const told = client.query(UPDATE).then(
    () => 'ran',
    (error: Error) => error.message,
  );
  return { told };
}

async function openRequest(): Promise<Listed['approvals'][number]> {
  for (let tries = 0; tries < 200; tries += 1) {
    const { json } = await askApi(gateway, '/v1/approvals?status=open', { token: dora });
    const [first] = (json as Listed).approvals;
    if (first !== undefined) return first;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  throw new Error('nobody asks');
}

function approve({ id, digest }: Listed['approvals'][number], token = dora): Promise<Answer> {
  return askApi(gateway, `/v1/approvals/${id}/approve`, { token, body: { digest } });
}

async function done(): Promise<unknown> {
  const [row] = await gateway.postgres.query('SELECT done FROM orders WHERE id = 1');
  return row?.['done'];
}

describe('vulnerability class 28: between question and answer', () => {
  it('P1: one grant lets one of many waiting clients of an agent on, whoever approves how often', async () => {
    const all = await Promise.all(Array.from({ length: 5 }, () => waiting('racer')));
    const request = await openRequest();
    const answers = await Promise.all([approve(request), approve(request, dan), approve(request)]);
    expect(answers.filter(({ status }) => status === 200).length).toBeGreaterThan(0);
    await Promise.race(all.map(({ told }) => told));
    const again = await approve(request);
    expect(again.json).toMatchObject({ code: 'ERR_APPROVALS_CLOSED' });
    // The others ask people again, who refuse.
    const next = await openRequest();
    expect(next.id).not.toBe(request.id);
    const body = { digest: next.digest };
    expect((await askApi(gateway, `/v1/approvals/${next.id}/deny`, { token: dora, body })).status).toBe(200);
    const told = await Promise.all(all.map((one) => one.told));
    expect(told.filter((text) => text === 'ran')).toHaveLength(1);
    expect(await done()).toBe(1);
  });

  it('P12: who was cut off meanwhile runs nothing', async () => {
    const { told } = await waiting('killed');
    const request = await openRequest();
    const admin = await gateway.issuer.token({ sub: 'root', groups: ['admins'] });
    const opened = gateway.records().findLast(({ type }) => type === 'session.opened');
    const killed = await askApi(gateway, `/v1/sessions/${String(opened?.['session'])}/kill`, {
      token: admin,
      body: {},
    });
    expect(killed.status).toBe(200);
    await told;
    await approve(request);
    expect(await done()).toBe(0);
  });

  it('P12: who lost the group meanwhile runs nothing', async () => {
    const { told } = await waiting('regrouped');
    const request = await openRequest();
    await gateway.setIssuers([mapped({ ...MAP, agents: ['guests'] })]);
    await approve(request);
    expect(await told).not.toBe('ran');
    expect(await done()).toBe(0);
  });

  it('P12: an approver who lost the group meanwhile counts no more', async () => {
    const { told } = await waiting('unapproved');
    const request = await openRequest();
    await gateway.setIssuers([mapped({ ...MAP, dba: ['guests'] })]);
    expect((await approve(request)).status).toBe(404);
    await gateway.setIssuers([mapped(MAP)]);
    await askApi(gateway, `/v1/approvals/${request.id}/deny`, {
      token: dora,
      body: { digest: request.digest },
    });
    expect(await told).not.toBe('ran');
    expect(await done()).toBe(0);
  });

  it('P8: what a newer policy denies does not run, whatever was agreed to under the old one', async () => {
    const { told } = await waiting('overruled');
    const request = await openRequest();
    await gateway.setPolicy(
      `${POLICY}  - { id: no-updates, effect: deny, on: sql, match: { kinds: [UPDATE] } }\n`,
    );
    await approve(request);
    expect(await told).toContain('no-updates');
    expect(await done()).toBe(0);
  });
});
