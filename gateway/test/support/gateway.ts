/** A real gateway in this process, in front of a real PostgreSQL, with a real issuer: what end-to-end suites use. */
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { parseConfig } from '../../src/config/load-config.ts';
import type { Plan } from '../../src/config/schema.ts';
import { type RunningGateway, startGateway } from '../../src/main.ts';
import { protocols } from '../../src/protocols/index.ts';
import { createLog } from '../../src/telemetry/log.ts';
import { AUDIENCE, startTestIssuer, type TestIssuer, type TokenClaims } from './issuer.ts';
import { startTestPostgres, type TestPostgres } from './postgres.ts';
import { createTemporaryFolder } from './temporary-folder.ts';

/** Lets group `agents` open sessions and do everything; suites about policy bring their own. */
export const ALLOW_ALL = `apiVersion: sallyport.dev/v1
rules:
  - { id: everyone-connects, effect: allow, on: connect, match: { groups: [agents] } }
  - { id: everything, effect: allow, on: sql, match: { groups: [agents] } }
`;

/** Options of {@link startTestGateway}. */
export interface TestGatewayOptions {
  /** Policy file text; default {@link ALLOW_ALL}. */
  readonly policy?: string;
  readonly durability?: 'synced' | 'written';
  /** SQL that the superuser runs before the gateway starts. */
  readonly setUp?: string;
  /** Lines of YAML for the listener, such as `allowLoopbackPlaintext: true`. */
  readonly listener?: Readonly<Record<string, unknown>>;
  readonly resource?: Readonly<Record<string, unknown>>;
  readonly identity?: Readonly<Record<string, unknown>>;
  /** Without it, failed authentications are not bounded: suites make many from one address. */
  readonly limits?: Readonly<Record<string, unknown>>;
  /** The key `recording` of the config. */
  readonly recording?: Readonly<Record<string, unknown>>;
  /** The key `approvals` of the config. */
  readonly approvals?: Readonly<Record<string, unknown>>;
  /** Serves the HTTP API, on loopback unless it says where: `api: {}`, `api: { groups: { readers: [auditors] } }`. */
  readonly api?: Readonly<Record<string, unknown>>;
  /** An existing server, which the caller stops. */
  readonly postgres?: TestPostgres;
  readonly now?: () => number;
  readonly logLevel?: 'debug' | 'warn';
}

/** A gateway and what it stands on. */
export interface TestGateway extends AsyncDisposable {
  readonly gateway: RunningGateway;
  readonly postgres: TestPostgres;
  readonly issuer: TestIssuer;
  readonly host: string;
  readonly port: number;
  readonly caFile: string;
  readonly dataDir: string;
  /** URL of the HTTP API; empty without the option `api`. */
  readonly api: string;
  readonly logLines: readonly string[];
  /** A URL that clients use unchanged. */
  url(options?: {
    readonly token?: string;
    readonly user?: string;
    readonly database?: string;
    readonly claims?: TokenClaims;
  }): Promise<string>;
  /** Writes the policy file anew and reloads. */
  setPolicy(text: string): Promise<void>;
  /** Reloads with other issuers, as after a change of the config file. */
  setIssuers(issuers: readonly Readonly<Record<string, unknown>>[]): Promise<void>;
  /** Audit events on file, parsed. */
  records(): readonly AuditRecord[];
  /** The events on file as soon as `isComplete` holds of them; outcomes follow their answers by some milliseconds. */
  recordsUntil(isComplete: (records: readonly AuditRecord[]) => boolean): Promise<readonly AuditRecord[]>;
}

/** An event of the audit, as it was written. */
export type AuditRecord = Readonly<Record<string, unknown>>;

/** The account of the tests: no superuser, owner of the schema `public`. */
const ACCOUNT = 'app';

/** Starts everything; `await using` stops it. */
export async function startTestGateway(options: TestGatewayOptions = {}): Promise<TestGateway> {
  await using undo = new AsyncDisposableStack();
  const postgres = options.postgres ?? undo.use(await startTestPostgres({ settings: { fsync: 'off' } }));
  const folder = undo.use(createTemporaryFolder('gateway'));
  const issuer = undo.use(await startTestIssuer());
  const login = await postgres
    .createRole(ACCOUNT)
    .catch(() => ({ user: ACCOUNT, password: `${ACCOUNT}-secret` }));
  await postgres.query(`GRANT ALL ON SCHEMA public TO ${ACCOUNT}`);
  if (options.setUp !== undefined) await postgres.query(options.setUp);
  const policyFile = path.join(folder.path, 'policy', 'policy.yaml');
  mkdirSync(path.dirname(policyFile));
  writeFileSync(policyFile, options.policy ?? ALLOW_ALL);
  writeFileSync(path.join(folder.path, 'secret'), login.password, { mode: 0o600 });
  const dataDir = path.join(folder.path, 'data');
  const config = {
    dataDir,
    policy: { folder: path.dirname(policyFile) },
    audit: { durability: options.durability ?? 'written' },
    limits: { failedAuthenticationsPerMinute: 1_000_000, ...options.limits },
    identity: { issuers: [{ issuer: issuer.url, audience: [AUDIENCE] }], ...options.identity },
    ...(options.recording === undefined ? {} : { recording: options.recording }),
    ...(options.approvals === undefined ? {} : { approvals: options.approvals }),
    ...(options.api === undefined ? {} : { api: { listen: '127.0.0.1:0', ...options.api } }),
    listeners: [{ protocol: 'postgres', listen: '127.0.0.1:0', ...options.listener }],
    resources: [
      {
        name: 'shop',
        protocol: 'postgres',
        host: postgres.server.host,
        port: postgres.server.port,
        database: 'postgres',
        tls: { mode: 'verify-full', ca: postgres.certificate.caFile },
        accounts: [{ name: ACCOUNT, credential: { file: path.join(folder.path, 'secret') } }],
        ...options.resource,
      },
    ],
  };
  const planOf = (keys: object): Plan => parseConfig(JSON.stringify(keys), { file: 'test.yaml', protocols });
  const logLines: string[] = [];
  const clock = { nowMs: options.now ?? (() => Date.now()) };
  const log = createLog(options.logLevel ?? 'debug', (line) => logLines.push(line), clock.nowMs);
  const gateway = await startGateway(planOf(config), { log, clock });
  undo.defer(() => gateway.stop('test over'));
  const [listener] = gateway.ready.listeners;
  if (listener === undefined || gateway.ready.ca === undefined)
    throw new Error('the gateway has no listener');
  const caFile = gateway.ready.ca;
  const owned = undo.move();
  return {
    gateway,
    postgres,
    issuer,
    host: listener.host,
    port: listener.port,
    caFile,
    dataDir,
    api: gateway.ready.api ?? '',
    logLines,
    async url({ token, user = ACCOUNT, database = 'shop', claims } = {}) {
      const password = token ?? (await issuer.token(claims));
      const target = new URL(`postgres://${listener.host}:${listener.port}/${database}`);
      target.username = user;
      target.password = password;
      target.searchParams.set('sslmode', 'verify-full');
      target.searchParams.set('sslrootcert', caFile);
      return target.href;
    },
    async setPolicy(text) {
      writeFileSync(policyFile, text);
      await gateway.reload();
    },
    setIssuers: (issuers) => gateway.reload(planOf({ ...config, identity: { ...config.identity, issuers } })),
    records: () => readRecords(path.join(dataDir, 'audit')),
    recordsUntil: (isComplete) => pollRecords(path.join(dataDir, 'audit'), isComplete),
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}

/** The events of all segments, in order. */
function readRecords(folder: string): readonly AuditRecord[] {
  return readdirSync(folder)
    .filter((name) => /^\d+\.jsonl$/.test(name))
    .sort()
    .flatMap((name) => readFileSync(path.join(folder, name), 'utf8').split('\n'))
    .filter((line) => line !== '')
    .map((line) => (JSON.parse(line) as { readonly event: AuditRecord }).event);
}

async function pollRecords(
  folder: string,
  isComplete: (records: readonly AuditRecord[]) => boolean,
): Promise<readonly AuditRecord[]> {
  const until = Date.now() + 10_000;
  for (;;) {
    const records = readRecords(folder);
    if (isComplete(records)) return records;
    if (Date.now() > until)
      throw new Error(`the audit lacks something: ${JSON.stringify(records.slice(-5))}`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}
