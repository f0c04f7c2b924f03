/** A terminal: one bash that keeps what was exported in it, and says what each input came to. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';

/** What an input came to. */
export interface Typed {
  readonly code: number;
  /** Both streams, in order. */
  readonly output: string;
}

/** Where to type. */
export interface Terminal extends AsyncDisposable {
  /** Types lines and waits until they are done; one input at a time. Rejects when the shell ends by it. */
  type(text: string): Promise<Typed>;
}

/** Opens one; nothing of our own environment is in it. */
export function openTerminal(options: {
  readonly cwd: string;
  readonly env: Readonly<Record<string, string>>;
}): Terminal {
  const shell = spawn('bash', ['--norc', '--noprofile'], { ...options, stdio: ['pipe', 'pipe', 'pipe'] });
  const ended = once(shell, 'close');
  shell.stdin.write('exec 2>&1\n');
  const lines = createInterface({ input: shell.stdout })[Symbol.asyncIterator]();
  let inputs = 0;
  return {
    type: async (text) => {
      inputs += 1;
      const mark = `__done_${inputs}`;
      shell.stdin.write(`${text}\necho "${mark} $?"\n`);
      const said: string[] = [];
      for (;;) {
        const { value, done } = await lines.next();
        if (done === true) throw new Error(`the shell has ended: ${said.join('\n')}`);
        if (value.startsWith(`${mark} `)) {
          return { code: Number(value.slice(mark.length + 1)), output: said.join('\n') };
        }
        said.push(value);
      }
    },
    [Symbol.asyncDispose]: async () => {
      shell.stdin.end();
      shell.kill('SIGKILL');
      await ended;
    },
  };
}
