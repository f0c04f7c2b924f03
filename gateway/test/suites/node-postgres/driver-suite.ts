/** node-postgres' own integration tests, each file a process as its Makefile runs it. */
import { cpSync, mkdirSync, readdirSync, symlinkSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { runProcess } from '../../support/processes.ts';

const FIXTURES = path.join(import.meta.dirname, 'fixtures');
const STAND_INS = path.join(import.meta.dirname, 'stand-ins');
const driver = path.dirname(createRequire(import.meta.url).resolve('pg/package.json'));
const modules = path.dirname(driver);

/** A folder in which the suite finds what it asks for: the driver that we use as `lib`, small stand-ins for its other modules. */
export function layOutSuite(folder: string): void {
  cpSync(FIXTURES, folder, { recursive: true });
  symlinkSync(path.join(driver, 'lib'), path.join(folder, 'lib'));
  for (const file of readdirSync(STAND_INS)) {
    const own = path.join(folder, 'node_modules', path.basename(file, '.cjs'));
    mkdirSync(own, { recursive: true });
    cpSync(path.join(STAND_INS, file), path.join(own, 'index.js'));
  }
}

const OWN_SERVER = 'talks to a server of its own only';

/** Tests that do not run, with the reason. */
export const LEFT_OUT_TESTS: ReadonlyMap<string, string> = new Map([
  ['client/connection-timeout', OWN_SERVER],
  ['client/network-partition', OWN_SERVER],
  [
    'connection-pool/error',
    'ends a socket after a fixed time, when a busy machine may not have connected yet, with and without the gateway',
  ],
  [
    'gh-issues/130',
    'starts a psql that is told nothing of certificates, with a process id in what it prints; it fails with and without the gateway',
  ],
]);

/** Names of its integration tests: `client/api`, `gh-issues/130`. */
export function driverTests(): readonly string[] {
  const folder = path.join(FIXTURES, 'test', 'integration');
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('-tests.js'))
    .map((file) => file.slice(0, -'-tests.js'.length))
    .filter((name) => !LEFT_OUT_TESTS.has(name))
    .sort();
}

/** Makes the table that the tests read. */
export async function createTestTables(folder: string, url: string): Promise<void> {
  const { code, stdout, stderr } = await run(folder, path.join('script', 'create-test-tables.js'), url);
  if (code !== 0) throw new Error(`the tables were not made: ${stdout}${stderr}`);
}

/** Runs one test file and resolves with what it printed and how it ended; Latin 1, so that each byte is a character of its own. */
export async function runDriverTest(folder: string, name: string, url: string): Promise<string> {
  const result = await run(folder, path.join('test', 'integration', `${name}-tests.js`), url);
  const end = result.code === undefined ? `signal ${result.signal}` : `exit code ${result.code}`;
  const output = `${result.stdout}${result.stderr}${end}`
    .replaceAll(folder, '/suite')
    .replaceAll(modules, '/node_modules');
  return Buffer.from(output).toString('latin1');
}

function run(folder: string, file: string, url: string): ReturnType<typeof runProcess> {
  const target = new URL(url);
  return runProcess(process.execPath, ['--no-deprecation', path.join(folder, file), 'postgres://'], {
    cwd: folder,
    timeoutMs: 120_000,
    env: {
      // What the driver's own modules need is found beside the driver.
      NODE_PATH: modules,
      PGHOST: target.hostname,
      PGPORT: target.port,
      PGUSER: decodeURIComponent(target.username),
      PGPASSWORD: decodeURIComponent(target.password),
      PGDATABASE: target.pathname.slice(1),
      PGSSLMODE: 'verify-full',
      NODE_EXTRA_CA_CERTS: target.searchParams.get('sslrootcert') ?? '',
      PGPASSFILE: '/dev/null',
      PGTESTNOSSL: '',
      TEST_TIMEOUT: '30000',
    },
  });
}
