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
 * Makes node_modules agree with package-lock.json: nothing to do when it does, `npm ci` when it does not.
 *
 * @param {string} root the repository
 * @returns {Promise<void>}
 */
export async function ensureInstalled(root) {
  if (Number.parseInt(process.versions.node, 10) < oldestNodeMajor) {
    throw new BootstrapError(
      `Node ${process.versions.node} is too old to start`,
      `install Node ${oldestNodeMajor} or newer from https://nodejs.org; the rest is installed from there`,
    );
  }
  if (isInstalled(root)) return;
  await withInstallLock(root, async () => {
    // Another command may have installed everything while this one waited for the lock.
    if (!isInstalled(root)) await install(root);
  });
}

/**
 * True when the stamp of the last installation, or npm's own record of what it installed, matches the lockfile.
 *
 * @param {string} root the repository
 * @returns {boolean}
 */
export function isInstalled(root) {
  const runtime = pinnedRuntimePackage(root);
  if (runtime !== undefined && !existsSync(path.join(root, 'node_modules', runtime, 'bin', 'node'))) {
    return false;
  }
  const lockfile = readFileSync(path.join(root, 'package-lock.json'), 'utf8');
  if (readIfPresent(stampPath(root)) === stampOf(lockfile)) return true;
  const installed = readIfPresent(path.join(root, 'node_modules', '.package-lock.json'));
  if (installed === undefined || !satisfies(JSON.parse(installed), JSON.parse(lockfile))) return false;
  writeStamp(root, lockfile);
  return true;
}

/**
 * Whether npm's hidden lockfile (`node_modules/.package-lock.json`) covers a lockfile. Optional packages may be
 * absent: npm leaves out those for other platforms.
 *
 * @typedef {{ version?: string, integrity?: string, optional?: boolean, link?: boolean }} LockedPackage
 * @param {{ packages?: Record<string, LockedPackage> }} installed
 * @param {{ packages?: Record<string, LockedPackage> }} wanted
 * @returns {boolean}
 */
export function satisfies(installed, wanted) {
  const present = installed.packages ?? {};
  return Object.entries(wanted.packages ?? {}).every(([location, entry]) => {
    if (!location.startsWith('node_modules/') && !location.includes('/node_modules/')) return true;
    const found = present[location];
    if (found === undefined) return entry.optional === true;
    return found.version === entry.version && found.integrity === entry.integrity;
  });
}

/** @param {string} root */
async function install(root) {
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
  process.stderr.write(
    `sallyport: installing packages with npm ci (npm ${version.stdout.trim()}); this happens once, and after each change of package-lock.json\n`,
  );
  // Named explicitly, because NODE_ENV=production or a user's npmrc would leave out what the scripts need.
  const flags = ['ci', '--include=dev', '--include=optional', '--no-audit', '--no-fund', '--loglevel=error'];
  const child = spawn(npm.command, [...npm.leading, ...flags], {
    cwd: root,
    stdio: ['ignore', 'inherit', 'inherit'],
    timeout: installTimeoutMs,
  });
  const exitCode = await superviseChild(child);
  if (exitCode !== 0) {
    throw new BootstrapError(
      `npm ci failed with exit code ${exitCode}`,
      'see its message above; it needs a registry that it can reach, and a home or cache that it can write to',
    );
  }
  writeStamp(root, readFileSync(path.join(root, 'package-lock.json'), 'utf8'));
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
 * @param {string} lockfile
 */
function writeStamp(root, lockfile) {
  try {
    writeFileSync(stampPath(root), stampOf(lockfile));
  } catch {
    // A clone that this user may not write to: the next start compares again, which costs some milliseconds.
  }
}

/** @param {string} root */
function stampPath(root) {
  return path.join(root, 'node_modules', '.sallyport-installed');
}

/** @param {string} lockfile */
function stampOf(lockfile) {
  return `${process.platform}-${process.arch} ${createHash('sha256').update(lockfile).digest('hex')}\n`;
}

/** @param {string} file */
function readIfPresent(file) {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return undefined;
  }
}
