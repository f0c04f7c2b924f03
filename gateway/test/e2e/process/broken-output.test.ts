/** Whoever reads the output of a command may go first, as `head` does. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';

const SALLYPORT = fileURLToPath(new URL('../../../bin/sallyport.js', import.meta.url));

it('ends a command as SIGPIPE would, without a stack trace', async () => {
  const child = spawn(process.execPath, [SALLYPORT, '--help'], { stdio: ['ignore', 'pipe', 'pipe'] });
  child.stdout.destroy();
  const [said, [code]] = await Promise.all([text(child.stderr), once(child, 'exit')]);
  expect({ said, code }).toEqual({ said: '', code: 141 });
});
