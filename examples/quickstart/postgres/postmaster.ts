/** The server process: from a prepared data directory to "takes connections", and back to gone. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { open, readFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { QuickstartError } from '../errors.ts';
import type { Watcher } from '../watcher.ts';
import { CHILD_ENVIRONMENT, type SystemUser } from './system-user.ts';

const START_TIMEOUT_MS = 60_000;
const FAST_SHUTDOWN_MS = 10_000;
const IMMEDIATE_SHUTDOWN_MS = 5_000;
const PORT_ATTEMPTS = 10;

/** What {@link launchPostmaster} needs. */
export interface Launch {
  /** Path of the `postgres` program. */
  readonly program: string;
  readonly dataDir: string;
  readonly logFile: string;
  readonly settings: Readonly<Record<string, string>>;
  readonly user: SystemUser | undefined;
  readonly watcher: Watcher;
}

/** A server that accepts connections. */
export interface Postmaster {
  readonly child: ChildProcess;
  readonly pid: number;
  readonly port: number;
  /** Resolves when the process is gone. */
  readonly ended: Promise<void>;
}

/**
 * Starts the server and waits until it takes connections; throws `ERR_QUICKSTART_POSTGRES_START` with its last words.
 * A free port is only a guess until the server holds it, so a lost race is tried again on another.
 */
export async function launchPostmaster(parts: Launch, fixedPort?: number): Promise<Postmaster> {
  for (let attempt = 1; ; attempt += 1) {
    const port = fixedPort ?? (await freePort());
    const child = await spawnServer(parts, port);
    const { pid } = child;
    if (pid === undefined) throw startError(`${parts.program} cannot be run`, '');
    if (await isReady(child, parts.dataDir)) return { child, pid, port, ended: whenEnded(child) };
    await shutDown(child);
    const log = await readFile(parts.logFile, 'utf8');
    const isPortTaken = log.includes('could not bind');
    if (!isPortTaken || fixedPort !== undefined || attempt === PORT_ATTEMPTS) {
      throw isPortTaken ? startError(`port ${port} is taken`, '') : startError('it ended at once', log);
    }
  }
}

async function spawnServer(parts: Launch, port: number): Promise<ChildProcess> {
  const log = await open(parts.logFile, 'w', 0o600);
  try {
    const settings = Object.entries({ ...parts.settings, port: String(port) });
    const child = spawn(
      parts.program,
      ['-D', parts.dataDir, ...settings.flatMap(([name, value]) => ['-c', `${name}=${value}`])],
      // Detached: a Ctrl-C in the terminal must reach us first, so that things stop in order.
      {
        ...parts.user,
        cwd: '/',
        env: { ...CHILD_ENVIRONMENT },
        detached: true,
        stdio: ['ignore', log.fd, log.fd],
      },
    );
    child.once('exit', () => parts.watcher.forget());
    child.once('error', () => parts.watcher.forget());
    if (child.pid !== undefined) parts.watcher.watch(child.pid);
    child.unref();
    return child;
  } finally {
    await log.close();
  }
}

/** The postmaster writes its state on line 8 of `postmaster.pid`; unlike the log, no setting can hide that. */
async function isReady(child: ChildProcess, dataDir: string): Promise<boolean> {
  const deadline = Date.now() + START_TIMEOUT_MS;
  while (Date.now() < deadline) {
    if (child.exitCode !== null || child.signalCode !== null) return false;
    const lines = (await readFile(path.join(dataDir, 'postmaster.pid'), 'utf8').catch(() => '')).split('\n');
    if (lines[0] === String(child.pid) && lines[7]?.trim() === 'ready') return true;
    await delay(20);
  }
  return false;
}

/** Fast shutdown, then immediate, then SIGKILL; resolves when the process is gone. */
export async function shutDown(child: ChildProcess): Promise<void> {
  const steps = [
    ['SIGINT', FAST_SHUTDOWN_MS],
    ['SIGQUIT', IMMEDIATE_SHUTDOWN_MS],
    ['SIGKILL', IMMEDIATE_SHUTDOWN_MS],
  ] as const;
  child.ref();
  for (const [signal, patienceMs] of steps) {
    if (child.exitCode !== null || child.signalCode !== null) return;
    const exit = once(child, 'exit', { signal: AbortSignal.timeout(patienceMs) });
    child.kill(signal);
    await exit.catch(() => undefined);
  }
}

function whenEnded(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return Promise.resolve();
  return new Promise((resolve) => child.once('exit', () => resolve()));
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  if (address === null || typeof address === 'string') throw startError('no free port', '');
  return address.port;
}

function startError(what: string, log: string): QuickstartError {
  const tail = log.trim().split('\n').slice(-3).join('; ');
  return new QuickstartError(
    'ERR_QUICKSTART_POSTGRES_START',
    `PostgreSQL did not start: ${what}${tail === '' ? '' : ` (${tail})`}`,
  );
}
