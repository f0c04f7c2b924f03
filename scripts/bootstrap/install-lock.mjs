import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import process from 'node:process';
import { setTimeout as delay } from 'node:timers/promises';
import { BootstrapError } from './bootstrap-error.mjs';

const waitMs = 10 * 60_000;
const pollMs = 500;

/**
 * Runs `work` while no other command of this clone installs: two `npm ci` at once destroy each other's tree.
 * The lock is a file with the owner's process id; one left behind by a dead process is taken over.
 *
 * @param {string} root the repository
 * @param {() => Promise<void>} work
 * @returns {Promise<void>}
 */
export async function withInstallLock(root, work) {
  const file = path.join(root, '.sallyport', 'install.lock');
  mkdirSync(path.dirname(file), { recursive: true });
  const deadlineMs = Date.now() + waitMs;
  let announced = false;
  while (!tryLock(file)) {
    if (Date.now() > deadlineMs) {
      throw new BootstrapError('another installation does not finish', `end it, or remove ${file}`);
    }
    if (!announced) process.stderr.write('sallyport: waiting for another installation in this folder\n');
    announced = true;
    await delay(pollMs);
  }
  try {
    await work();
  } finally {
    rmSync(file, { force: true });
  }
}

/** @param {string} file */
function tryLock(file) {
  try {
    writeFileSync(file, String(process.pid), { flag: 'wx' });
    return true;
  } catch {
    if (!isOwnerAlive(file)) rmSync(file, { force: true });
    return false;
  }
}

/** @param {string} file */
function isOwnerAlive(file) {
  let owner;
  try {
    owner = Number(readFileSync(file, 'utf8'));
  } catch {
    return false;
  }
  // An empty file belongs to a process between creating and writing it.
  if (!Number.isInteger(owner) || owner <= 0) return true;
  try {
    process.kill(owner, 0);
    return true;
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'EPERM';
  }
}
