import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';

/** How a program is started. */
export interface ProcessOptions {
  /** The whole environment; nothing is inherited but PATH. */
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd?: string;
  /** Written to its standard input, which is then closed. */
  readonly input?: string;
  /** Ended with SIGKILL after this. Default 30 s. */
  readonly timeoutMs?: number;
}

/** What a program said and how it ended. */
export interface ProcessResult {
  /** Exit code; undefined when a signal ended it. */
  readonly code: number | undefined;
  readonly signal: NodeJS.Signals | undefined;
  readonly stdout: string;
  readonly stderr: string;
}

/** A program that runs. It is ended, with all that it started, when its scope ends. */
export interface RunningProcess extends AsyncDisposable {
  readonly pid: number;
  /** Everything it has written so far, both streams in order of arrival. */
  output(): string;
  /** Resolves with the match as soon as the output matches; rejects when it ends first or the time is over. */
  waitForOutput(pattern: RegExp, timeoutMs?: number): Promise<RegExpExecArray>;
  /** Resolves when it has ended by itself or by a signal. */
  ended(): Promise<ProcessResult>;
  kill(signal: NodeJS.Signals): void;
}

const defaultTimeoutMs = 30_000;
/** A program that talks without end must not fill our memory. */
const mostOutputBytes = 4 * 1024 * 1024;

/** Runs a program to its end. It does not reject when the program fails: the result says so. */
export async function runProcess(
  program: string,
  args: readonly string[],
  options: ProcessOptions = {},
): Promise<ProcessResult> {
  await using running = startProcess(program, args, options);
  return await running.ended();
}

/** Starts a program and goes on: `await using gateway = startProcess(…)`. */
export function startProcess(
  program: string,
  args: readonly string[],
  options: ProcessOptions = {},
): RunningProcess {
  // A process group of its own, so that its children can be ended with it.
  const child = spawn(program, args, {
    cwd: options.cwd,
    env: { PATH: process.env['PATH'] ?? '', ...options.env },
    stdio: ['pipe', 'pipe', 'pipe'],
    detached: true,
  });
  // A program that ends without reading its input is no error of ours.
  child.stdin.on('error', () => undefined);
  child.stdin.end(options.input ?? '');
  const streams = collect(child);
  const result = endOf(child, streams);
  result.catch(() => undefined);
  const timer = setTimeout(() => killGroup(child, 'SIGKILL'), options.timeoutMs ?? defaultTimeoutMs);
  void result.finally(() => clearTimeout(timer)).catch(() => undefined);
  return {
    pid: child.pid ?? -1,
    output: () => streams.all(),
    waitForOutput: (pattern, timeoutMs = defaultTimeoutMs) => waitFor(child, streams, pattern, timeoutMs),
    ended: () => result,
    kill: (signal) => {
      child.kill(signal);
    },
    [Symbol.asyncDispose]: async () => {
      killGroup(child, 'SIGKILL');
      await result.catch(() => undefined);
    },
  };
}

interface Streams {
  stdout(): string;
  stderr(): string;
  all(): string;
}

function collect(child: ChildProcess): Streams {
  const texts = { stdout: '', stderr: '', all: '' };
  for (const name of ['stdout', 'stderr'] as const) {
    child[name]?.setEncoding('utf8').on('data', (text: string) => {
      if (texts.all.length > mostOutputBytes) return;
      texts[name] += text;
      texts.all += text;
    });
  }
  return { stdout: () => texts.stdout, stderr: () => texts.stderr, all: () => texts.all };
}

async function endOf(child: ChildProcess, streams: Streams): Promise<ProcessResult> {
  const [code, signal] = (await once(child, 'close')) as [number | null, NodeJS.Signals | null];
  return {
    code: code ?? undefined,
    signal: signal ?? undefined,
    stdout: streams.stdout(),
    stderr: streams.stderr(),
  };
}

function waitFor(
  child: ChildProcess,
  streams: Streams,
  pattern: RegExp,
  timeoutMs: number,
): Promise<RegExpExecArray> {
  return new Promise((resolve, reject) => {
    const settle = (act: () => void): void => {
      clearTimeout(timer);
      child.stdout?.off('data', look);
      child.stderr?.off('data', look);
      child.off('close', onClose);
      act();
    };
    const look = (): void => {
      const found = pattern.exec(streams.all());
      if (found !== null) settle(() => resolve(found));
    };
    const refuse = (why: string): void =>
      settle(() => reject(new Error(`${why} without ${String(pattern)}; output:\n${streams.all()}`)));
    const onClose = (): void => {
      refuse('the program ended');
    };
    const timer = setTimeout(() => refuse(`${timeoutMs} ms went by`), timeoutMs);
    child.stdout?.on('data', look);
    child.stderr?.on('data', look);
    child.on('close', onClose);
    look();
  });
}

function killGroup(child: ChildProcess, signal: NodeJS.Signals): void {
  if (child.pid === undefined) return;
  try {
    process.kill(-child.pid, signal);
  } catch {
    // Nobody of the group is left.
  }
}
