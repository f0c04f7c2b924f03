import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import type { Command } from './conversation.ts';

/** A client that is no npm package. */
export interface ClientProgram {
  readonly name: string;
  /** What it speaks. */
  readonly protocol: 'postgres' | 'http' | 'ssh';
  /** Installs what it needs below the cache folder. Throws {@link Unavailable} where the machine cannot. */
  readonly prepare: (cacheFolder: string) => Promise<Command>;
}

/** The machine lacks something: the client is skipped, and that is said. */
export class Unavailable extends Error {
  override readonly name = 'Unavailable';
}

const installMs = 300_000;

/** Runs an installer; its failure makes the client unavailable, with the last line that it said. */
export async function install(
  program: string,
  args: readonly string[],
  options: { readonly cwd?: string; readonly env?: Readonly<Record<string, string>> } = {},
): Promise<string> {
  try {
    const env = { ...process.env, ...options.env };
    const { stdout } = await promisify(execFile)(program, args, { ...options, env, timeout: installMs });
    return stdout;
  } catch (error) {
    const { code, stderr = '', stdout = '' } = error as { code?: unknown; stderr?: string; stdout?: string };
    if (code === 'ENOENT') throw new Unavailable(`${program} is not installed`);
    const said = `${stdout}\n${stderr}`.trim().split('\n').at(-1) ?? '';
    throw new Unavailable(`${program} ${args[0] ?? ''} failed: ${said}`);
  }
}
