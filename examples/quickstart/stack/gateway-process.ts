/** Runs the real gateway, by its real command, as a process of its own. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { open, readFile } from 'node:fs/promises';
import { createInterface } from 'node:readline';
import { QuickstartError } from '../errors.ts';
import { startWatcher, type Watcher } from '../watcher.ts';
import type { Folders } from './folders.ts';

const READY_TIMEOUT_MS = 60_000;
const STOP_PATIENCE_MS = 15_000;
const LAST_LINES = 12;

/** The line `sallyport serve` prints when it accepts connections. */
export interface GatewayReady {
  readonly event: 'ready';
  readonly listeners: readonly { readonly protocol: string; readonly host: string; readonly port: number }[];
  /** URL of the HTTP API, if it is configured. */
  readonly api?: string;
  /** File with the CA that clients have to trust. */
  readonly ca: string;
}

/** A gateway that accepts connections. */
export interface RunningGateway {
  readonly ready: GatewayReady;
  readonly pid: number;
  /** Resolves when the process is gone, asked or unasked. */
  readonly ended: Promise<void>;
  /** SIGTERM, and SIGKILL after 15 s; resolves when the process is gone. Idempotent. */
  stop(): Promise<void>;
}

/** Starts `sallyport serve` and waits for its word; throws `ERR_QUICKSTART_GATEWAY` with what it said instead. */
export async function startGateway(folders: Folders): Promise<RunningGateway> {
  const log = await open(folders.gatewayLog, 'w', 0o600);
  const child = spawn(process.execPath, [folders.sallyport, 'serve', '-c', folders.gatewayConfig], {
    cwd: folders.state,
    // Detached: a Ctrl-C in the terminal must reach us first, so that things stop in order.
    detached: true,
    stdio: ['ignore', 'pipe', log.fd],
  });
  await log.close();
  const ended = new Promise<void>((resolve) => {
    child.once('exit', () => resolve());
    child.once('error', () => resolve());
  });
  const watcher = startWatcher();
  if (child.pid !== undefined) watcher.watch(child.pid);
  const stop = (): Promise<void> => stopGateway(child, ended, watcher);
  try {
    const ready = await waitUntilReady(child, ended);
    if (ready === undefined || child.pid === undefined) throw await failure(folders.gatewayLog);
    return { ready, pid: child.pid, ended, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** The first line that says ready; undefined when the process ends or takes too long. */
async function waitUntilReady(child: ChildProcess, ended: Promise<void>): Promise<GatewayReady | undefined> {
  if (child.stdout === null) return undefined;
  const lines = createInterface({ input: child.stdout });
  const timer = AbortSignal.timeout(READY_TIMEOUT_MS);
  return new Promise((resolve) => {
    // Lines after that one are read on, so that the gateway never waits for a reader.
    lines.on('line', (line) => {
      const ready = parseReady(line);
      if (ready !== undefined) resolve(ready);
    });
    timer.addEventListener('abort', () => resolve(undefined));
    void ended.then(() => resolve(undefined));
  });
}

function parseReady(line: string): GatewayReady | undefined {
  try {
    const value = JSON.parse(line) as Partial<GatewayReady> | null;
    return value?.event === 'ready' ? (value as GatewayReady) : undefined;
  } catch {
    return undefined;
  }
}

async function stopGateway(child: ChildProcess, ended: Promise<void>, watcher: Watcher): Promise<void> {
  const hasEnded = (): boolean => child.exitCode !== null || child.signalCode !== null;
  if (child.pid !== undefined && !hasEnded()) {
    child.kill('SIGTERM');
    const exit = once(child, 'exit', { signal: AbortSignal.timeout(STOP_PATIENCE_MS) });
    await exit.catch(() => child.kill('SIGKILL'));
    await ended;
  }
  watcher.forget();
  await watcher.dismiss();
}

async function failure(logFile: string): Promise<QuickstartError> {
  const said = (await readFile(logFile, 'utf8')).trim().split('\n').slice(-LAST_LINES).join('\n  ');
  return new QuickstartError(
    'ERR_QUICKSTART_GATEWAY',
    `the gateway did not start; the end of ${logFile}:\n  ${said === '' ? '(empty)' : said}`,
  );
}
