/** The one shell on the machine in which the lines of a guarded session run, one after the other. */
import { randomBytes } from 'node:crypto';
import type { Permit } from '../../../enforcement/permit.ts';
import type { Machine } from '../relay/machine.ts';
import type { Chunks } from '../transport/chunks.ts';
import type { ClientProgram } from '../transport/client-connection.ts';
import type { Exit } from '../transport/server-channel.ts';
import { beginning, type LineEnd, lineText, type Marks, readLineEnd, SHELL_COMMAND } from './control-text.ts';
import { MarkedOutput } from './marked-output.ts';

/** What a line is run with. */
export interface LineRun {
  readonly group: string;
  /** Exit status of the line before. */
  readonly status: number;
  /** Takes output, one piece of a stream after the other; false where no more may come. */
  readonly deliver: (stream: 'stdout' | 'stderr', bytes: Buffer) => Promise<boolean>;
}

/** How a line ended: the shell goes on, or is no more. */
export type LineResult =
  | ({ readonly kind: 'done'; readonly lateBytes: number } & LineEnd)
  | { readonly kind: 'ended'; readonly exit: Exit | undefined };

/** A shell that runs. Nothing of it throws or rejects once it has started. */
export class RemoteShell {
  readonly #program: ClientProgram;
  #first: string;
  #isOver = false;

  private constructor(program: ClientProgram, first: string) {
    this.#program = program;
    this.#first = first;
  }

  /**
   * Starts one, for a line that was permitted (P1). Rejects as `Machine.start` does.
   * @param folder where it has to begin; undefined: where the account does
   */
  static async start(
    permit: Permit,
    {
      machine,
      folder,
      environment,
    }: {
      readonly machine: Machine;
      readonly folder: string | undefined;
      readonly environment: Readonly<Record<string, string>>;
    },
  ): Promise<RemoteShell> {
    return new RemoteShell(
      await machine.start(permit, { command: SHELL_COMMAND, environment }),
      beginning(folder),
    );
  }

  get isOver(): boolean {
    return this.#isOver;
  }

  /** Runs a line that was permitted (P1). One at a time. */
  async run(_permit: Permit, { group, status, deliver }: LineRun): Promise<LineResult> {
    const marks = newMarks();
    const streams = {
      stdout: new MarkedOutput(marks, true),
      stderr: new MarkedOutput(marks, false),
    };
    const text = this.#first + lineText(group, status, marks);
    this.#first = '';
    // Read while it is written: a shell that nobody reads does not read either.
    const written = this.#program.write(Buffer.from(text));
    const [isOut, isErr] = await Promise.all([
      follow(this.#program.stdout, streams.stdout, (bytes) => deliver('stdout', bytes)),
      follow(this.#program.stderr, streams.stderr, (bytes) => deliver('stderr', bytes)),
    ]);
    const told = streams.stdout.told;
    const end = isOut && isErr && told !== undefined ? readLineEnd(told) : undefined;
    if (end !== undefined) {
      await written;
      return { kind: 'done', lateBytes: streams.stdout.lateBytes + streams.stderr.lateBytes, ...end };
    }
    // It has ended, or what it says is not what it was told to say: it is not the shell that it was.
    const isEnded = !this.#isOver && !isOut && !isErr;
    if (!isEnded) this.kill();
    this.#isOver = true;
    // Of one that was killed nobody waits for the end: its channel may be held up by what nobody reads.
    return { kind: 'ended', exit: isEnded ? await this.#program.exit : undefined };
  }

  /** Ends the program that the shell runs now. */
  interrupt(): void {
    this.#program.signal('INT');
  }

  signal(name: string): void {
    this.#program.signal(name);
  }

  /** Ends the shell and what it runs. Idempotent. */
  kill(): void {
    this.#isOver = true;
    this.#program.kill();
  }

  /** Lets the shell end by itself: it has nothing more to read. */
  end(): void {
    this.#isOver = true;
    this.#program.endInput();
  }
}

/** Reads a stream until the line is over on it; false where the stream ends before. */
async function follow(
  from: Chunks,
  marked: MarkedOutput,
  deliver: (bytes: Buffer) => Promise<boolean>,
): Promise<boolean> {
  for (let chunk = await from.next(); chunk !== undefined; chunk = await from.next()) {
    const { output, isOver } = marked.take(chunk);
    if (output.length > 0 && !(await deliver(output))) return false;
    if (isOver) return true;
  }
  return false;
}

/** 128 bits each: no output has one by chance, and none by intent. */
function newMarks(): Marks {
  const mark = (): string => `\u001e${randomBytes(16).toString('hex')}`;
  return { begin: mark(), end: mark(), close: mark() };
}
