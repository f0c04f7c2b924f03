/** The HTTP API of a real gateway: real tokens, real sessions, and curl as in the documentation. */
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { verifyAudit } from '../../../src/audit/verify-audit.ts';
import { runCli } from '../../../src/cli/cli.ts';
import { startTestGateway, type TestGateway } from '../../support/gateway.ts';
import { requireTool, tools } from '../../support/installed-tool.ts';
import { startTestIssuer } from '../../support/issuer.ts';
import { runProcess } from '../../support/processes.ts';
import { askApi } from './api-client.ts';

/** What agent B asks, and nobody without a role may read. */
const CANARY = 'canary-of-agent-b';

const GUARDED = (session: string): readonly (readonly [string, string])[] => [
  ['GET', '/v1/sessions'],
  ['GET', `/v1/sessions?principal=agent-b`],
  ['GET', `/v1/sessions/${session}`],
  ['POST', `/v1/sessions/${session}/kill`],
  ['GET', '/v1/audit/head'],
  ['POST', '/v1/audit/verify'],
  ['GET', '/v1/audit/verify/ver_0123456789abcdef'],
  ['GET', '/v1/policy'],
  ['POST', '/v1/policy/explain'],
];

let gateway: TestGateway;
let tokens: { readonly a: string; readonly b: string; readonly reader: string; readonly admin: string };

beforeAll(async () => {
  gateway = await startTestGateway({ api: { groups: { auditors: ['auditors'] } } });
  const token = (sub: string, group: string): Promise<string> =>
    gateway.issuer.token({ sub, groups: [group] });
  tokens = {
    a: await token('agent-a', 'agents'),
    b: await token('agent-b', 'agents'),
    reader: await token('rita', 'auditors'),
    admin: await token('root', 'admins'),
  };
});

afterAll(async () => {
  await gateway[Symbol.asyncDispose]();
});

interface Connected extends AsyncDisposable {
  readonly client: pg.Client;
  readonly session: string;
  /** Resolves with the error that ends the connection. */
  readonly ended: Promise<Error>;
}

async function connect(token: string): Promise<Connected> {
  const client = new pg.Client({ connectionString: await gateway.url({ token }) });
  // Further errors of a connection that is over say nothing new.
  const ended = new Promise<Error>((resolve) => client.on('error', resolve));
  await client.connect();
  const { rows } = await client.query<{ name: string }>("SELECT current_setting('application_name') AS name");
  const session = /^sallyport\/(ses_[0-9a-f]+)/.exec(rows[0]?.name ?? '')?.[1] ?? '';
  return { client, session, ended, [Symbol.asyncDispose]: () => client.end().catch(() => undefined) };
}

function fromAudit(type: string): readonly Record<string, unknown>[] {
  return gateway.records().filter((record) => record['type'] === type);
}

describe('authentication', () => {
  it('class 16: refuses tokens that are foreign, expired, altered or unsigned, each with its code', async () => {
    await using other = await startTestIssuer();
    const [head = '', body = '', signature = ''] = tokens.admin.split('.');
    const flipped = (signature.startsWith('A') ? 'B' : 'A') + signature.slice(1);
    const none = Buffer.from('{"alg":"none","typ":"at+jwt"}').toString('base64url');
    const cases: readonly (readonly [string, string])[] = [
      [
        await gateway.issuer.token({ groups: ['admins'], audience: 'another' }),
        'ERR_IDENTITY_TOKEN_AUDIENCE',
      ],
      [await gateway.issuer.token({ groups: ['admins'], expiresIn: -120 }), 'ERR_IDENTITY_TOKEN_EXPIRED'],
      [await other.token({ groups: ['admins'] }), 'ERR_IDENTITY_TOKEN_ISSUER'],
      [`${head}.${body}.${flipped}`, 'ERR_IDENTITY_TOKEN_SIGNATURE'],
      [`${none}.${body}.${signature}`, 'ERR_IDENTITY_TOKEN_ALGORITHM'],
    ];
    for (const [token, code] of cases) {
      const { status, json } = await askApi(gateway, '/v1/sessions', { token });
      expect([status, (json as { code: string }).code]).toEqual([401, code]);
    }
    // What was enqueued is on file once something behind it is.
    await askApi(gateway, '/v1/whoami', { token: tokens.admin });
    const refused = fromAudit('authentication.failed').filter(({ protocol }) => protocol === 'api');
    expect(refused.map(({ code }) => code)).toEqual(cases.map(([, code]) => code));
  });

  it('class 22: answers to its own names only, over the wire as well', async () => {
    const { status, json } = await askApi(gateway, '/healthz', { headers: { host: 'attacker.example' } });
    expect([status, (json as { code: string }).code]).toEqual([421, 'ERR_API_HOST']);
    expect(
      (await askApi(gateway, '/healthz', { headers: { host: `localhost:${new URL(gateway.api).port}` } }))
        .status,
    ).toBe(200);
    expect((await askApi(gateway, '/readyz')).json).toEqual({
      ready: true,
      audit: true,
      policy: true,
      issuers: true,
    });
  });
});

describe('tenants', () => {
  it('class 35: nothing of one principal reaches another that has no role, by no path', async () => {
    await using other = await connect(tokens.b);
    await other.client.query(`SELECT '${CANARY}'`);
    const asked = GUARDED(other.session);
    for (const [method, target] of asked) {
      const { status, text } = await askApi(gateway, target, { token: tokens.a, method });
      expect([method, target, status]).toEqual([method, target, 403]);
      for (const secret of [CANARY, 'agent-b', other.session]) expect(text).not.toContain(secret);
    }
    const own = await askApi(gateway, '/v1/whoami', { token: tokens.a });
    expect(own.text).not.toContain('agent-b');
    const denials = fromAudit('api.access').filter(({ outcome }) => outcome === 'deny');
    expect(denials.map(({ method }) => method)).toEqual(asked.map(([method]) => method));
    expect((await other.client.query('SELECT 1 AS alive')).rows).toEqual([{ alive: 1 }]);
  });

  it('class 13: a reader who knows the id of a session can read it, and not end it', async () => {
    await using other = await connect(tokens.b);
    const seen = await askApi(gateway, `/v1/sessions/${other.session}`, { token: tokens.reader });
    expect(seen.json).toMatchObject({
      session: { principal: { subject: 'agent-b' }, live: true, state: 'open' },
    });
    const kill = await askApi(gateway, `/v1/sessions/${other.session}/kill`, {
      token: tokens.reader,
      method: 'POST',
    });
    expect(kill.status).toBe(403);
    expect((await other.client.query('SELECT 1 AS alive')).rows).toEqual([{ alive: 1 }]);
  });

  it('says whether a resource answers, and since when, and tells no address of it', async () => {
    const read = async (): Promise<{ readonly state: string } | undefined> => {
      const { json } = await askApi(gateway, '/v1/resources', { token: tokens.reader });
      const { resources } = json as {
        readonly resources: readonly { readonly health?: { state: string } }[];
      };
      expect(JSON.stringify(resources)).not.toContain(String(gateway.postgres.server.port));
      return resources[0]?.health;
    };
    let health = await read();
    while (health?.state === 'unknown') health = await read();
    expect(health).toMatchObject({
      state: 'reachable',
      since: expect.any(String),
      checkedAt: expect.any(String),
    });
    expect(health).not.toHaveProperty('lastFailure');
  });

  it('tells an agent what it may connect to', async () => {
    expect((await askApi(gateway, '/v1/whoami', { token: tokens.a })).json).toMatchObject({
      principal: { subject: 'agent-a', groups: ['agents'], agent: 'test-agent' },
      roles: [],
      resources: [
        { name: 'shop', protocol: 'postgres', targets: [{ database: 'postgres', account: 'app' }] },
      ],
    });
    expect((await askApi(gateway, '/v1/whoami', { token: tokens.reader })).json).toMatchObject({
      resources: [],
    });
  });
});

describe('kill', () => {
  it('P12: cancels what runs on the server, tells the client why, and is on record before the end of the session', async () => {
    await using victim = await connect(tokens.a);
    await using bystander = await connect(tokens.b);
    const running = victim.client.query('SELECT pg_sleep(120)').catch((error: Error) => error);
    const isAsleep = async (): Promise<boolean> =>
      (await gateway.postgres.query("SELECT 1 FROM pg_stat_activity WHERE wait_event = 'PgSleep'")).length >
      0;
    while (!(await isAsleep()));
    const answer = await askApi(gateway, `/v1/sessions/${victim.session}/kill`, {
      token: tokens.admin,
      body: { reason: 'runaway agent' },
    });
    expect(answer).toMatchObject({ status: 200, json: { session: victim.session, killed: true } });
    expect(await running).toMatchObject({
      severity: 'FATAL',
      message: 'an administrator ended this session: runaway agent',
    });
    while (await isAsleep());
    expect((await bystander.client.query('SELECT 1 AS alive')).rows).toEqual([{ alive: 1 }]);
    const closed = async (): Promise<unknown> =>
      (await askApi(gateway, `/v1/sessions/${victim.session}`, { token: tokens.reader })).json;
    expect(await closed()).toMatchObject({ session: { state: 'closed', live: false, reason: 'killed' } });
    const order = gateway.records().filter((record) => JSON.stringify(record).includes(victim.session));
    const kinds = order.map(({ type }) => type);
    const kill = order.findIndex(({ route }) => route === '/v1/sessions/{id}/kill');
    expect(order[kill]).toMatchObject({
      principal: { subject: 'root' },
      outcome: 'permit',
      details: { session: victim.session, reason: 'runaway agent' },
    });
    expect(kinds.indexOf('session.closed')).toBeGreaterThan(kill);
  });

  it('works by the command line', async () => {
    await using victim = await connect(tokens.a);
    const said = { out: '', err: '' };
    const io = {
      stdout: { write: (text: string) => (said.out += text) },
      stderr: { write: (text: string) => (said.err += text) },
    };
    const options = ['--api', gateway.api, '--ca', gateway.caFile, '--token', tokens.admin];
    expect(await runCli(['sessions', 'kill', victim.session, ...options], io)).toBe(0);
    expect(said).toEqual({ out: `killed ${victim.session}\n`, err: '' });
    expect((await victim.ended).message).toBe('an administrator ended this session');
    expect(await runCli(['sessions', 'kill', victim.session, ...options], io)).toBe(1);
  });
});

describe('docs/api.md', () => {
  it('has examples that work as they are printed', async (context) => {
    const curl = requireTool(context, tools.curl);
    await using victim = await connect(tokens.a);
    const page = readFileSync(path.join(import.meta.dirname, '../../../../docs/api.md'), 'utf8');
    const script = [...page.matchAll(/^```sh\n(.*?)^```$/gms)].map(([, text]) => text).join('\necho\n');
    expect(script.match(/^ask /gm)?.length).toBeGreaterThanOrEqual(7);
    const result = await runProcess('sh', ['-eu', '-c', script], {
      env: {
        PATH: `${path.dirname(curl)}:${process.env['PATH'] ?? ''}`,
        SALLYPORT_API: gateway.api,
        SALLYPORT_CA: gateway.caFile,
        SALLYPORT_TOKEN: tokens.admin,
        SESSION: victim.session,
      },
    });
    expect(result).toMatchObject({ code: 0, stderr: '' });
    for (const part of [
      '"roles":["viewer","auditor","admin"]',
      victim.session,
      '"anchor":"',
      '"ok":true',
      '"killed":true',
    ]) {
      expect(result.stdout).toContain(part);
    }
    expect(result.stdout).toContain('"explanations":[{"decision":{"effect":"deny"');
    expect((await victim.ended).message).toBe('an administrator ended this session: runaway agent');
  });
});

describe('the record', () => {
  it('class 33: the audit with all these accesses verifies', async () => {
    const report = await verifyAudit(gateway.dataDir);
    expect(report).toMatchObject({ ok: true, findings: [] });
    expect(fromAudit('api.access').length).toBeGreaterThan(15);
  });

  it('P6, class 35: auditors download it over the wire, whole and without tokens, and agents do not', async () => {
    const read = (token: string, query = ''): ReturnType<typeof askApi> =>
      askApi(gateway, `/v1/audit/records${query}`, { token });
    expect(await read(tokens.a)).toMatchObject({ status: 403, json: { code: 'ERR_API_FORBIDDEN' } });
    const { status, text } = await read(tokens.reader, '?format=jsonl');
    expect(status).toBe(200);
    const numbers = text
      .trimEnd()
      .split('\n')
      .map((line) => (JSON.parse(line) as { readonly seq: number }).seq);
    expect(numbers.length).toBeGreaterThan(30);
    expect(numbers).toEqual(numbers.map((_, index) => index + 1));
    const ocsf = await read(tokens.reader);
    expect(ocsf.text).toContain('"class_uid":6005');
    for (const token of Object.values(tokens))
      for (const part of token.split('.').slice(1)) expect(text + ocsf.text).not.toContain(part);
  });

  it('P6, class 15: no token is in the audit or in the log', () => {
    const folder = path.join(gateway.dataDir, 'audit');
    const files = readdirSync(folder).map((name) => readFileSync(path.join(folder, name), 'utf8'));
    const everything = [...files, ...gateway.logLines].join('\n');
    for (const token of Object.values(tokens)) {
      for (const part of token.split('.').slice(1)) expect(everything).not.toContain(part);
    }
  });
});
