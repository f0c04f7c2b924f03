/** Drives a shell by its prompt, as pexpect and the tools of agents do: send a line, wait for what comes, look at it. */
import type { TestChannel } from './ssh-clients.ts';

/** A shell in a channel. */
export interface ShellDriver {
  /** Everything that has come. */
  output(): string;
  /** Sends text as it is. */
  send(text: string | Buffer): void;
  /** Waits for what matches behind what was waited for before; gives what stands before the match. Rejects at the end of the channel. */
  expect(pattern: RegExp): Promise<string>;
  /** Sends a line, and gives what the shell wrote between its echo and its next prompt. */
  run(line: string): Promise<string>;
  readonly closed: Promise<void>;
}

const PATIENCE_MS = 20_000;

/** @param prompt that the shell shows when it waits */
export function driveShell(channel: TestChannel, prompt: RegExp): ShellDriver {
  let text = '';
  let seen = 0;
  let isClosed = false;
  const waiting = new Set<() => void>();
  const wake = (): void => {
    for (const one of waiting) one();
  };
  for (const stream of [channel, channel.stderr]) {
    stream.on('data', (chunk: Buffer) => {
      text += chunk.toString();
      wake();
    });
  }
  const closed = new Promise<void>((resolve) => {
    channel.once('close', () => {
      isClosed = true;
      wake();
      resolve();
    });
  });
  const expectation = (pattern: RegExp): Promise<string> =>
    new Promise((resolve, reject) => {
      const settle = (act: () => void): void => {
        waiting.delete(look);
        clearTimeout(timer);
        act();
      };
      const look = (): void => {
        const match = pattern.exec(text.slice(seen));
        if (match !== null) {
          const before = text.slice(seen, seen + match.index);
          seen += match.index + match[0].length;
          settle(() => resolve(before));
        } else if (isClosed)
          settle(() => reject(new Error(`closed without ${String(pattern)}: ${text.slice(-2000)}`)));
      };
      const timer = setTimeout(() => {
        settle(() => reject(new Error(`${String(pattern)} did not come: ${text.slice(-2000)}`)));
      }, PATIENCE_MS);
      waiting.add(look);
      look();
    });
  return {
    output: () => text,
    send: (more) => void channel.write(more),
    expect: expectation,
    closed,
    async run(line) {
      channel.write(`${line}\r`);
      const before = await expectation(prompt);
      // The echo of the line itself.
      return before.slice(before.indexOf('\r\n') + 2);
    },
  };
}
