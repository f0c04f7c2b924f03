/**
 * PostgreSQL refuses to run as root. Where we are root (a container, CI) it runs as an account of its own.
 */
import { execFile } from 'node:child_process';
import { stat } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';
import { QuickstartError } from '../errors.ts';

const run = promisify(execFile);

/** Not `postgres`: on a host with a real cluster that account owns the real data. */
const DEDICATED_USER = 'sallyport-demo';

/** The ids of the account that PostgreSQL's processes and files get. */
export interface SystemUser {
  readonly uid: number;
  readonly gid: number;
}

/** A minimal environment for child processes: nothing of ours (`PGDATA`, secrets) leaks into them. */
export const CHILD_ENVIRONMENT: Readonly<Record<string, string>> = {
  // A short PATH (cron, npm in a container) often lacks the sbin folders that hold useradd.
  PATH: [process.env['PATH'] ?? '', '/usr/local/sbin', '/usr/sbin', '/usr/bin', '/sbin', '/bin']
    .filter((entry) => entry !== '')
    .join(':'),
  LC_ALL: 'C',
  TZ: 'UTC',
};

/**
 * The account to run PostgreSQL as: undefined where we are not root (then it is ourselves), else a dedicated
 * account, created when it is missing, or `nobody` where no account can be created.
 * Throws `ERR_QUICKSTART_SYSTEM_USER` when there is none of them.
 */
export async function unprivilegedUser(): Promise<SystemUser | undefined> {
  if (process.getuid?.() !== 0) return undefined;
  const existing = await lookUp(DEDICATED_USER);
  if (existing !== undefined) return existing;
  const failure = await createDedicatedUser();
  // Another instance may have won the race, so look again whatever the outcome was.
  const user = (await lookUp(DEDICATED_USER)) ?? (await lookUp('nobody'));
  if (user !== undefined) return user;
  throw new QuickstartError(
    'ERR_QUICKSTART_SYSTEM_USER',
    `PostgreSQL does not run as root, and the account ${DEDICATED_USER} could not be created ` +
      `(${failure ?? 'no reason given'}); create it by hand or start as a normal user`,
  );
}

/** Whether every folder above `target` lets `user` pass; judged by mode bits; false when one is missing. */
export async function canReach(user: SystemUser, target: string): Promise<boolean> {
  let folder = path.dirname(path.resolve(target));
  for (;;) {
    const info = await stat(folder).catch(() => undefined);
    if (info === undefined) return false;
    const shift = info.uid === user.uid ? 6 : info.gid === user.gid ? 3 : 0;
    if (((info.mode >> shift) & 1) === 0) return false;
    const parent = path.dirname(folder);
    if (parent === folder) return true;
    folder = parent;
  }
}

async function lookUp(name: string): Promise<SystemUser | undefined> {
  const ids = await Promise.all(
    ['-u', '-g'].map(async (flag) => {
      const result = await run('id', [flag, name], { env: CHILD_ENVIRONMENT }).catch(() => undefined);
      return result === undefined ? Number.NaN : Number.parseInt(result.stdout, 10);
    }),
  );
  const [uid, gid] = ids;
  if (uid === undefined || gid === undefined || Number.isNaN(uid) || Number.isNaN(gid) || uid === 0) {
    return undefined;
  }
  return { uid, gid };
}

async function createDedicatedUser(): Promise<string | undefined> {
  const options = ['--system', '--user-group', '--no-create-home', '--home-dir', '/nonexistent'];
  try {
    await run('useradd', [...options, '--shell', '/usr/sbin/nologin', DEDICATED_USER], {
      env: CHILD_ENVIRONMENT,
      timeout: 20_000,
    });
    return undefined;
  } catch (error) {
    return error instanceof Error ? error.message.trim() : String(error);
  }
}
