/** What `sallyport doctor` examines in tests: a config on disk, a real PostgreSQL, a real issuer. */
import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { runCli } from '../../../src/cli/cli.ts';
import { AUDIENCE, startTestIssuer, type TestIssuer } from '../../support/issuer.ts';
import { startTestPostgres, type TestPostgres } from '../../support/postgres.ts';
import { createTemporaryFolder } from '../../support/temporary-folder.ts';

/** What a command printed. */
export interface Ran {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

/** Runs one command line of the CLI in this process. */
export async function run(...argv: readonly string[]): Promise<Ran> {
  const texts = { out: '', err: '' };
  const code = await runCli(argv, {
    stdout: { write: (text) => (texts.out += text) },
    stderr: { write: (text) => (texts.err += text) },
  });
  return { code, ...texts };
}

/** Config keys that a test sets differently. */
export interface ConfigChange {
  readonly resource?: Readonly<Record<string, unknown>>;
  readonly more?: Readonly<Record<string, unknown>>;
}

/** A site to be examined. */
export interface DoctorSite extends AsyncDisposable {
  readonly folder: string;
  readonly dataDir: string;
  readonly postgres: TestPostgres;
  readonly issuer: TestIssuer;
  readonly policyFile: string;
  /** Writes a config file and returns its path. */
  config(change?: ConfigChange): string;
}

/** Policy of the tests: one group that nobody has. */
export const POLICY = `apiVersion: sallyport.dev/v1
rules:
  - { id: connects, effect: allow, on: connect, match: { groups: [agents] } }
  - { id: reads, effect: allow, on: sql, match: { groups: [agents], kinds: [SELECT], tables: ["public.*"] } }
  - { id: reports, effect: allow, on: sql, match: { groups: [reporters], kinds: [SELECT], tables: ["public.*"] } }
`;

/** Makes a site. */
export async function startDoctorSite(): Promise<DoctorSite> {
  await using undo = new AsyncDisposableStack();
  const folder = undo.use(createTemporaryFolder('doctor')).path;
  const postgres = undo.use(await startTestPostgres({ settings: { fsync: 'off' } }));
  const issuer = undo.use(await startTestIssuer());
  const { password } = await postgres.createRole('app');
  const policyFile = path.join(folder, 'policy', 'policy.yaml');
  const dataDir = path.join(folder, 'data');
  mkdirSync(path.dirname(policyFile));
  mkdirSync(dataDir, { mode: 0o700 });
  writeFileSync(policyFile, POLICY);
  writeFileSync(path.join(folder, 'secret'), password, { mode: 0o600 });
  let configs = 0;
  const owned = undo.move();
  return {
    folder,
    dataDir,
    postgres,
    issuer,
    policyFile,
    config({ resource = {}, more = {} } = {}) {
      configs += 1;
      const file = path.join(folder, `sallyport-${configs}.yaml`);
      const shop = {
        name: 'shop',
        protocol: 'postgres',
        host: postgres.server.host,
        port: postgres.server.port,
        database: 'postgres',
        tls: { mode: 'verify-full', ca: postgres.certificate.caFile },
        accounts: [{ name: 'app', credential: { file: path.join(folder, 'secret') } }],
        ...resource,
      };
      const config = {
        dataDir,
        policy: { folder: path.dirname(policyFile) },
        identity: { issuers: [{ issuer: issuer.url, audience: [AUDIENCE] }] },
        listeners: [{ protocol: 'postgres', listen: '127.0.0.1:0' }],
        resources: [shop],
        ...more,
      };
      writeFileSync(file, JSON.stringify(config));
      return file;
    },
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}
