import { spawn, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import process from 'node:process';
import { BootstrapError } from './bootstrap-error.mjs';
import { withInstallLock } from './install-lock.mjs';
import { pinnedRuntimePackage } from './runtime.mjs';
import { superviseChild } from './supervise-child.mjs';

const installTimeoutMs = 10 * 60_000;
const oldestNodeMajor = 20;

/**
 * What a task needs: `production` is what the gateway and the quick start run on, `all` has the tools for tests and
 * checks besides, which is more than twice as much.
 *
 * @typedef {'production' | 'all'} Scope
 */

/**
 * Makes node_modules agree with package-lock.json: nothing to do when it does. `npm ci` when it does not; when only
 * the tools are missing they are added, so that a quick start that runs meanwhile keeps what it stands on.
 *
 * @param {string} root the repository
 * @param {Scope} scope
 * @returns {Promise<void>}
 */
export async function ensureInstalled(root, scope) {
  if (Number.parseInt(process.versions.node, 10) < oldestNodeMajor) {
    throw new BootstrapError(
      `Node ${process.versions.node} is too old to start`,
      `install Node ${oldestNodeMajor} or newer from https://nodejs.org; the rest is installed from there`,
    );
  }
  if (isInstalled(root, scope)) return;
  await withInstallLock(root, async () => {
    // Another command may have installed everything while this one waited for the lock.
    if (!isInstalled(root, scope)) await install(root, scope);
  });
}

/**
 * True when the stamp of the last installation, or npm's own record of what it installed, matches the lockfile.
 *
 * @param {string} root the repository
 * @param {Scope} scope
 * @returns {boolean}
 */
export function isInstalled(root, scope) {
  const runtime = pinnedRuntimePackage(root);
  if (runtime !== undefined && !existsSync(path.join(root, 'node_modules', runtime, 'bin', 'node'))) {
    return false;
  }
  const lockfile = readFileSync(path.join(root, 'package-lock.json'), 'utf8');
  const stamp = readIfPresent(stampPath(root));
  if (stamp === stampOf(lockfile, 'all') || stamp === stampOf(lockfile, scope)) return true;
  const installed = readIfPresent(path.join(root, 'node_modules', '.package-lock.json'));
  if (installed === undefined || !satisfies(JSON.parse(installed), JSON.parse(lockfile), scope)) return false;
  writeStamp(root, stampOf(lockfile, scope));
  return true;
}

/**
 * Whether npm's hidden lockfile (`node_modules/.package-lock.json`) covers a lockfile. Optional packages may be
 * absent: npm leaves out those for other platforms.
 *
 * @typedef {{ version?: string, integrity?: string, optional?: boolean, dev?: boolean }} LockedPackage
 * @param {{ packages?: Record<string, LockedPackage> }} installed
 * @param {{ packages?: Record<string, LockedPackage> }} wanted
 * @param {Scope} scope
 * @returns {boolean}
 */
export function satisfies(installed, wanted, scope) {
  const present = installed.packages ?? {};
  return Object.entries(wanted.packages ?? {}).every(([location, entry]) => {
    if (!location.startsWith('node_modules/') && !location.includes('/node_modules/')) return true;
    if (scope === 'production' && entry.dev === true) return true;
    const found = present[location];
    if (found === undefined) return entry.optional === true;
    return found.version === entry.version && found.integrity === entry.integrity;
  });
}

/**
 * @param {string} root
 * @param {Scope} scope
 */
async function install(root, scope) {
  const npm = npmCommand();
  const version = spawnSync(npm.command, [...npm.leading, '--version'], {
    encoding: 'utf8',
    timeout: 60_000,
  });
  if (version.status !== 0) {
    throw new BootstrapError(
      'npm does not run, and packages have to be installed',
      'install Node 20 or newer together with npm (https://nodejs.org) and put both on PATH',
    );
  }
  const lockfile = readFileSync(path.join(root, 'package-lock.json'), 'utf8');
  const isAddition = readIfPresent(stampPath(root)) === stampOf(lockfile, 'production');
  const what = scope === 'all' ? 'packages, with the tools for tests and checks' : 'packages';
  process.stderr.write(
    `sallyport: installing ${what} (npm ${version.stdout.trim()}); once, and again when package-lock.json changes\n`,
  );
  const child = spawn(npm.command, [...npm.leading, ...installArguments(scope, isAddition)], {
    cwd: root,
    stdio: ['ignore', 'inherit', 'inherit'],
    timeout: installTimeoutMs,
    // Old versions of npm run every install script, `allowScripts` or not. One of them would fetch the headers of Node to build an
    // addon that nothing here uses: with a folder of headers that is not there it gives up at once, which is no failure to it.
    env: { ...process.env, npm_config_nodedir: path.join(root, 'node_modules', '.no-headers') },
  });
  const exitCode = await superviseChild(child);
  if (exitCode !== 0) {
    throw new BootstrapError(
      `npm failed to install with exit code ${exitCode}`,
      'see its message above; it needs a registry that it can reach, and a home or cache that it can write to',
    );
  }
  writeStamp(root, stampOf(lockfile, scope));
}

/**
 * @param {Scope} scope
 * @param {boolean} isAddition
 */
function installArguments(scope, isAddition) {
  return [
    ...(isAddition ? ['install', '--no-save'] : ['ci']),
    // Named explicitly, because NODE_ENV=production or a user's npmrc would leave out what the scripts need.
    ...(scope === 'all' ? ['--include=dev'] : ['--omit=dev']),
    '--include=optional',
    ...['--no-audit', '--no-fund', '--loglevel=error'],
  ];
}

/**
 * The npm that started us if there is one, on the Node that it runs on: the `node` on PATH may be the pinned
 * one, which `npm ci` is about to replace.
 */
function npmCommand() {
  const cli = process.env['npm_execpath'];
  if (cli !== undefined && path.basename(cli) === 'npm-cli.js' && existsSync(cli)) {
    return { command: process.env['npm_node_execpath'] ?? process.execPath, leading: [cli] };
  }
  return { command: 'npm', leading: [] };
}

/**
 * @param {string} root
 * @param {string} stamp
 */
function writeStamp(root, stamp) {
  try {
    writeFileSync(stampPath(root), stamp);
  } catch {
    // A clone that this user may not write to: the next start compares again, which costs some milliseconds.
  }
}

/** @param {string} root */
function stampPath(root) {
  return path.join(root, 'node_modules', '.sallyport-installed');
}

/**
 * @param {string} lockfile
 * @param {Scope} scope
 */
function stampOf(lockfile, scope) {
  const hash = createHash('sha256').update(lockfile).digest('hex');
  return `${process.platform}-${process.arch} ${hash} ${scope}\n`;
}

/** @param {string} file */
function readIfPresent(file) {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return undefined;
  }
}
