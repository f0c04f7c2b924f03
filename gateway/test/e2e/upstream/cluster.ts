import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { chmodSync, chownSync, existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A throw-away PostgreSQL on loopback. */
export interface Cluster {
  readonly port: number;
  /** Folder for files of the test; readable by the server. */
  readonly folder: string;
  /** Runs SQL as the superuser over the Unix socket and returns the unaligned rows. */
  sql(text: string, database?: string): string;
  /** Replaces files in the data folder and reloads the configuration. */
  configure(files: Readonly<Record<string, string>>): void;
  stop(): Promise<void>;
}

const DEBIAN = '/usr/lib/postgresql';
const READY = /database system is ready to accept connections/;

/** Folder of the newest Debian server's programs; undefined where none is installed. */
export function findServerPrograms(): string | undefined {
  if (!existsSync(DEBIAN)) return undefined;
  const majors = readdirSync(DEBIAN)
    .map(Number)
    .sort((left, right) => right - left);
  return majors
    .map((major) => join(DEBIAN, String(major), 'bin'))
    .find((bin) => existsSync(join(bin, 'initdb')));
}

/** Starts a cluster with TLS on; `files` go into its data folder (certificates, pg_hba.conf). */
export async function startCluster(
  programs: string,
  files: Readonly<Record<string, string>>,
): Promise<Cluster> {
  const owner = serverUser();
  // Not mode 0700: the server runs as another user and must be able to reach its data.
  const folder = mkdtempSync(join(tmpdir(), 'upstream-'));
  chmodSync(folder, 0o755);
  if (owner !== undefined) chownSync(folder, owner.uid, owner.gid);
  const data = join(folder, 'data');
  const run = { ...owner, cwd: folder, env: { PATH: process.env['PATH'], LC_ALL: 'C' } };
  execFileSync(
    join(programs, 'initdb'),
    ['-D', data, '-U', 'postgres', '-E', 'UTF8', '--no-sync', '--auth=trust', '--no-instructions'],
    { ...run, stdio: 'pipe' },
  );
  const write = (more: Readonly<Record<string, string>>): void => {
    for (const [name, content] of Object.entries(more)) {
      const path = join(data, name);
      writeFileSync(path, content, { mode: 0o600 });
      if (owner !== undefined) chownSync(path, owner.uid, owner.gid);
    }
  };
  write(files);
  const port = await freePort();
  const server = spawn(
    join(programs, 'postgres'),
    [
      '-D',
      data,
      '-p',
      String(port),
      '-h',
      '127.0.0.1',
      '-k',
      folder,
      '-F',
      '-c',
      'ssl=on',
      '-c',
      'log_min_messages=warning',
      '-c',
      'max_connections=30',
    ],
    { ...run, stdio: ['ignore', 'ignore', 'pipe'] },
  );
  await ready(server);
  const sql = (text: string, database = 'postgres'): string =>
    execFileSync(
      join(programs, 'psql'),
      [
        '-XAtq',
        '-v',
        'ON_ERROR_STOP=1',
        '-h',
        folder,
        '-p',
        String(port),
        '-U',
        'postgres',
        '-d',
        database,
        '-c',
        text,
      ],
      run,
    )
      .toString()
      .trimEnd();
  return {
    port,
    folder,
    sql,
    configure(more) {
      write(more);
      sql('SELECT pg_reload_conf()');
    },
    async stop() {
      const over = new Promise((resolve) => server.once('exit', resolve));
      server.kill('SIGINT');
      await over;
      rmSync(folder, { recursive: true });
    },
  };
}

/** PostgreSQL refuses to run as root: then it runs as the system's `postgres`. */
function serverUser(): { readonly uid: number; readonly gid: number } | undefined {
  if (process.getuid?.() !== 0) return undefined;
  const id = (flag: string): number => Number(execFileSync('id', [flag, 'postgres']).toString());
  return { uid: id('-u'), gid: id('-g') };
}

function ready(server: ChildProcess): Promise<void> {
  return new Promise((resolve, reject) => {
    let log = '';
    server.stderr?.setEncoding('utf8').on('data', (text: string) => {
      log = (log + text).slice(-10_000);
      if (READY.test(log)) resolve();
    });
    server.once('exit', () => reject(new Error(`postgres did not start: ${log}`)));
  });
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const probe = createServer();
    probe.once('error', reject);
    probe.listen(0, '127.0.0.1', () => {
      const address = probe.address();
      probe.close(() =>
        typeof address === 'object' && address !== null
          ? resolve(address.port)
          : reject(new Error('no port')),
      );
    });
  });
}
