/**
 * A guarded shell: the prompt is the gateway's. It reads a line, and more of them until a command is whole, judges it as any
 * command is, and only then runs it in the one shell that the session has on the machine. A denial is shown, and the next prompt.
 */

import { CommandLines } from '../../../shell/command-lines.ts';
import { MOST_BYTES } from '../../../shell/limits.ts';
import { SshError } from '../errors.ts';
import { readLine } from '../facts/line.ts';
import { denialOf, errorRefusal } from '../refusal.ts';
import { answer } from '../relay/answer.ts';
import { judge } from '../relay/judge.ts';
import { notSendable } from '../relay/not-sendable.ts';
import type { ProgramPlace } from '../relay/run-program.ts';
import { tokenOver } from '../session.ts';
import type { Exit } from '../transport/server-channel.ts';
import type { ProgramRequest } from '../transport/server-connection.ts';
import type { Typed } from './line-editor.ts';
import { LineRunner } from './line-runner.ts';
import { readLocalLine } from './local-lines.ts';
import { DEFAULT_PROMPTS, promptText } from './prompt.ts';
import { Typing } from './typing.ts';

/** Status of what was ended by Ctrl-C, and of a text that is not grammatical. */
const INTERRUPTED = 130;
const WRONG = 2;

/** Serves a client that asked for a shell, until one of them ends it. Rejects with what is not foreseen. */
export async function runGuardedShell(request: ProgramRequest, place: ProgramPlace): Promise<void> {
  await new GuardedShell(request, place).serve();
}

class GuardedShell {
  readonly #request: ProgramRequest;
  readonly #place: ProgramPlace;
  readonly #typing: Typing;
  readonly #runner: LineRunner;
  /** Resolves when nothing more may be read. */
  readonly #over = Promise.withResolvers<'over'>();
  #prompts: { first: string; second: string } = { ...DEFAULT_PROMPTS };
  readonly #command = new CommandLines();

  constructor(request: ProgramRequest, place: ProgramPlace) {
    this.#request = request;
    this.#place = place;
    const { channel, terminal, environment } = request;
    const { session, machine, tools } = place;
    this.#typing = new Typing(channel, { columns: terminal?.columns ?? 0, longest: MOST_BYTES });
    this.#runner = new LineRunner({
      session,
      machine,
      tools,
      environment: environment.passed,
      gone: channel.gone,
      write: (stream, bytes) => this.#write(stream, bytes),
    });
  }

  async serve(): Promise<void> {
    const { channel, terminal, resizes } = this.#request;
    const { session, draining } = this.#place;
    const stop = (): void => this.#over.resolve('over');
    const signals = [channel.gone, session.over, draining];
    for (const signal of signals) signal.addEventListener('abort', stop, { once: true });
    if (signals.some(({ aborted }) => aborted)) stop();
    resizes.onSize = ({ columns, rows }) => {
      if (this.#typing.editor !== undefined) this.#typing.editor.columns = columns;
      session.recording?.note(0, 'resize', { columns, rows });
    };
    session.recording?.note(
      0,
      'guarded-shell',
      terminal === undefined ? {} : { columns: terminal.columns, rows: terminal.rows },
    );
    try {
      const exit = await this.#loop();
      if (exit === undefined) await answer(channel, errorRefusal(this.#whyOver()));
      else channel.finish(exit);
    } finally {
      this.#runner.end();
      resizes.onSize = undefined;
      this.#request.onSignal = undefined;
      for (const signal of signals) signal.removeEventListener('abort', stop);
    }
  }

  /** How the client ended it; undefined where somebody else did. */
  async #loop(): Promise<Exit | undefined> {
    for (;;) {
      const typed = await Promise.race([this.#typing.next(this.#prompt()), this.#over.promise]);
      if (typed === 'over') return undefined;
      const taken = await this.#take(typed);
      if (taken === undefined) continue;
      if (typeof taken !== 'string') return taken;
      const exit = await this.#execute(taken);
      if (exit !== undefined) return exit;
      if (this.#isOver) return undefined;
    }
  }

  get #isOver(): boolean {
    const { session, draining } = this.#place;
    return this.#request.channel.gone.aborted || session.over.aborted || draining.aborted;
  }

  /** Puts lines together: the text of a command once it is whole, or how the shell ends. */
  async #take(typed: Typed): Promise<string | Exit | undefined> {
    if (typed.kind === 'interrupt') {
      this.#command.clear();
      this.#runner.state.status = INTERRUPTED;
      return undefined;
    }
    // What is not whole will not be any more: it is judged as what it is, and refused.
    if (typed.kind === 'end') return this.#command.rest() ?? { code: this.#runner.state.status };
    if (typed.kind !== 'line') return undefined;
    const taken = typed.isTooLong ? { isTooLong: true as const } : this.#command.take(typed.text);
    if (taken === undefined) return undefined;
    if ('command' in taken) return taken.command;
    this.#runner.state.status = WRONG;
    await this.#say(
      `sallyport: a command has at most ${MOST_BYTES} bytes, fewer in many lines, and a line typed on a terminal 16384; nothing of it was run`,
    );
    // Of a command that was cut in the middle, nobody knows whether what follows is a part of it: nothing of that may run.
    return typed.isTooLong && !this.#command.isOpen ? undefined : { code: WRONG };
  }

  /** Judges a command, and runs it where it may be. How the shell ended, where it did. */
  async #execute(text: string): Promise<Exit | undefined> {
    const interrupted = new AbortController();
    const interrupt = (): void => {
      interrupted.abort();
      this.#runner.interrupt();
    };
    this.#typing.onInterrupt = interrupt;
    this.#request.onSignal = (name) => (name === 'INT' ? interrupt() : this.#runner.signal(name));
    try {
      if (await this.#local(text)) return undefined;
      if (this.#place.session.isExpired) throw tokenOver();
      return await this.#judgeAndRun(text, interrupted.signal);
    } catch (error) {
      if (!(error instanceof SshError)) throw error;
      const { text: told, code } = errorRefusal(error);
      await this.#say(told);
      return { code };
    } finally {
      this.#typing.onInterrupt = undefined;
      this.#request.onSignal = undefined;
    }
  }

  async #judgeAndRun(text: string, interrupted: AbortSignal): Promise<Exit | undefined> {
    const { session, gate, tools, log } = this.#place;
    const { state } = this.#runner;
    const line = readLine(text, session.start.account, state);
    const gone = AbortSignal.any([this.#request.channel.gone, interrupted]);
    const judged = await judge(line, session, { gate, gone, tools });
    if ('denied' in judged) {
      const denial = denialOf(judged.denied);
      state.status = denial.code;
      await this.#say(denial.text);
      return undefined;
    }
    const { permit, obligations } = judged;
    const { group } = line;
    if (group === undefined || interrupted.aborted) {
      const code = group === undefined ? 'ERR_SSH_NOT_SUPPORTED' : 'interrupted';
      gate.settle(permit, { status: group === undefined ? 'error' : 'cancelled', result: { code } });
      state.status = group === undefined ? 126 : INTERRUPTED;
      if (group === undefined) await this.#say(errorRefusal(notSendable(line)).text);
      return undefined;
    }
    const { outcome, text: told, exit } = await this.#runner.run(permit, { ...line, group }, obligations);
    gate.settle(permit, outcome);
    if (outcome.status === 'error') log.warn('line not run', { session: session.id, ...outcome.result });
    if (told !== undefined && !this.#isOver) await this.#say(told);
    return exit;
  }

  /** Whether a line is about the prompt or the terminal here, and was done. */
  async #local(text: string): Promise<boolean> {
    const local = readLocalLine(text);
    const isTerminal = this.#typing.editor !== undefined;
    if (local === undefined || (!isTerminal && local.isEchoing !== undefined)) return false;
    this.#prompts = { ...this.#prompts, ...local.prompts };
    const { editor } = this.#typing;
    if (editor !== undefined && local.isEchoing !== undefined) editor.isEchoing = local.isEchoing;
    if (editor !== undefined && local.columns !== undefined) editor.columns = local.columns;
    this.#runner.state.status = 0;
    this.#place.session.recording?.note(0, 'prompt-or-terminal', { text: text.slice(0, 1000) });
    return true;
  }

  #prompt(): string {
    const { account, configured } = this.#place.session.start;
    const { folder } = this.#runner.state;
    const scene = { account: account.name, resource: configured.resource.name, folder, home: account.home };
    return promptText(!this.#command.isOpen ? this.#prompts.first : this.#prompts.second, scene);
  }

  /** A line of the gateway's own. */
  #say(text: string): Promise<void> {
    return this.#write('stderr', Buffer.from(`${text}\n`));
  }

  /** On a terminal there is one stream, and lines end with two characters. */
  #write(stream: 'stdout' | 'stderr', bytes: Buffer): Promise<void> {
    const { channel } = this.#request;
    if (!channel.isTerminal) return channel.write(stream, bytes);
    return channel.write('stdout', Buffer.from(bytes.toString('latin1').replaceAll('\n', '\r\n'), 'latin1'));
  }

  #whyOver(): unknown {
    const { session, draining } = this.#place;
    if (session.over.aborted) return session.over.reason;
    const message = draining.aborted ? 'the gateway is about to stop; connect again' : 'the client has gone';
    return new SshError('ERR_SSH_SESSION_OVER', message);
  }
}
