/** From a permit to an exit status: the command on the machine, its input up and its output down, none faster than it is taken. */
import type { Permit } from '../../../enforcement/permit.ts';
import type { Outcome } from '../../../enforcement/verdict.ts';
import type { FindingMasks } from '../../../masking/finding-masks.ts';
import type { JsonObject } from '../../../model/json.ts';
import type { Log } from '../../../telemetry/log.ts';
import { CommandMasks } from '../masking/command-masks.ts';
import { errorRefusal } from '../refusal.ts';
import type { SshSession } from '../session.ts';
import type { Chunks } from '../transport/chunks.ts';
import type { ClientProgram } from '../transport/client-connection.ts';
import type { Exit, ServerChannel } from '../transport/server-channel.ts';
import type { ProgramRequest } from '../transport/server-connection.ts';
import type { Terminal } from '../transport/terminal.ts';
import { SshUpstreamError } from '../upstream/errors.ts';
import { answer } from './answer.ts';
import type { Machine } from './machine.ts';
import type { OutputLimits } from './output-limits.ts';
import { OutputPipe } from './output-pipe.ts';
import { StreamRecord } from './stream-record.ts';

/** What a command is carried out with. */
export interface Forwarding {
  readonly request: ProgramRequest;
  readonly session: SshSession;
  readonly machine: Machine;
  /** What was judged; absent: the shell of the account, as a whole. */
  readonly canonical: string | undefined;
  /** False: the command gets no input, and no terminal. */
  readonly hasInput: boolean;
  /** False: what passes is counted, and not kept. */
  readonly isRecorded?: boolean;
  readonly limits: OutputLimits;
  /** What the output goes through; undefined: nothing is masked. */
  readonly masks: FindingMasks | undefined;
  /** What the input goes through on its way to the recording. */
  readonly inScope: FindingMasks | undefined;
  readonly log: Log;
}

const noInput = ({ isTerminal }: ServerChannel): Buffer =>
  Buffer.from(
    `sallyport: people approved the command alone: its standard input is not passed on${isTerminal ? '\r' : ''}\n`,
  );

/** Carries out what the permit is for (P1). Ends the client's channel in every case. Never rejects. */
export async function forward(permit: Permit, how: Forwarding): Promise<Outcome> {
  const { request, session, limits } = how;
  const { channel } = request;
  const run = new Run(permit, how);
  const onGone = (): void => run.cancel(undefined);
  const onOver = (): void => run.cancel(session.over.reason);
  channel.gone.addEventListener('abort', onGone, { once: true });
  session.over.addEventListener('abort', onOver, { once: true });
  limits.start((error) => run.cancel(error));
  try {
    const exit = await run.carryOut();
    channel.finish(exit);
    return { status: 'ok', result: { ...exitResult(exit), ...run.counts } };
  } catch (error) {
    run.cancel(error);
    const reason = run.cancelled?.reason ?? error;
    const code = reason instanceof Error && 'code' in reason ? String(reason.code) : 'ERR_INTERNAL';
    if (channel.gone.aborted) return { status: 'cancelled', result: { code: 'client-gone', ...run.counts } };
    await answer(channel, errorRefusal(reason));
    const status = run.wasCut ? 'cancelled' : 'error';
    if (!run.wasCut) {
      // The client is told less.
      const text = reason instanceof Error ? reason.message : String(reason);
      how.log.warn('command not run', { session: session.id, code, reason: text });
    }
    return { status, result: { code, ...run.counts } };
  } finally {
    limits.stop();
    channel.gone.removeEventListener('abort', onGone);
    session.over.removeEventListener('abort', onOver);
  }
}

/** One command under way. */
class Run {
  /** Why it was ended before its time; the reason is undefined where the client went away. */
  cancelled: { readonly reason: unknown } | undefined;
  /** By a bound, an end of the session, or the client; not by a failure. */
  wasCut = false;
  readonly #permit: Permit;
  readonly #how: Forwarding;
  readonly #record: StreamRecord;
  readonly #output: OutputPipe;
  #inputBytes = 0;
  readonly #cut = Promise.withResolvers<never>();
  #program: ClientProgram | undefined;

  constructor(permit: Permit, how: Forwarding) {
    this.#permit = permit;
    this.#how = how;
    this.#record = new StreamRecord(permit, terminalOf(how) !== undefined, how.isRecorded);
    const { limits, masks } = how;
    this.#output = new OutputPipe({
      limits,
      masks,
      record: this.#record,
      onExceeded: (error) => this.cancel(error),
      write: (stream, bytes) => how.request.channel.write(stream, bytes),
    });
    this.#cut.promise.catch(() => undefined);
    const { session, request } = how;
    if (session.over.aborted) this.cancel(session.over.reason);
    if (request.channel.gone.aborted) this.cancel(undefined);
  }

  get counts(): JsonObject {
    return { stdin: this.#inputBytes, ...this.#output.counts };
  }

  /** Ends the command by force. Idempotent. */
  cancel(reason: unknown): void {
    if (this.cancelled !== undefined) return;
    const { session, request, limits } = this.#how;
    this.cancelled = { reason };
    this.wasCut =
      session.over.aborted ||
      request.channel.gone.aborted ||
      (limits.exceeded !== undefined && reason === limits.exceeded);
    this.#program?.kill();
    this.#cut.reject(reason ?? new Error('the client has gone'));
  }

  async carryOut(): Promise<Exit> {
    if (this.cancelled !== undefined) return this.#cut.promise;
    const { machine, canonical, request } = this.#how;
    const terminal = terminalOf(this.#how);
    const starting = machine.start(this.#permit, {
      ...(canonical === undefined ? {} : { command: canonical }),
      terminal,
      environment: request.environment.passed,
    });
    // A command that starts after all is ended at once.
    starting.then(
      (late) => {
        if (this.cancelled !== undefined) late.kill();
      },
      () => undefined,
    );
    const program = await Promise.race([starting, this.#cut.promise]);
    this.#program = program;
    request.onSignal = (name) => program.signal(name);
    if (terminal !== undefined) {
      request.resizes.onSize = (size) => {
        this.#record.resize(size);
        program.resize(size);
      };
    }
    const work = Promise.all([this.#down('stdout', program.stdout), this.#down('stderr', program.stderr)]);
    const input = this.#up(request.channel, program);
    // A failure of the input ends the command; whether more of it may come does not matter once the output is at its end.
    await Promise.race([work, input.then(() => work), this.#cut.promise]);
    const exit = await Promise.race([program.exit, this.#cut.promise]);
    request.onSignal = undefined;
    request.resizes.onSize = undefined;
    this.#record.end();
    if (exit !== undefined) return exit;
    throw new SshUpstreamError(
      'ERR_SSH_UPSTREAM_PROTOCOL',
      'the machine ended the command without an exit status',
    );
  }

  async #down(name: 'stdout' | 'stderr', from: Chunks): Promise<void> {
    const stream = this.#output.stream(name);
    for (let chunk = await from.next(); chunk !== undefined; chunk = await from.next()) {
      if (!(await stream.push(chunk))) return;
    }
    if (this.cancelled === undefined) await stream.end();
  }

  async #up(channel: ServerChannel, program: ClientProgram): Promise<void> {
    if (!this.#how.hasInput) {
      program.endInput();
      if ((await channel.input.next()) !== undefined) await channel.write('stderr', noInput(channel));
      return;
    }
    const mask = new CommandMasks(this.#how.inScope).stream();
    for (let chunk = await channel.input.next(); chunk !== undefined; chunk = await channel.input.next()) {
      await this.#record.input(mask === undefined ? chunk : mask.push(chunk));
      await program.write(chunk);
      this.#inputBytes += chunk.length;
    }
    if (mask !== undefined) await this.#record.input(mask.end());
    program.endInput();
  }
}

/** The terminal on the machine: people approved what they saw, which is not what somebody types then. */
function terminalOf({ request, hasInput }: Forwarding): Terminal | undefined {
  return hasInput ? request.terminal : undefined;
}

function exitResult(exit: Exit): JsonObject {
  return 'code' in exit ? { exit: exit.code } : { signal: exit.signal };
}
