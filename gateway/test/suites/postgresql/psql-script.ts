/** One script through Debian's psql, as pg_regress runs it (pg_regress_main.c, psql_start_test). */
import { spawn } from 'node:child_process';
import { closeSync, openSync, readFileSync, rmSync } from 'node:fs';
import path from 'node:path';
import { scriptFile } from './schedule.ts';

/** A server as psql sees it: PostgreSQL itself, or the gateway in front of another one. */
export interface Side {
  /** Connection URL for a script, whose database is the same on both sides. */
  readonly url: (script: string) => Promise<string>;
  /** A folder that the server may read and write, with the suite's `data/` and an empty `results/`. */
  readonly folder: string;
  /** Further switches of PGOPTIONS. */
  readonly options: readonly string[];
}

/** A script that takes longer is ended; its output is then what it said until there. */
const TIMEOUT_MS = 900_000;

/**
 * Runs a script and resolves with all that psql wrote, both streams in one as pg_regress keeps them. Latin 1, so that each byte is a
 * character of its own.
 *
 * @throws Error when it does not end in time
 */
export async function runScript(program: string, name: string, side: Side): Promise<string> {
  const target = new URL(await side.url(name));
  const file = path.join(side.folder, 'results', `${name}.psql`);
  const [input, output] = [openSync(scriptFile(name), 'r'), openSync(file, 'w')];
  const toggles = ['-v', 'HIDE_TABLEAM=on', '-v', 'HIDE_TOAST_COMPRESSION=on'];
  const child = spawn(program, ['-X', '-a', '-q', '-d', target.pathname.slice(1), ...toggles], {
    cwd: side.folder,
    env: environment(name, side, target),
    stdio: [input, output, output],
  });
  closeSync(input);
  closeSync(output);
  await new Promise<void>((resolve, reject) => {
    const timer = setTimeout(() => {
      child.kill('SIGKILL');
      const last = readFileSync(file, 'latin1').slice(-500);
      reject(
        new Error(`${name} did not end within ${TIMEOUT_MS} ms at ${target.host}; the last it said: ${last}`),
      );
    }, TIMEOUT_MS);
    child.once('error', reject);
    child.once('exit', () => {
      clearTimeout(timer);
      resolve();
    });
  });
  const text = readFileSync(file, 'latin1');
  rmSync(file);
  return text.replaceAll(side.folder, '/folder');
}

function environment(name: string, { folder, options }: Side, target: URL): NodeJS.ProcessEnv {
  return {
    PATH: process.env['PATH'] ?? '',
    PGHOST: target.hostname,
    PGPORT: target.port,
    PGUSER: decodeURIComponent(target.username),
    PGPASSWORD: decodeURIComponent(target.password),
    PGSSLMODE: target.searchParams.get('sslmode') ?? 'verify-full',
    PGSSLROOTCERT: target.searchParams.get('sslrootcert') ?? '',
    PGPASSFILE: '/dev/null',
    PGSERVICEFILE: '/dev/null',
    PGAPPNAME: `pg_regress/${name}`,
    // pg_regress.c, initialize_environment.
    PGTZ: 'America/Los_Angeles',
    PGDATESTYLE: 'Postgres, MDY',
    PGOPTIONS: ['-c intervalstyle=postgres_verbose', ...options].join(' '),
    LC_MESSAGES: 'C',
    PG_ABS_SRCDIR: folder,
    PG_ABS_BUILDDIR: folder,
    // The suite's functions in C are built with PostgreSQL and come with no package: CREATE FUNCTION of them fails.
    PG_LIBDIR: '/not-built',
    PG_DLSUFFIX: '.so',
  };
}
