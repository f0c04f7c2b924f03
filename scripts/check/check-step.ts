import { spawn } from 'node:child_process';
import { repositoryRoot } from './source-files.ts';

/** One thing that `npm run check` claims about the repository. */
export interface CheckStep {
  readonly name: string;
  /** What is true when it passes. */
  readonly claim: string;
  /** Looks, and with `fix` repairs what it can. Problems are lines for people; none means the claim holds. */
  run(fix: boolean): Promise<StepOutcome>;
}

/** How a step ended. */
export interface StepOutcome {
  readonly passed: boolean;
  /** What to print when it failed. */
  readonly output: string;
}

/** On a machine that is not quiet, too. */
const commandTimeoutMs = 12 * 60_000;

/** A step that runs a program of node_modules/.bin and passes when it exits with 0. */
export function commandStep(
  name: string,
  claim: string,
  command: readonly [string, ...string[]],
  fixCommand: readonly [string, ...string[]] = command,
): CheckStep {
  return { name, claim, run: (fix) => runCommand(fix ? fixCommand : command) };
}

/** A step that lists problems; it passes when there are none. */
export function listStep(
  name: string,
  claim: string,
  problems: (fix: boolean) => readonly string[] | Promise<readonly string[]>,
): CheckStep {
  return {
    name,
    claim,
    run: async (fix) => {
      const found = await problems(fix);
      return { passed: found.length === 0, output: found.join('\n') };
    },
  };
}

/** Runs a program of node_modules/.bin in the repository; it passes when it exits with 0. */
export function runCommand([program, ...args]: readonly [string, ...string[]]): Promise<StepOutcome> {
  return new Promise((resolve) => {
    const child = spawn(program, args, {
      cwd: repositoryRoot,
      stdio: ['ignore', 'pipe', 'pipe'],
      timeout: commandTimeoutMs,
      killSignal: 'SIGKILL',
    });
    const chunks: Buffer[] = [];
    child.stdout.on('data', (chunk: Buffer) => chunks.push(chunk));
    child.stderr.on('data', (chunk: Buffer) => chunks.push(chunk));
    child.once('error', (error) =>
      resolve({ passed: false, output: `${program} does not start: ${error.message}` }),
    );
    child.once('close', (code, signal) => {
      const ending = signal === null ? '' : `\n${program} was ended by ${signal}`;
      resolve({ passed: code === 0, output: Buffer.concat(chunks).toString('utf8').trimEnd() + ending });
    });
  });
}
