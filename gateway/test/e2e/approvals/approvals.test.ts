/** Approvals through a real gateway: an agent's client, approvers by the API and the command line, a receiver of webhooks. */
import { createHmac } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import pg from 'pg';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { followApi } from '../../../src/cli/api-events.ts';
import { runCli } from '../../../src/cli/cli.ts';
import { startTestGateway, type TestGateway } from '../../support/gateway.ts';
import { askApi } from '../api/api-client.ts';

const POLICY = `apiVersion: sallyport.dev/v1
repeats: { after: 2, quarantine: { after: 3, for: 10m } }
rules:
  - { id: connects, effect: allow, on: connect, match: { groups: [agents] } }
  - { id: reads, effect: allow, on: sql, match: { groups: [agents], kinds: [SELECT] } }
  - id: writes
    effect: allow
    on: sql
    match: { groups: [agents], kinds: [UPDATE] }
    approval: { by: [dba], within: 15m, wait: 30s }
`;
const SECRET = 'a-secret-of-thirty-two-characters-or-more';

interface Listed {
  readonly approvals: readonly { readonly id: string; readonly digest: string; readonly status: string }[];
}

let gateway: TestGateway;
let receiver: Server;
let notices: { readonly body: string; readonly signature: string }[];
let tokens: { readonly dba: string; readonly admin: string };

beforeAll(async () => {
  notices = [];
  receiver = createServer((request, response) => {
    let body = '';
    request.setEncoding('utf8');
    request.on('data', (part: string) => (body += part));
    request.on('end', () => {
      notices.push({ body, signature: String(request.headers['sallyport-signature']) });
      response.writeHead(204).end();
    });
  });
  receiver.listen(0, '127.0.0.1');
  await once(receiver, 'listening');
  vi.stubEnv('APPROVALS_HOOK', SECRET);
  const url = `http://127.0.0.1:${(receiver.address() as AddressInfo).port}/`;
  gateway = await startTestGateway({
    policy: POLICY,
    api: {},
    approvals: { webhooks: [{ name: 'chat', url, secret: { env: 'APPROVALS_HOOK' } }] },
    setUp:
      "CREATE TABLE orders (id int PRIMARY KEY, note text); INSERT INTO orders VALUES (1, 'new'); GRANT ALL ON orders TO app;",
  });
  tokens = {
    dba: await gateway.issuer.token({ sub: 'dora', groups: ['dba'], client_id: 'console' }),
    admin: await gateway.issuer.token({ sub: 'root', groups: ['admins'] }),
  };
});

afterAll(async () => {
  await gateway[Symbol.asyncDispose]();
  receiver.closeAllConnections();
  receiver.close();
  vi.unstubAllEnvs();
});

const clients: pg.Client[] = [];
afterEach(async () => {
  for (const client of clients.splice(0)) await client.end().catch(() => undefined);
});

async function agent(sub: string): Promise<pg.Client> {
  const client = new pg.Client({
    connectionString: await gateway.url({ claims: { sub, groups: ['agents'] } }),
  });
  client.on('error', () => undefined);
  await client.connect();
  clients.push(client);
  return client;
}

/** The open request of this summary, as soon as there is one. */
async function openRequest(): Promise<Listed['approvals'][number]> {
  for (;;) {
    const { json } = await askApi(gateway, '/v1/approvals?status=open', { token: tokens.dba });
    const [first] = (json as Listed).approvals;
    if (first !== undefined) return first;
  }
}

async function cli(...argv: readonly string[]): Promise<{ readonly code: number; readonly out: string }> {
  let out = '';
  const options = ['--api', gateway.api, '--ca', gateway.caFile, '--token', tokens.dba];
  const code = await runCli(['approvals', ...argv, ...options], {
    stdout: { write: (text) => (out += text) },
    stderr: { write: (text) => (out += text) },
  });
  return { code, out };
}

async function noteOf(id: number): Promise<string> {
  const rows = await gateway.postgres.query(`SELECT note FROM orders WHERE id = ${id}`);
  return JSON.stringify(rows);
}

describe('vulnerability class 28: an approval', () => {
  it('lets the waiting client go on, once, by the command line; nothing happens before', async () => {
    const client = await agent('bot-1');
    const update = { text: 'UPDATE orders SET note = $1 WHERE id = $2', values: ['approved', 1] };
    const waiting = client.query(update);
    const { id } = await openRequest();
    expect(await noteOf(1)).not.toContain('approved');
    const shown = await cli('show', id);
    expect(shown.out).toContain('UPDATE orders SET note = $1 WHERE id = $2');
    expect(shown.out).toContain('approved');
    expect(await cli('approve', id)).toMatchObject({ code: 0 });
    expect((await waiting).rowCount).toBe(1);
    expect(await noteOf(1)).toContain('approved');
    const again = client.query(update);
    const next = await openRequest();
    expect(next.id).not.toBe(id);
    await cli('deny', next.id, '--comment', 'once was enough');
    await expect(again).rejects.toThrow(/once was enough/);
    const types = gateway.records().map((record) => record['type']);
    expect(types.indexOf('approval.requested')).toBeLessThan(types.indexOf('approval.granted'));
    expect(types.filter((type) => type === 'approval.consumed')).toHaveLength(1);
  });

  it('is pending at once inside of a transaction, and the retry after it passes', async () => {
    const client = await agent('bot-2');
    const update = { text: 'UPDATE orders SET note = $1 WHERE id = $2', values: ['in time', 1] };
    await client.query('BEGIN');
    await expect(client.query(update)).rejects.toMatchObject({
      code: 'SPA01',
      message: expect.stringMatching(/^APPROVAL_PENDING \[apr_/),
    });
    await client.query('ROLLBACK');
    const { id, digest } = await openRequest();
    const answer = await askApi(gateway, `/v1/approvals/${id}/approve`, {
      token: tokens.dba,
      body: { digest },
    });
    expect(answer.status).toBe(200);
    // Another connection of the same: what is bound is the request, not the session.
    const other = await agent('bot-2');
    await other.query('BEGIN');
    expect((await other.query(update)).rowCount).toBe(1);
    await other.query('COMMIT');
  });

  it('does not pass for other values, another agent or another text', async () => {
    const client = await agent('bot-3');
    const text = 'UPDATE orders SET note = $1 WHERE id = $2';
    const ask = async (who: pg.Client, query: pg.QueryConfig): Promise<string> => {
      await who.query('BEGIN');
      const error: unknown = await who.query(query).catch((cause: unknown) => cause);
      await who.query('ROLLBACK');
      return error instanceof Error ? error.message : 'it passed';
    };
    expect(await ask(client, { text, values: ['a', 1] })).toContain('APPROVAL_PENDING');
    const { id } = await openRequest();
    await cli('approve', id);
    const other = await agent('bot-4');
    expect(await ask(client, { text, values: ['b', 1] })).toContain('APPROVAL_PENDING');
    expect(await ask(client, { text: `${text} AND true`, values: ['a', 1] })).toContain('APPROVAL_PENDING');
    expect(await ask(other, { text, values: ['a', 1] })).toContain('APPROVAL_PENDING');
    expect(await ask(client, { text, values: ['a', 1] })).toBe('it passed');
  });

  it('is told to webhooks, signed, without the statement', async () => {
    expect(notices.length).toBeGreaterThan(0);
    for (const { body, signature } of notices) {
      const [, seconds = '', mac] = /^t=(\d+),v1=([0-9a-f]{64})$/.exec(signature) ?? [];
      expect(mac).toBe(createHmac('sha256', SECRET).update(`${seconds}.${body}`).digest('hex'));
      expect(body).not.toContain('SET note');
    }
    const { json } = await askApi(gateway, '/v1/approvals/webhooks', { token: tokens.admin });
    expect(json).toMatchObject({ webhooks: [{ name: 'chat', state: 'ok', failed: 0 }] });
  });
});

describe('a gateway that stops', () => {
  it('waits for nobody: whoever asked is told, and nothing is done', async () => {
    const other = await startTestGateway({ policy: POLICY, api: {}, postgres: gateway.postgres });
    const claims = { sub: 'bot-6', groups: ['agents'] };
    const client = new pg.Client({ connectionString: await other.url({ claims }) });
    client.on('error', () => undefined);
    await client.connect();
    const token = await other.issuer.token({ sub: 'dora', groups: ['dba'], client_id: 'console' });
    const watching = followApi({ api: other.api, ca: other.caFile, token }, '/v1/approvals/events', {
      signal: new AbortController().signal,
      pauseMs: 1,
    });
    expect(await watching.next()).toMatchObject({ value: { event: 'ready' } });
    const waiting = client.query('UPDATE orders SET note = null').catch((error: Error) => error.message);
    expect(await watching.next()).toMatchObject({ value: { event: 'requested' } });
    await other[Symbol.asyncDispose]();
    expect(await waiting).toMatch(/^APPROVAL_PENDING \[apr_|^the gateway is shutting down/);
    expect(await noteOf(1)).not.toContain('null');
    await client.end().catch(() => undefined);
  });
});

describe('nobody approves through the agent that asked', () => {
  it('whatever person its token is of', async () => {
    const client = await agent('bot-5');
    await client.query('BEGIN');
    await client.query("UPDATE orders SET note = 'x'").catch(() => undefined);
    const { id, digest } = await openRequest();
    const token = await gateway.issuer.token({ sub: 'dave', groups: ['dba'] });
    const answer = await askApi(gateway, `/v1/approvals/${id}/approve`, { token, body: { digest } });
    expect(answer).toMatchObject({ status: 403, json: { code: 'ERR_APPROVALS_SELF' } });
    await cli('deny', id);
  });
});

describe('an agent that repeats what was denied', () => {
  it('is told less, then stopped, until an admin lets it go on', async () => {
    const client = await agent('stubborn');
    const denied = async (sql: string): Promise<string> =>
      client.query(sql).then(
        () => 'it passed',
        (error: Error) => error.message,
      );
    expect(await denied('DELETE FROM orders')).not.toContain('the same again');
    expect(await denied('DELETE FROM orders ;')).toContain('the same again, 2 times');
    await denied('DELETE  FROM orders');
    expect(await denied('SELECT 1')).toContain('this run is stopped');
    const { json } = await askApi(gateway, '/v1/quarantines', { token: tokens.admin });
    const [quarantine] = (json as { quarantines: readonly { id: string; subject: string }[] }).quarantines;
    expect(quarantine?.subject).toBe('stubborn');
    const lifted = await askApi(gateway, `/v1/quarantines/${quarantine?.id}/lift`, {
      token: tokens.admin,
      method: 'POST',
    });
    expect(lifted.status).toBe(200);
    expect(await denied('SELECT 1')).toBe('it passed');
    const findings = gateway.records().filter((record) => record['type'] === 'finding.raised');
    expect(findings).toMatchObject([{ count: 2 }, { count: 3 }]);
  });
});
