import { execFile } from 'node:child_process';
import { chmod, chown, cp, lstat, mkdir, mkdtemp, readdir, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { platformPackage, runnableBinaries } from './binaries.ts';
import { unprivilegedUser } from './system-user.ts';

const run = promisify(execFile);
let base: string;
beforeEach(async () => {
  base = await mkdtemp(path.join(os.tmpdir(), 'sallyport-binaries-'));
  await chmod(base, 0o755);
});
afterEach(() => rm(base, { recursive: true, force: true }));

/** The package as npm leaves it without install scripts: no links; under umask 077: closed to others. */
async function damagedPackage(): Promise<string> {
  const root = path.join(base, 'package');
  await mkdir(root);
  await cp(path.join(platformPackage(), 'native'), path.join(root, 'native'), {
    recursive: true,
    verbatimSymlinks: true,
  });
  const lib = path.join(root, 'native/lib');
  for (const name of await readdir(lib)) {
    if ((await lstat(path.join(lib, name))).isSymbolicLink()) await rm(path.join(lib, name));
  }
  await chmod(path.join(root, 'native/bin/postgres'), 0o600);
  await chmod(root, 0o700);
  return root;
}

it('makes a package run whose links, execute bits and access for others are missing', async () => {
  const user = await unprivilegedUser();
  const copyTo = path.join(base, 'copy');
  await mkdir(copyTo);
  if (user !== undefined) await chown(copyTo, user.uid, user.gid);
  const { postgres } = await runnableBinaries(user, copyTo, await damagedPackage());
  expect(postgres.startsWith(copyTo)).toBe(true);
  expect((await run(postgres, ['--version'], { cwd: '/', ...user })).stdout).toMatch(
    /^postgres \(PostgreSQL\) 18\./u,
  );
  await run('/bin/rm', ['-rf', path.join(copyTo, 'postgresql')], { cwd: '/', ...user });
});

it('uses an installed package where it is, without a copy', async () => {
  const { postgres } = await runnableBinaries(undefined, path.join(base, 'unused'));
  expect(postgres).toBe(path.join(platformPackage(), 'native/bin/postgres'));
});
