/**
 * Marked secrets through whole sessions, good and bad: afterwards they are searched for everywhere they could have gone
 * (P6; vulnerability class 15).
 */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { encodeQuery } from '../../../src/protocols/postgres/wire/frontend/query.ts';
import { ALLOW_ALL } from '../../support/gateway.ts';
import { startTestPostgres, type TestPostgres } from '../../support/postgres.ts';
import { RawClient, type RawLogin, rawLogin } from '../../support/raw-client.ts';
import { eventually, type GatewayProcess } from '../process/gateway-process.ts';
import { type GatewaySite, prepareSite } from '../process/gateway-site.ts';

const PASSWORD = 'CanaryUpstreamPassword7f3a';
const WRONG_PASSWORD = 'CanaryWrongPassword91bc';

let postgres: TestPostgres;
let site: GatewaySite;
let gateway: GatewayProcess;
/** Every secret that was used, by what it is. */
const secrets = new Map<string, string>([
  ['the password of the account', PASSWORD],
  ['a password that the server refuses', WRONG_PASSWORD],
]);
/** Everything that clients were told. */
let told = '';
/** Bytes of the server's log that the making of the account left there. */
let logStart = 0;

beforeAll(async () => {
  const logging = { log_connections: 'on', log_statement: 'all', log_min_messages: 'debug1' };
  postgres = await startTestPostgres({ settings: logging });
  site = await prepareSite({
    postgres,
    password: PASSWORD,
    config: { log: { level: 'debug' } },
    moreResources: [
      {
        name: 'locked',
        protocol: 'postgres',
        host: postgres.server.host,
        port: postgres.server.port,
        database: 'postgres',
        tls: { mode: 'verify-full', ca: postgres.certificate.caFile },
        accounts: [{ name: 'app', credential: { env: 'CANARY_WRONG' } }],
      },
    ],
  });
  logStart = serverLog().length;
  gateway = await site.start({ env: { CANARY_WRONG: WRONG_PASSWORD } });
});

afterAll(async () => {
  await gateway[Symbol.asyncDispose]();
  await site[Symbol.asyncDispose]();
  await postgres[Symbol.asyncDispose]();
});

/** Logs in with a secret that is kept in mind, runs texts, and notes everything that came back. */
async function session(
  what: string,
  login: Partial<RawLogin> & { readonly token: string },
  ...texts: readonly string[]
): Promise<void> {
  secrets.set(what, login.token);
  await using client = await RawClient.connect(await rawLogin(gateway, login));
  told += client.greeting.bytes.toString('latin1');
  if (client.greeting.closed) return;
  for (const text of texts) told += (await client.ask(encodeQuery(text))).bytes.toString('latin1');
}

/** The forms in which a secret might turn up; of a token its signature too, which is what makes it one. */
function formsOf(secret: string): readonly string[] {
  const bytes = Buffer.from(secret);
  const parts = secret.split('.').filter((part) => part.length >= 16);
  return [
    secret,
    ...parts.slice(1),
    bytes.toString('base64').replace(/=+$/, '').slice(0, -1),
    bytes.toString('base64url').slice(0, -1),
    bytes.toString('hex'),
  ];
}

function filesUnder(folder: string): readonly string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => path.join(entry.parentPath, entry.name));
}

const serverLog = (): string => readFileSync(postgres.server.logFile, 'latin1');

/** Where each secret may be: the file and the variable that the gateway gets them from. */
const SOURCES = /\/secret$/;

async function places(): Promise<ReadonlyMap<string, string>> {
  const activity = await postgres.query('SELECT * FROM pg_stat_activity');
  const files = filesUnder(site.folder).filter((file) => !SOURCES.test(file));
  return new Map([
    ...files.map((file): [string, string] => [file, readFileSync(file, 'latin1')]),
    ['the log', gateway.output()],
    ['what clients were told', told],
    ['pg_stat_activity', JSON.stringify(activity)],
    ['the log of the server', serverLog().slice(logStart)],
  ]);
}

const QUERIES = [
  "SELECT current_setting('application_name'), session_user, current_user",
  'SELECT * FROM pg_stat_activity',
  'SELECT * FROM pg_settings',
  'SELECT 1/0',
  'SELEC',
  "DO $$ BEGIN RAISE NOTICE 'hello'; END $$",
  'SELECT rolname, rolpassword FROM pg_roles',
  'SELECT * FROM pg_authid',
];

async function everythingThatHappens(): Promise<void> {
  const { issuer } = site;
  const good = await issuer.token({ jti: 'good' });
  await session('a good token', { token: good }, ...QUERIES);
  await session('a token of protocol 3.2', { token: await issuer.token({ jti: 'minor' }), minor: 2 });
  await session('an expired token', { token: await issuer.token({ expiresIn: -900 }) });
  await session('a token for another', { token: await issuer.token({ audience: 'another' }) });
  await session('a token without rights', { token: await issuer.token({ groups: ['strangers'] }) });
  await session('a forged token', { token: `${good.slice(0, -20)}${'A'.repeat(20)}` });
  await session('no token at all', { token: 'CanaryNoToken55d1' });
  await session('a token too long', { token: `CanaryLong${'x'.repeat(70_000)}` });
  await session('a token for a locked door', { token: await issuer.token({ jti: 'l' }), database: 'locked' });
  for (const [parameter, value] of Object.entries({ user: good, database: good, application_name: good })) {
    const login = await rawLogin(gateway, { token: good });
    const misplaced =
      parameter === 'application_name' ? { parameters: { application_name: value } } : { [parameter]: value };
    await using client = await RawClient.connect({ ...login, ...misplaced });
    told += client.greeting.bytes.toString('latin1');
    expect(client.greeting).toMatchObject({ closed: true, errors: [{ code: '28000' }] });
  }
  // A session that lives through a broken policy, and ends with the gateway.
  const live = new pg.Client({ connectionString: await gateway.url({ token: good }) });
  live.on('error', (error) => {
    told += error.message;
  });
  await live.connect();
  writeFileSync(site.policyFile, `${ALLOW_ALL}broken`);
  gateway.kill('SIGHUP');
  await gateway.says(/policy refused/);
}

describe('canary secrets', () => {
  it('P6: are nowhere but where they came from', async () => {
    await everythingThatHappens();
    await eventually(
      () => site.records().filter((one) => one['type'] === 'authentication.failed').length >= 10,
    );
    const before = await places();
    gateway.kill('SIGTERM');
    await gateway.ended();
    const after = await places();
    expect(before.get('pg_stat_activity')).toContain('sallyport/ses_');
    expect(secrets.size).toBe(11);
    const found: string[] = [];
    for (const [what, secret] of secrets) {
      for (const [where, text] of [...before, ...after]) {
        if (formsOf(secret).some((form) => text.includes(form))) found.push(`${what} in ${where}`);
      }
    }
    expect(found).toEqual([]);
  });

  it('can be found: the search sees what it is meant to see', () => {
    const [file = ''] = filesUnder(site.folder).filter((name) => SOURCES.test(name));
    expect(readFileSync(file, 'latin1')).toContain(formsOf(PASSWORD)[0]);
    const encoded = Buffer.from(`${PASSWORD} and more`).toString('base64');
    expect(formsOf(PASSWORD).some((form) => encoded.includes(form))).toBe(true);
  });
});
