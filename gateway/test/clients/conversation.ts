/**
 * Runs a client program in another language and talks with it: a line `ok <what>` or `not ok <what> # <why>` for each finding,
 * `version <text>` once, and `ask <question>`, which is answered by one line on its standard input.
 */
import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';

/** How a program is started. */
export interface Command {
  readonly program: string;
  readonly args: readonly string[];
  readonly cwd?: string;
  readonly env?: Readonly<Record<string, string>>;
}

/** What a client program found. */
export interface Findings {
  readonly version: string;
  readonly passed: readonly string[];
  /** `<what> # <why>`. */
  readonly failed: readonly string[];
}

const runMs = 180_000;
/** Lines of standard error that are shown when a program ends badly. */
const shownLines = 12;

/** Runs it to its end; a program that ends badly, or finds nothing, has failed. */
export async function converse(
  command: Command,
  answer: (question: string) => Promise<string>,
): Promise<Findings> {
  const child = spawn(command.program, command.args, {
    cwd: command.cwd,
    env: { PATH: process.env['PATH'] ?? '', HOME: process.env['HOME'] ?? '', ...command.env },
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  const timer = setTimeout(() => child.kill('SIGKILL'), runMs);
  const passed: string[] = [];
  const failed: string[] = [];
  let version = 'unknown';
  let complaints = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    complaints = (complaints + text).slice(-20_000);
  });
  child.stdin.on('error', () => undefined);
  const ended = new Promise<number | null>((resolve) => {
    child.once('error', () => resolve(null));
    child.once('close', resolve);
  });
  for await (const line of createInterface({ input: child.stdout })) {
    const [, verb = '', text = ''] = /^(ok|not ok|version|ask) (.*)$/.exec(line) ?? [];
    if (verb === 'ok') passed.push(text);
    else if (verb === 'not ok') failed.push(text);
    else if (verb === 'version') version = text;
    else if (verb === 'ask') child.stdin.write(`${await answer(text)}\n`);
  }
  const code = await ended;
  clearTimeout(timer);
  if (code !== 0 || passed.length === 0) {
    const tail = complaints.trimEnd().split('\n').slice(-shownLines).join('\n    ');
    failed.push(`the program itself # ended with ${code ?? 'a signal, or did not start'}\n    ${tail}`);
  }
  return { version, passed, failed };
}
