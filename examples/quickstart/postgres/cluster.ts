/** Makes the data directory of a throw-away PostgreSQL: SCRAM from the first second, loopback only. */
import { execFile } from 'node:child_process';
import { chown, mkdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { QuickstartError } from '../errors.ts';
import { CHILD_ENVIRONMENT, type SystemUser } from './system-user.ts';

/** Certificate and private key of the server, PEM. */
export interface ServerTls {
  readonly cert: string;
  readonly key: string;
}

/** Where the superuser's password lives between two starts on one data directory. */
const PASSWORD_FILE = 'sallyport-superuser';

/** What {@link createCluster} needs to know. */
export interface ClusterOptions {
  readonly initdb: string;
  readonly dataDir: string;
  readonly user: SystemUser | undefined;
  readonly superuser: string;
  readonly password: string;
  /** From PostgreSQL 17 on: it sorts alike on every machine. Otherwise the system's `C.UTF-8`, in the order of bytes. */
  readonly hasBuiltinLocale: boolean;
  /** Called with the pid of initdb while it runs. */
  readonly onProcess: (pid: number) => void;
}

/** The superuser's password of an existing cluster; undefined when `dataDir` holds none yet. */
export async function existingPassword(dataDir: string): Promise<string | undefined> {
  if ((await stat(path.join(dataDir, 'PG_VERSION')).catch(() => undefined)) === undefined) return undefined;
  const password = await readFile(path.join(dataDir, PASSWORD_FILE), 'utf8').catch((cause: unknown) => {
    throw new QuickstartError(
      'ERR_QUICKSTART_POSTGRES_OPTIONS',
      `${dataDir} holds a PostgreSQL that was not made here (no ${PASSWORD_FILE}); choose another folder`,
      { cause },
    );
  });
  return password.trim();
}

/** Runs initdb. Throws `ERR_QUICKSTART_POSTGRES_INITDB` with what initdb said. */
export async function createCluster(options: ClusterOptions): Promise<void> {
  const { dataDir, user } = options;
  await mkdir(dataDir, { recursive: true, mode: 0o700 });
  if (user !== undefined) await chown(dataDir, user.uid, user.gid);
  // initdb insists on an empty folder, so the password waits beside it.
  const passwordFile = `${dataDir}.password`;
  await writeOwned(passwordFile, `${options.password}\n`, user);
  try {
    await runInitdb(options, passwordFile);
  } finally {
    await rm(passwordFile, { force: true });
  }
  await writeOwned(path.join(dataDir, PASSWORD_FILE), `${options.password}\n`, user);
}

/** Writes `pg_hba.conf` and, with TLS, the certificate files; returns the settings that belong to them. */
export async function configureCluster(
  dataDir: string,
  user: SystemUser | undefined,
  options: { readonly tls?: ServerTls; readonly hba?: string; readonly listen?: string },
): Promise<Readonly<Record<string, string>>> {
  const { tls, listen } = options;
  // A server that speaks TLS takes no password outside of it, unless the caller writes its own rules.
  const hba =
    options.hba ??
    `${tls === undefined ? 'host' : 'hostssl'} all all ${listen === undefined ? '127.0.0.1/32' : 'all'} scram-sha-256`;
  await writeOwned(path.join(dataDir, 'pg_hba.conf'), `${hba}\n`, user);
  if (tls === undefined) return { ssl: 'off' };
  await writeOwned(path.join(dataDir, 'server.crt'), tls.cert, user);
  await writeOwned(path.join(dataDir, 'server.key'), tls.key, user);
  return { ssl: 'on', ssl_cert_file: 'server.crt', ssl_key_file: 'server.key' };
}

function runInitdb(options: ClusterOptions, passwordFile: string): Promise<void> {
  const flags = [
    `--pgdata=${options.dataDir}`,
    `--username=${options.superuser}`,
    `--pwfile=${passwordFile}`,
    '--auth=scram-sha-256',
    '--encoding=UTF8',
    '--locale=C',
    ...(options.hasBuiltinLocale
      ? ['--locale-provider=builtin', '--builtin-locale=C.UTF-8']
      : ['--lc-ctype=C.UTF-8']),
    '--no-sync',
    '--no-instructions',
  ];
  return new Promise((resolve, reject) => {
    const child = execFile(
      options.initdb,
      flags,
      { ...options.user, env: { ...CHILD_ENVIRONMENT }, cwd: '/', timeout: 120_000 },
      (error, stdout, stderr) => {
        if (error === null) return resolve();
        const said = (stderr.trim() || stdout.trim() || error.message).split('\n').slice(-4).join('; ');
        reject(new QuickstartError('ERR_QUICKSTART_POSTGRES_INITDB', `initdb failed: ${said}`));
      },
    );
    if (child.pid !== undefined) options.onProcess(child.pid);
  });
}

/** Replaces a file that only `user` may read; independent of the umask. */
async function writeOwned(file: string, content: string, user: SystemUser | undefined): Promise<void> {
  await rm(file, { force: true });
  await writeFile(file, content, { mode: 0o600, flag: 'wx' });
  if (user !== undefined) await chown(file, user.uid, user.gid);
}
