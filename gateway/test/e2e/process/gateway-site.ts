/** A folder with config, policy and data of a gateway, and what it needs around it: issuer and real PostgreSQL. */
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { ALLOW_ALL, type AuditRecord } from '../../support/gateway.ts';
import { AUDIENCE, startTestIssuer, type TestIssuer } from '../../support/issuer.ts';
import { startTestPostgres, type TestPostgres } from '../../support/postgres.ts';
import { type ProcessResult, runProcess } from '../../support/processes.ts';
import { createTemporaryFolder } from '../../support/temporary-folder.ts';
import { type GatewayProcess, startGatewayProcess } from './gateway-process.ts';

/** The command line's entry, as `npx sallyport` runs it. */
export const SALLYPORT: string = path.join(import.meta.dirname, '../../../bin/sallyport.js');

/** Keys of the config file, as a test wants to have them. */
export type ConfigChange = Readonly<Record<string, unknown>>;

/** Options of {@link prepareSite}. */
export interface SiteOptions {
  /** An existing server, which the caller stops. */
  readonly postgres?: TestPostgres;
  /** Policy file text; everything is allowed without it. */
  readonly policy?: string;
  /** Of the account on the server, where it is made here. */
  readonly password?: string;
  /** SQL that the superuser runs first. */
  readonly setUp?: string;
  /** Replaces whole top-level keys of the config. */
  readonly config?: ConfigChange;
  /** Keys of the one listener. */
  readonly listener?: ConfigChange;
  /** Keys of the resource `shop`. */
  readonly resource?: ConfigChange;
  /** Resources beside it. */
  readonly moreResources?: readonly ConfigChange[];
}

/** How a gateway process is started. */
export interface StartOptions {
  /** Stand before the script. */
  readonly nodeFlags?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  /** Another one than the site's. */
  readonly configFile?: string;
}

/** Everything a gateway process needs; many may be started on it, one after the other or at once. */
export interface GatewaySite extends AsyncDisposable {
  readonly postgres: TestPostgres;
  readonly issuer: TestIssuer;
  readonly folder: string;
  readonly dataDir: string;
  readonly configFile: string;
  readonly policyFile: string;
  /** Starts `sallyport serve` and waits until it is ready. */
  start(options?: StartOptions): Promise<GatewayProcess>;
  /** Runs the command line to its end. */
  run(...args: readonly string[]): Promise<ProcessResult>;
  /** Audit events on file. */
  records(): readonly AuditRecord[];
}

/** Environment of every process: a compile cache makes the many starts affordable. */
export const ENVIRONMENT: Readonly<Record<string, string>> = {
  NODE_COMPILE_CACHE: path.join(os.tmpdir(), 'sallyport-test-compile-cache'),
};

/** Starts a gateway that tells its memory: see {@link GatewayProcess.memory}. */
export const MEASURED: StartOptions = {
  nodeFlags: [
    '--expose-gc',
    '--import',
    pathToFileURL(path.join(import.meta.dirname, 'report-memory-child.ts')).href,
  ],
};

/** Prepares a site; its processes are the caller's to stop. */
export async function prepareSite(options: SiteOptions = {}): Promise<GatewaySite> {
  await using undo = new AsyncDisposableStack();
  const postgres = options.postgres ?? undo.use(await startTestPostgres());
  const issuer = undo.use(await startTestIssuer());
  const folder = undo.use(createTemporaryFolder('process')).path;
  const { password = 'app-secret' } = options;
  const [known] = await postgres.query("SELECT 1 FROM pg_roles WHERE rolname = 'app'");
  if (known === undefined) await postgres.query(`CREATE ROLE app LOGIN PASSWORD '${password}'`);
  await postgres.query('GRANT ALL ON SCHEMA public TO app');
  if (options.setUp !== undefined) await postgres.query(options.setUp);
  const dataDir = path.join(folder, 'data');
  const policyFile = path.join(folder, 'policy', 'policy.yaml');
  mkdirSync(path.dirname(policyFile));
  writeFileSync(policyFile, options.policy ?? ALLOW_ALL);
  writeFileSync(path.join(folder, 'secret'), password, { mode: 0o600 });
  const configFile = path.join(folder, 'sallyport.yaml');
  const config: ConfigChange & { readonly dataDir: string } = {
    dataDir,
    policy: { folder: path.dirname(policyFile) },
    audit: { durability: 'written' },
    // Hostile suites fail to authenticate thousands of times, from one address.
    limits: { failedAuthenticationsPerMinute: 1_000_000 },
    identity: { issuers: [{ issuer: issuer.url, audience: [AUDIENCE] }] },
    listeners: [{ protocol: 'postgres', listen: '127.0.0.1:0', ...options.listener }],
    resources: [
      {
        name: 'shop',
        protocol: 'postgres',
        host: postgres.server.host,
        port: postgres.server.port,
        database: 'postgres',
        tls: { mode: 'verify-full', ca: postgres.certificate.caFile },
        accounts: [{ name: 'app', credential: { file: path.join(folder, 'secret') } }],
        ...options.resource,
      },
      ...(options.moreResources ?? []),
    ],
    ...options.config,
  };
  writeFileSync(configFile, JSON.stringify(config, undefined, 2));
  const owned = undo.move();
  return {
    postgres,
    issuer,
    folder,
    dataDir: config.dataDir,
    configFile,
    policyFile,
    start: ({ nodeFlags = [], env = {}, configFile: file = configFile } = {}) =>
      startGatewayProcess([...nodeFlags, SALLYPORT, 'serve', '-c', file], {
        env: { ...ENVIRONMENT, ...env },
        issuer,
      }),
    run: (...args) => runProcess(process.execPath, [SALLYPORT, ...args], { env: ENVIRONMENT }),
    records: () => readAudit(config.dataDir),
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}

/** The events of all segments of a data folder, in order; a torn last line is left out. */
export function readAudit(dataDir: string): readonly AuditRecord[] {
  const folder = path.join(dataDir, 'audit');
  return readdirSync(folder)
    .filter((name) => /^\d+\.jsonl$/.test(name))
    .sort()
    .flatMap((name) => readFileSync(path.join(folder, name), 'utf8').split('\n').slice(0, -1))
    .map((line) => (JSON.parse(line) as { readonly event: AuditRecord }).event);
}
