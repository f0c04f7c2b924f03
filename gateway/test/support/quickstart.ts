/** The whole quick start as a process: a real PostgreSQL, a real identity provider, a gateway with its console, an agent. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { runCli } from '../../src/cli/cli.ts';

const MAIN = fileURLToPath(new URL('../../../examples/quickstart/main.ts', import.meta.url));

/** A quick start while it runs. */
export interface RunningQuickstart {
  readonly pid: number | undefined;
  readonly state: string;
  /** Exit code, once it has ended by itself or by a signal that it minds. */
  readonly ended: Promise<number | null>;
  output(): string;
  /** Resolves when it has printed something, to the first of it; rejects when it ends before. */
  shows(text: string | RegExp): Promise<string>;
  environment(): Promise<Readonly<Record<string, string>>>;
  kill(signal: NodeJS.Signals): void;
  /** Stops it, and removes its folder. */
  stop(): Promise<void>;
}

/** A new folder of state; its name has a space, which printed commands have to bear. */
export function quickstartState(): Promise<string> {
  return mkdtemp(path.join(os.tmpdir(), 'sallyport-quick start-'));
}

/** Starts one in a folder of its own. */
export async function startQuickstart(...flags: readonly string[]): Promise<RunningQuickstart> {
  return startQuickstartIn(await quickstartState(), ...flags);
}

/** Starts one in a folder that may have been used before. */
export function startQuickstartIn(state: string, ...flags: readonly string[]): RunningQuickstart {
  const child = spawn(process.execPath, [MAIN, '--state', state, ...flags], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  child.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => (output += chunk.toString()));
  const ended = once(child, 'close').then(([code]) => code as number | null);
  const isOver = ended.then(() => true);
  const found = (text: string | RegExp): string | undefined => {
    if (typeof text === 'string') return output.includes(text) ? text : undefined;
    return text.exec(output)?.[0];
  };
  return {
    pid: child.pid,
    state,
    ended,
    output: () => output,
    async shows(text) {
      for (;;) {
        const over = await Promise.race([isOver, delay(50, false)]);
        const shown = found(text);
        if (shown !== undefined) return shown;
        if (over) throw new Error(`ended without "${text}":\n${output}`);
      }
    },
    async environment() {
      const lines = (await readFile(path.join(state, 'quickstart.env'), 'utf8')).trimEnd().split('\n');
      return Object.fromEntries(
        lines.map((line) => [line.slice(0, line.indexOf('=')), line.slice(line.indexOf('=') + 1)]),
      );
    },
    kill: (signal) => void child.kill(signal),
    async stop() {
      child.kill('SIGTERM');
      await ended;
      await rm(state, { recursive: true, force: true });
    },
  };
}

/** Runs a command of `sallyport` in this process. */
export async function sallyportCommand(argv: readonly string[]): Promise<{ code: number; output: string }> {
  let output = '';
  const stream = { write: (text: string) => (output += text) };
  return { code: await runCli(argv, { stdout: stream, stderr: stream }), output };
}
