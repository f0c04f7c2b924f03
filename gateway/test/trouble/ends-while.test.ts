/**
 * Sessions that end from outside while they wait for an approval or while a masked result streams: by revocation of
 * their credential, by an administrator, by expiry. What was held never runs, and nothing leaks or stays open.
 */
import pg from 'pg';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { askApi } from '../e2e/api/api-client.ts';
import { decideApproval } from '../support/approver.ts';
import { type AuditRecord, startTestGateway, type TestGateway } from '../support/gateway.ts';
import { mintCredential, revokeCredential } from '../support/session-credentials.ts';
import { watchFor } from './secret-watch.ts';

const POLICY = `apiVersion: sallyport.dev/v1
rules:
  - { id: connects, effect: allow, on: connect, match: { groups: [agents] } }
  - id: reads
    effect: allow
    on: sql
    match: { groups: [agents], kinds: [SELECT], tables: ['public.people'] }
    mask: [{ columns: ['*.email'], with: redact }]
  - id: writes
    effect: allow
    on: sql
    match: { groups: [agents], kinds: [INSERT] }
    approval: { by: [dba], within: 15m, wait: 120s }
`;
const SECRET = 'ada@hidden.example';
/** Some forty gigabytes of rows: nobody waits for its end. */
const ENDLESS = 'SELECT a.id, a.email, a.filler FROM people a, people b, people c';

let gateway: TestGateway;
let aheadMs = 0;
let n = 0;

beforeAll(async () => {
  gateway = await startTestGateway({
    policy: POLICY,
    api: {},
    identity: { expiryGraceMs: 0 },
    now: () => Date.now() + aheadMs,
    setUp: `CREATE TABLE done (mark text); CREATE TABLE people (id int, email text, filler text);
INSERT INTO people SELECT n, '${SECRET}', repeat('x', 40) FROM generate_series(1, 1000) n; GRANT ALL ON done, people TO app`,
  });
});

afterAll(async () => {
  await gateway[Symbol.asyncDispose]();
});

beforeEach(() => {
  aheadMs = 0;
  n += 1;
});

/** The three ways, each to be used once on a session that was opened with its login. */
interface Way {
  readonly name: string;
  login(): Promise<Login>;
}

interface Login {
  readonly user: string;
  readonly password: string;
  end(session: string): Promise<void>;
}

const claims = (): { sub: string } => ({ sub: `bot-${n}` });

const WAYS: readonly Way[] = [
  {
    name: 'revocation',
    async login() {
      const { id, user, secret } = await mintCredential(gateway, { claims: claims() });
      return {
        user,
        password: secret,
        end: async () => expect(await revokeCredential(gateway, id, claims())).toBe(200),
      };
    },
  },
  {
    name: 'kill',
    async login() {
      const password = await gateway.issuer.token(claims());
      return {
        user: 'app',
        password,
        async end(session) {
          const token = await gateway.issuer.token({ sub: 'root', groups: ['admins'] });
          const path = `/v1/sessions/${session}/kill`;
          expect((await askApi(gateway, path, { token, body: {} })).status).toBe(200);
        },
      };
    },
  },
  {
    name: 'expiry',
    async login() {
      // A minute is as short as a token that lives longer than the login needs on a busy machine.
      const password = await gateway.issuer.token({ ...claims(), expiresIn: 60 });
      return {
        user: 'app',
        password,
        async end() {
          aheadMs = 61_000;
        },
      };
    },
  },
];

const opened = (): AuditRecord | undefined =>
  gateway.records().findLast((one) => one['type'] === 'session.opened');

const closedOf = (session: string): Promise<readonly AuditRecord[]> =>
  gateway.recordsUntil((all) =>
    all.some((one) => one['type'] === 'session.closed' && one['session'] === session),
  );

/** Backends of a session on the server. */
const upstreamOf = async (session: string): Promise<number> =>
  (
    await gateway.postgres.query(
      `SELECT 1 FROM pg_stat_activity WHERE application_name LIKE 'sallyport/${session}%'`,
    )
  ).length;

async function until(condition: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await condition())) await new Promise((resolve) => setTimeout(resolve, 10));
}

/** What an approver is asked. */
async function openRequest(): Promise<string> {
  const token = await gateway.issuer.token({ sub: 'dana', client_id: 'inbox', groups: ['dba'] });
  for (;;) {
    const { json } = await askApi(gateway, '/v1/approvals?status=open', { token });
    const [first] = (json as { approvals: readonly { id: string }[] }).approvals;
    if (first !== undefined) return first.id;
  }
}

describe.each(WAYS)('P12: $name', (way) => {
  it('while an approval is waited for: the client is told, and what was held does not run when it is approved', async () => {
    const login = await way.login();
    const client = await connect(login);
    const session = String(opened()?.['session']);
    const held = client.query(`INSERT INTO done VALUES ('m${n}')`).catch((error: unknown) => error);
    const id = await openRequest();
    await login.end(session);
    expect(await held).toMatchObject({ code: '28000' });
    await until(async () => (await upstreamOf(session)) === 0);
    aheadMs = 0;
    await decideApproval(gateway, id, 'approve');
    const records = await closedOf(session);
    expect(await gateway.postgres.query(`SELECT 1 FROM done WHERE mark = 'm${n}'`)).toEqual([]);
    const ofApproval = records.filter((one) => one['approval'] === id).map((one) => one['type']);
    expect(ofApproval).not.toContain('approval.consumed');
    const intents = records.filter((one) => one['type'] === 'exchange.intent' && one['session'] === session);
    const permitted = intents.filter((one) => one['effect'] === 'permit');
    expect(JSON.stringify(permitted.map((one) => one['request']))).not.toContain('INSERT');
  });

  it('while a masked result streams: it stops, nothing of it leaks, the server works no more', async () => {
    const login = await way.login();
    const client = await connect(login);
    const session = String(opened()?.['session']);
    const watch = watchFor([SECRET]);
    streamOf(client).on('data', (chunk: Buffer) => watch.look(chunk));
    let rows = 0;
    const result = client.query(new pg.Query(ENDLESS));
    // With a listener the rows are not kept.
    result.on('row', () => (rows += 1));
    const failed = new Promise<unknown>((resolve) => result.on('error', resolve));
    await until(() => rows > 10_000);
    await login.end(session);
    // In the middle of a row no error can be told: then the connection ends.
    expect(await failed).toMatchObject({
      message: expect.stringMatching(/POLICY_DENIED|terminated|expired|ended|revoked/),
    });
    await until(async () => (await upstreamOf(session)) === 0);
    expect([...watch.seen]).toEqual([]);
    const records = (await closedOf(session)).filter((one) => one['session'] === session);
    const outcomes = records.filter((one) => one['type'] === 'exchange.outcome');
    expect(outcomes.at(-1)).toMatchObject({ status: expect.stringMatching(/^(cancelled|unknown|error)$/) });
    const recorded = await gateway.recordsUntil((all) =>
      all.some((one) => one['type'] === 'recording.closed' && one['session'] === session),
    );
    expect(recorded.find((one) => one['type'] === 'recording.failed')).toBeUndefined();
  });
});

async function connect({ user, password }: Login): Promise<pg.Client> {
  const target = new URL(await gateway.url());
  target.username = user;
  target.password = password;
  const client = new pg.Client({ connectionString: target.href });
  client.on('error', () => undefined);
  await client.connect();
  return client;
}

/** The socket of a client, as it is inside of node-postgres. */
function streamOf(client: pg.Client): NodeJS.ReadableStream {
  return (client as unknown as { readonly connection: { readonly stream: NodeJS.ReadableStream } }).connection
    .stream;
}
