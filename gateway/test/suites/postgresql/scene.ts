/** Two fresh servers that are alike, one of them behind a gateway that permits everything. */
import { chmodSync, cpSync, mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { startTestGateway, type TestGateway } from '../../support/gateway.ts';
import { startTestPostgres, type TestPostgres } from '../../support/postgres.ts';
import { createTemporaryFolder } from '../../support/temporary-folder.ts';
import type { Side } from './psql-script.ts';
import { SUITE } from './schedule.ts';

/** The database of the suite, and the resource: psql sends its name to both. */
const DATABASE = 'regression';

/** What pg_regress gives its server and database (pg_regress.c, create_database and its temporary instance). */
const SERVER_SETTINGS = { fsync: 'off', max_prepared_transactions: '2', shared_buffers: '128MB' };
const DATABASE_SETTINGS = [
  "lc_messages TO 'C'",
  "lc_monetary TO 'C'",
  "lc_numeric TO 'C'",
  "lc_time TO 'C'",
  "bytea_output TO 'hex'",
  "timezone_abbreviations TO 'Default'",
];

/** Both ways to a server. */
export interface RegressScene extends AsyncDisposable {
  readonly direct: Side;
  readonly through: Side;
  readonly gateway: TestGateway;
  /** Resolves when both servers take connections: what a script does can make one end all its processes and start anew. */
  readonly serving: () => Promise<void>;
}

const RESTART_MS = 60_000;

/** Starts it; the login is the superuser on both sides, as the suite asks for one. */
export async function startRegressScene(): Promise<RegressScene> {
  await using undo = new AsyncDisposableStack();
  const settings = { ...SERVER_SETTINGS };
  const direct = undo.use(await startTestPostgres({ settings }));
  const behind = undo.use(await startTestPostgres({ settings }));
  for (const server of [direct, behind]) await createSuiteDatabase(server);
  const folder = undo.use(createTemporaryFolder('regress')).path;
  chmodSync(folder, 0o755);
  const secret = path.join(folder, 'secret');
  writeFileSync(secret, behind.server.superuser.password, { mode: 0o600 });
  const { user } = behind.server.superuser;
  const gateway = undo.use(
    await startTestGateway({
      postgres: behind,
      logLevel: 'warn',
      resource: {
        name: DATABASE,
        database: DATABASE,
        searchPath: ['$user', 'public'],
        accounts: [{ name: user, credential: { file: secret }, allowSuperuser: true }],
      },
    }),
  );
  const owned = undo.move();
  return {
    direct: {
      url: () => Promise.resolve(direct.url({ database: DATABASE })),
      folder: suiteFolder(folder, 'direct'),
      // The spelling that the gateway gives it.
      options: ['-c search_path="$user",\\ "public"'],
    },
    through: {
      // A run of its own: what was refused again and again is told in other words, whatever other scripts were refused.
      url: (script) => gateway.url({ user, database: DATABASE, claims: { run_id: script, expiresIn: 3600 } }),
      folder: suiteFolder(folder, 'gateway'),
      options: [],
    },
    gateway,
    serving: async () => {
      await Promise.all([direct, behind].map(untilServing));
    },
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}

async function untilServing(server: TestPostgres): Promise<void> {
  for (const until = Date.now() + RESTART_MS; ; ) {
    try {
      await server.query('SELECT 1');
      return;
    } catch (error) {
      if (Date.now() > until) throw error;
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  }
}

async function createSuiteDatabase(server: TestPostgres): Promise<void> {
  await server.query(`CREATE DATABASE ${DATABASE} TEMPLATE template0 ENCODING 'UTF8' LOCALE 'C'`);
  for (const setting of DATABASE_SETTINGS) await server.query(`ALTER DATABASE ${DATABASE} SET ${setting}`);
}

/** The server runs as another user than this process. */
function suiteFolder(folder: string, side: string): string {
  const own = path.join(folder, side);
  cpSync(path.join(SUITE, 'data'), path.join(own, 'data'), { recursive: true });
  mkdirSync(path.join(own, 'results'));
  for (const one of [own, path.join(own, 'results')]) chmodSync(one, 0o777);
  return own;
}
