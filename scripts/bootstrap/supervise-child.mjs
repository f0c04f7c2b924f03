import os from 'node:os';
import process from 'node:process';

/** @type {readonly NodeJS.Signals[]} */
const forwarded = ['SIGINT', 'SIGTERM', 'SIGHUP'];

/**
 * Passes signals to the child and ends this process the way the child ended: same exit code, or 128 + signal.
 * Ctrl-C reaches the whole foreground group by itself, so it is not sent a second time from a terminal.
 *
 * @param {import('node:child_process').ChildProcess} child
 * @returns {Promise<void>} settles when the child is gone; rejects when it could not be started
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
      process.exitCode = signal === null ? (code ?? 1) : 128 + os.constants.signals[signal];
      resolve();
    });
  });
}
