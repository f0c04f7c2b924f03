/** The whole quick start as a process: a real PostgreSQL, a real identity provider, a gateway with its console, an agent. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

const MAIN = fileURLToPath(new URL('../../../examples/quickstart/main.ts', import.meta.url));

/** A quick start while it runs. */
export interface RunningQuickstart {
  readonly state: string;
  output(): string;
  /** Resolves when it has printed something; rejects when it ends before. */
  shows(text: string): Promise<void>;
  environment(): Promise<Readonly<Record<string, string>>>;
  stop(): Promise<void>;
}

/** Starts one in a folder of its own. */
export async function startQuickstart(...flags: readonly string[]): Promise<RunningQuickstart> {
  const state = await mkdtemp(path.join(os.tmpdir(), 'sallyport-console-'));
  const child: ChildProcess = spawn(process.execPath, [MAIN, '--state', state, ...flags], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  child.stdout?.on('data', (chunk: Buffer) => (output += chunk.toString()));
  child.stderr?.on('data', (chunk: Buffer) => (output += chunk.toString()));
  const ended = once(child, 'close').then(() => true);
  return {
    state,
    output: () => output,
    async shows(text) {
      while (!output.includes(text)) {
        const isOver = await Promise.race([ended, delay(50, false)]);
        if (isOver && !output.includes(text)) throw new Error(`ended without "${text}":\n${output}`);
      }
    },
    async environment() {
      const lines = (await readFile(path.join(state, 'quickstart.env'), 'utf8')).trimEnd().split('\n');
      return Object.fromEntries(
        lines.map((line) => [line.slice(0, line.indexOf('=')), line.slice(line.indexOf('=') + 1)]),
      );
    },
    async stop() {
      child.kill('SIGTERM');
      await ended;
      await rm(state, { recursive: true, force: true });
    },
  };
}
