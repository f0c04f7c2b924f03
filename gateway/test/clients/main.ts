/**
 * `npm run test:clients`: clients that are no npm packages, unchanged but for the URL, against one gateway in front of one
 * PostgreSQL, one in front of an HTTP service, and one in front of an sshd. Arguments name the clients to run; none means all. What the machine cannot install is skipped, and listed.
 */
import { mkdirSync } from 'node:fs';
import path from 'node:path';
import { SHOP_POLICY, startShop, stopShop } from '../e2e/clients/shop.ts';
import type { TestGateway } from '../support/gateway.ts';
import type { HttpGateway } from '../support/http-gateway.ts';
import type { TokenClaims } from '../support/issuer.ts';
import type { TestPostgres } from '../support/postgres.ts';
import { mintCredential } from '../support/session-credentials.ts';
import { browserClient } from './browser-client.ts';
import { type ClientProgram, Unavailable } from './client-program.ts';
import { converse, type Findings } from './conversation.ts';
import { goClient } from './go-client.ts';
import { javaClient } from './java-client.ts';
import { type Machine, startMachine } from './machine.ts';
import { pythonClient } from './python-client.ts';
import { startWeb } from './web-service.ts';

const clients: readonly ClientProgram[] = [
  pythonClient('psycopg', 'psycopg3.py'),
  pythonClient('psycopg2', 'psycopg2_client.py'),
  pythonClient('sqlalchemy', 'sqlalchemy_client.py'),
  pythonClient('asyncpg', 'asyncpg_client.py'),
  javaClient('pgjdbc', 'PgJdbc'),
  goClient('pgx'),
  pythonClient('requests', 'requests_client.py', 'http'),
  pythonClient('httpx', 'httpx_client.py', 'http'),
  browserClient(),
  pythonClient('paramiko', 'paramiko_client.py', 'ssh'),
  pythonClient('asyncssh', 'asyncssh_client.py', 'ssh'),
  pythonClient('ansible', 'ansible_client.py', 'ssh'),
];

/** The rule of docs/postgresql.md for clients that ask for READ WRITE by themselves. */
const READ_WRITE = `
  - id: read-write-transactions
    effect: allow
    on: sql
    match: { groups: [agents], kinds: [SET], settings: [transaction_read_only, default_transaction_read_only] }
`;

const cacheFolder = path.resolve(import.meta.dirname, '../../../.sallyport/clients');
mkdirSync(cacheFolder, { recursive: true });
/** Moves the gateway's clock; tokens of the issuer keep to the real one. */
let aheadMs = 0;
const wanted = process.argv.slice(2);
const unknown = wanted.filter((name) => !clients.some((client) => client.name === name));
if (unknown.length > 0) {
  say(`unknown client ${unknown.join(', ')}: use ${clients.map(({ name }) => name).join(', ')}`);
  process.exit(2);
}
const isWanted = ({ name }: ClientProgram): boolean => wanted.length === 0 || wanted.includes(name);
const needed = new Set(clients.filter(isWanted).map(({ protocol }) => protocol));
const shop = needed.has('postgres')
  ? await startShop({ api: {}, now: () => Date.now() + aheadMs })
  : undefined;
const web = needed.has('http') ? await startWeb() : undefined;
const machine = needed.has('ssh') ? await startMachine() : undefined;
let totals = { passed: 0, failed: 0, skipped: 0 };
for (const client of clients) {
  if (!isWanted(client)) continue;
  const outcome = await runClient(client);
  totals = {
    passed: totals.passed + outcome.passed.length,
    failed: totals.failed + outcome.failed.length,
    skipped: totals.skipped + (outcome.skipped === undefined ? 0 : 1),
  };
}
if (shop !== undefined) await stopShop(shop);
await web?.[Symbol.asyncDispose]();
await machine?.[Symbol.asyncDispose]();
say(`\n${totals.passed} passed, ${totals.failed} failed, ${totals.skipped} clients skipped`);
// Nothing that ran is no success.
process.exitCode = totals.failed === 0 && totals.passed > 0 ? 0 : 1;

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}

async function runClient(client: ClientProgram): Promise<Findings & { readonly skipped?: string }> {
  try {
    const command = await client.prepare(cacheFolder);
    aheadMs = 0;
    const env = await environmentOf(client);
    const findings = await converse({ ...command, env: { ...command.env, ...env } }, (question) =>
      shop === undefined || client.protocol !== 'postgres'
        ? Promise.resolve('done')
        : answer(shop, client, question),
    );
    const { version, passed, failed } = findings;
    say(`${client.name.padEnd(12)} ${version.padEnd(44)} ${passed.length} passed, ${failed.length} failed`);
    for (const failure of failed) say(`  not ok ${failure}`);
    return findings;
  } catch (error) {
    if (!(error instanceof Unavailable)) throw error;
    say(`${client.name.padEnd(12)} SKIPPED: ${error.message}`);
    return { version: '', passed: [], failed: [], skipped: error.message };
  }
}

/** Each client is an agent of its own: what another one was refused is not the same again. */
function claimsOf({ name }: ClientProgram): TokenClaims {
  return { sub: `agent-of-${name}` };
}

function environmentOf(client: ClientProgram): Promise<Readonly<Record<string, string>>> {
  const claims = claimsOf(client);
  if (client.protocol === 'http') return webEnvironment(web, claims);
  return client.protocol === 'ssh' ? machineEnvironment(machine, claims) : shopEnvironment(shop, claims);
}

async function machineEnvironment(
  of: Machine | undefined,
  claims: TokenClaims,
): Promise<Readonly<Record<string, string>>> {
  if (of === undefined) throw new Unavailable('sshd is not installed: apt-get install openssh-server');
  const { gateway, open } = of;
  return {
    SSH_HOST: gateway.host,
    SSH_PORT: String(gateway.port),
    SSH_TOKEN: await gateway.issuer.token(claims),
    SSH_FOLDER: open,
  };
}

async function shopEnvironment(
  of: TestGateway | undefined,
  claims: TokenClaims,
): Promise<Readonly<Record<string, string>>> {
  if (of === undefined) throw new TypeError('no database was started');
  await of.setPolicy(SHOP_POLICY);
  return {
    SALLYPORT_URL: await of.url({ claims }),
    SALLYPORT_CA: of.caFile,
    OTHER_CA: of.postgres.certificate.caFile,
  };
}

async function webEnvironment(
  of: HttpGateway | undefined,
  claims: TokenClaims,
): Promise<Readonly<Record<string, string>>> {
  if (of === undefined) throw new TypeError('no service was started');
  return {
    SALLYPORT_HTTP_URL: of.url,
    SALLYPORT_TOKEN: await of.issuer.token(claims),
    SALLYPORT_CA: of.caFile,
  };
}

/** `credential`: a URL with a new session credential; `token <seconds to live>`, `clock <seconds ahead>`, `policy shop|read-write`, `running <part of a statement>`. */
async function answer(of: TestGateway, client: ClientProgram, question: string): Promise<string> {
  const { issuer, postgres, setPolicy } = of;
  const [verb = '', ...rest] = question.split(' ');
  const value = rest.join(' ');
  switch (verb) {
    case 'credential':
      return (await mintCredential(of, { claims: claimsOf(client) })).url;
    case 'token':
      return await issuer.token({ ...claimsOf(client), expiresIn: Number(value) });
    case 'clock':
      aheadMs = Number(value) * 1000;
      return 'done';
    case 'policy':
      await setPolicy(value === 'read-write' ? SHOP_POLICY + READ_WRITE : SHOP_POLICY);
      return 'done';
    case 'running':
      return await isRunning(postgres, value);
    default:
      return 'unknown question';
  }
}

/** Whether a session of the account runs such a statement, or does so within half a minute. */
async function isRunning(postgres: TestPostgres, part: string): Promise<string> {
  const look = `SELECT 1 FROM pg_stat_activity WHERE state = 'active' AND usename = 'app' AND query LIKE '%${part}%'`;
  const untilMs = Date.now() + 30_000;
  while (Date.now() < untilMs) {
    if ((await postgres.query(look)).length > 0) return 'yes';
  }
  return 'no';
}
