import { execFile } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { chmod, chown, mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import pg from 'pg';
import {
  type PostgresBinaries,
  runnableBinaries,
} from '../../../../examples/quickstart/postgres/binaries.ts';
import { launchPostmaster, shutDown } from '../../../../examples/quickstart/postgres/postmaster.ts';
import {
  CHILD_ENVIRONMENT,
  type SystemUser,
  unprivilegedUser,
} from '../../../../examples/quickstart/postgres/system-user.ts';
import { startWatcher } from '../../../../examples/quickstart/watcher.ts';
import { postgresPrograms } from '../../support/postgres-programs.ts';

/** Which server programs: the newest that Debian has installed, or the ones from npm. */
export type ServerOrigin = 'debian' | 'npm';

/** A throw-away PostgreSQL on loopback whose files the test may replace. */
export interface Cluster extends AsyncDisposable {
  readonly port: number;
  /** Major version. */
  readonly major: number;
  /** A folder of the test's that the server can read. */
  readonly folder: string;
  /** Runs SQL as the superuser, in plaintext and by trust; returns the rows. */
  sql(text: string): Promise<readonly Record<string, unknown>[]>;
  /** Writes files into the data folder and has the server read its configuration again. */
  replace(files: Readonly<Record<string, string>>): Promise<void>;
}

const DEBIAN = '/usr/lib/postgresql';

/**
 * Starts a cluster with TLS on and `files` (certificates, pg_hba.conf) in its data folder. Undefined where Debian's
 * programs are asked for and not installed.
 */
export async function startCluster(
  origin: ServerOrigin,
  files: Readonly<Record<string, string>>,
): Promise<Cluster | undefined> {
  const user = await unprivilegedUser();
  // Not mode 0700: the server may run as another user and must be able to reach its data.
  const folder = await mkdtemp(join(tmpdir(), 'sallyport-upstream-'));
  await chmod(folder, 0o755);
  if (user !== undefined) await chown(folder, user.uid, user.gid);
  const watcher = startWatcher(user, folder);
  const programs =
    origin === 'npm' ? await runnableBinaries(user, folder, postgresPrograms?.folder) : findDebianPrograms();
  if (programs === undefined) {
    await watcher.dismiss();
    return undefined;
  }
  const dataDir = join(folder, 'data');
  await initialise(programs, dataDir, user);
  const place = { dataDir, user };
  await writeOwned(place, files);
  const logFile = join(folder, 'postgresql.log');
  const settings = {
    listen_addresses: '127.0.0.1',
    unix_socket_directories: '',
    ssl: 'on',
    ssl_ca_file: 'client-ca.crt',
    max_connections: '20',
    fsync: 'off',
  };
  const postmaster = await launchPostmaster({
    program: programs.postgres,
    dataDir,
    logFile,
    settings,
    user,
    watcher,
  });
  const sql = (text: string): Promise<readonly Record<string, unknown>[]> => query(postmaster.port, text);
  const [version] = await sql('SHOW server_version_num');
  return {
    port: postmaster.port,
    major: Math.trunc(Number(version?.['server_version_num']) / 10_000),
    folder,
    sql,
    async replace(more) {
      await writeOwned(place, more);
      const loaded = 'SELECT pg_conf_load_time()::text AS at';
      const [before] = await sql(`${loaded} FROM pg_reload_conf()`);
      // The reload is a signal: it has happened when new connections say so.
      while ((await sql(loaded))[0]?.['at'] === before?.['at']);
    },
    async [Symbol.asyncDispose]() {
      await shutDown(postmaster.child);
      await watcher.dismiss();
    },
  };
}

function findDebianPrograms(): PostgresBinaries | undefined {
  if (!existsSync(DEBIAN)) return undefined;
  const majors = readdirSync(DEBIAN).sort((left, right) => Number(right) - Number(left));
  const bin = majors
    .map((major) => join(DEBIAN, major, 'bin'))
    .find((path) => existsSync(join(path, 'initdb')));
  return bin === undefined ? undefined : { initdb: join(bin, 'initdb'), postgres: join(bin, 'postgres') };
}

async function initialise(
  programs: PostgresBinaries,
  dataDir: string,
  user: SystemUser | undefined,
): Promise<void> {
  const flags = ['-D', dataDir, '-U', 'postgres', '-E', 'UTF8', '--locale=C', '--auth=trust', '--no-sync'];
  await promisify(execFile)(programs.initdb, flags, { ...user, cwd: '/', env: { ...CHILD_ENVIRONMENT } });
}

async function writeOwned(
  place: { readonly dataDir: string; readonly user: SystemUser | undefined },
  files: Readonly<Record<string, string>>,
): Promise<void> {
  for (const [name, content] of Object.entries(files)) {
    const path = join(place.dataDir, name);
    await writeFile(path, content, { mode: 0o600 });
    if (place.user !== undefined) await chown(path, place.user.uid, place.user.gid);
  }
}

async function query(port: number, text: string): Promise<readonly Record<string, unknown>[]> {
  const client = new pg.Client({ host: '127.0.0.1', port, user: 'postgres', database: 'postgres' });
  await client.connect();
  try {
    const result = await client.query<Record<string, unknown>>(text);
    return result.rows;
  } finally {
    await client.end();
  }
}
