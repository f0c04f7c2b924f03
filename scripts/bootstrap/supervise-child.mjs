import os from 'node:os';
import process from 'node:process';

/** @type {readonly NodeJS.Signals[]} */
const forwarded = ['SIGINT', 'SIGTERM', 'SIGHUP'];

/**
 * Passes signals on to the child until it ends, and answers how: its exit code, or 128 + signal. Ctrl-C reaches the whole foreground group by itself, so it is not sent a second time from a terminal.
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
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', (code, signal) => {
      for (const name of forwarded) process.off(name, forward);
      resolve(signal === null ? (code ?? 1) : 128 + os.constants.signals[signal]);
    });
  });
}
