import os from 'node:os';
import process from 'node:process';

/** @type {readonly NodeJS.Signals[]} */
const forwarded = ['SIGINT', 'SIGTERM', 'SIGHUP'];

const parentPollMs = 1000;

/**
 * Passes signals on to the child until it ends, and answers how: its exit code, or 128 + signal. Ctrl-C reaches the
 * whole foreground group by itself, so it is not sent a second time from a terminal.
 *
 * A killed npm cannot pass anything on: under npm, losing the parent counts as SIGTERM. (The scripts in package.json
 * begin with `exec` for the same reason: the shell in between would swallow the signal.)
 *
 * @param {import('node:child_process').ChildProcess} child
 * @returns {Promise<number>} settles when the child is gone; rejects when it could not be started
 */
export function superviseChild(child) {
  /** @param {NodeJS.Signals} signal */
  const forward = (signal) => {
    if (signal === 'SIGINT' && process.stdin.isTTY) return;
    child.kill(signal);
  };
  for (const signal of forwarded) process.on(signal, forward);
  const parent = process.ppid;
  const watch = setInterval(() => {
    if (process.env['npm_lifecycle_event'] === undefined || process.ppid === parent) return;
    clearInterval(watch);
    child.kill('SIGTERM');
  }, parentPollMs);
  return new Promise((resolve, reject) => {
    child.once('error', (error) => {
      clearInterval(watch);
      reject(error);
    });
    child.once('exit', (code, signal) => {
      clearInterval(watch);
      for (const name of forwarded) process.off(name, forward);
      resolve(signal === null ? (code ?? 1) : 128 + os.constants.signals[signal]);
    });
  });
}
