/** Programs that say what was acknowledged, line by line, until they are killed. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { expect } from 'vitest';

/**
 * Runs a program of Node's until it has said more than so many lines, kills it (SIGKILL), and gives all whole lines that it
 * had said by then.
 */
export async function linesUntilKilled(args: readonly string[], count: number): Promise<readonly string[]> {
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  const exit = once(child, 'exit');
  let text = '';
  child.stdout.setEncoding('utf8');
  child.stdout.on('data', (part: string) => {
    text += part;
    if (text.split('\n').length > count) child.kill('SIGKILL');
  });
  await once(child.stdout, 'close');
  expect((await exit)[1]).toBe('SIGKILL');
  return text.split('\n').slice(0, -1);
}
