import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import process from 'node:process';
import { BootstrapError } from './bootstrap-error.mjs';

/** Oldest Node major that runs the sources: it strips types by itself and has `node:sqlite`. */
const requiredMajor = 24;

/**
 * The package that carries the pinned Node for this machine, or undefined where there is none.
 *
 * @param {string} root the repository
 * @returns {string | undefined}
 */
export function pinnedRuntimePackage(root) {
  const manifest = JSON.parse(readFileSync(path.join(root, 'package.json'), 'utf8'));
  const name = `node-${process.platform === 'win32' ? 'win' : process.platform}-${process.arch}`;
  return name in (manifest.optionalDependencies ?? {}) ? name : undefined;
}

/**
 * Finds the Node that runs the sources: the pinned one, else the current one when it is new enough.
 *
 * @param {string} root the repository
 * @returns {string} absolute path of an executable whose version has been asked and found sufficient
 */
export function findRuntime(root) {
  const name = pinnedRuntimePackage(root);
  if (name !== undefined) {
    const executable = path.join(root, 'node_modules', name, 'bin', 'node');
    if (majorVersion(executable) === requiredMajor) return executable;
  }
  if (Number.parseInt(process.versions.node, 10) >= requiredMajor) return process.execPath;
  throw new BootstrapError(
    `Node ${requiredMajor} is needed and ${explainAbsence(root, name)}; this is Node ${process.versions.node}`,
    `install Node ${requiredMajor} from https://nodejs.org and run the command again`,
  );
}

/**
 * @param {string} root
 * @param {string | undefined} name
 */
function explainAbsence(root, name) {
  if (name === undefined) return `no package pins it for ${process.platform}-${process.arch}`;
  if (!existsSync(path.join(root, 'node_modules', name))) return `the package ${name} is not installed`;
  return `the one in node_modules/${name} does not run on this system (the packages are built for glibc)`;
}

/**
 * @param {string} executable
 * @returns {number | undefined} undefined when it does not run at all
 */
function majorVersion(executable) {
  const { status, stdout } = spawnSync(executable, ['--version'], { encoding: 'utf8', timeout: 20_000 });
  const version = /^v(\d+)\./.exec(stdout ?? '');
  return status === 0 && version?.[1] !== undefined ? Number(version[1]) : undefined;
}
