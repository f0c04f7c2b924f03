/** Carries out lines that were permitted, in the one shell on the machine; a new one begins where that was lost. */

import { exchangeLimits } from '../../../enforcement/limits/exchange-limits.ts';
import type { Permit } from '../../../enforcement/permit.ts';
import type { Outcome } from '../../../enforcement/verdict.ts';
import type { MaskTools } from '../../../masking/mask-tools.ts';
import type { Obligation } from '../../../model/obligation.ts';
import { freshState, type Line, noteLine, type ShellState } from '../facts/line.ts';
import { findingMasks } from '../masking/command-masks.ts';
import { errorRefusal } from '../refusal.ts';
import type { Machine } from '../relay/machine.ts';
import { OutputLimits } from '../relay/output-limits.ts';
import { OutputPipe } from '../relay/output-pipe.ts';
import { StreamRecord } from '../relay/stream-record.ts';
import type { SshSession } from '../session.ts';
import type { Exit } from '../transport/server-channel.ts';
import { NO_FOLDER } from './control-text.ts';
import { type LineResult, RemoteShell } from './remote-shell.ts';

/** What lines are carried out with. */
export interface LineServices {
  readonly session: SshSession;
  readonly machine: Machine;
  readonly tools: MaskTools;
  readonly environment: Readonly<Record<string, string>>;
  /** The client has gone. */
  readonly gone: AbortSignal;
  /** Output of the line, for the client. */
  readonly write: (stream: 'stdout' | 'stderr', bytes: Buffer) => Promise<void>;
}

/** What came of a line. */
export interface LineOutcome {
  readonly outcome: Outcome;
  /** One line for the client; absent where there is nothing to tell. */
  readonly text?: string;
  /** The shell was ended by a line that asks for it. */
  readonly exit?: Exit;
}

/** Exit statuses as shells have them. */
const CUT = 126;
const INTERRUPTED = 130;
const FAILED = 255;

/** Runs lines, one at a time. */
export class LineRunner {
  state: ShellState;
  readonly #services: LineServices;
  readonly #masks: Obligation[] = [];
  #shell: RemoteShell | undefined;
  /** A shell has been there before: the next one begins in its folder. */
  #isRestart = false;
  #interrupts = 0;

  constructor(services: LineServices) {
    this.#services = services;
    this.state = freshState(services.session.start.account);
  }

  /** Carries out a line (P1). Never rejects. */
  async run(
    permit: Permit,
    line: Line & { readonly group: string },
    obligations: readonly Obligation[],
  ): Promise<LineOutcome> {
    const { session, gone } = this.#services;
    const cut = Promise.withResolvers<never>();
    cut.promise.catch(() => undefined);
    const stop = (reason: unknown): void => {
      this.#shell?.kill();
      cut.reject(reason);
    };
    const limits = new OutputLimits(exchangeLimits(obligations), permit.decision);
    const onOver = (): void => stop(session.over.reason);
    const onGone = (): void => stop(new Error('the client has gone'));
    session.over.addEventListener('abort', onOver, { once: true });
    gone.addEventListener('abort', onGone, { once: true });
    limits.start(stop);
    this.#interrupts = 0;
    const pipe = this.#pipe(permit, obligations, { limits, onExceeded: stop });
    try {
      const result = await Promise.race([this.#carryOut(permit, line, pipe), cut.promise]);
      return this.#ended(permit, line, { result, pipe });
    } catch (error) {
      this.#shell?.kill();
      this.#lost();
      return this.#failed(error, { pipe, wasCut: error === limits.exceeded || session.over.aborted });
    } finally {
      limits.stop();
      session.over.removeEventListener('abort', onOver);
      gone.removeEventListener('abort', onGone);
    }
  }

  /** Ends what runs; at the second time the shell with it. */
  interrupt(): void {
    this.#interrupts += 1;
    if (this.#interrupts === 1) this.#shell?.interrupt();
    else this.#shell?.kill();
  }

  signal(name: string): void {
    this.#shell?.signal(name);
  }

  /** Nothing more is run. */
  end(): void {
    this.#shell?.end();
  }

  /**
   * Masks of earlier lines stay: a variable that a masked line has filled is shown by a later one, and what was left behind
   * may still write.
   */
  #pipe(
    permit: Permit,
    obligations: readonly Obligation[],
    { limits, onExceeded }: { readonly limits: OutputLimits; readonly onExceeded: (error: Error) => void },
  ): OutputPipe {
    const { tools, write } = this.#services;
    const known = new Set(this.#masks.map((one) => JSON.stringify(one)));
    this.#masks.push(...obligations.filter((one) => one.kind === 'mask' && !known.has(JSON.stringify(one))));
    const masks = findingMasks(this.#masks, tools);
    return new OutputPipe({ limits, masks, record: new StreamRecord(permit, false), onExceeded, write });
  }

  async #carryOut(
    permit: Permit,
    line: Line & { readonly group: string },
    pipe: OutputPipe,
  ): Promise<LineResult> {
    const shell = await this.#open(permit);
    noteLine(line, this.state);
    const streams = { stdout: pipe.stream('stdout'), stderr: pipe.stream('stderr') };
    const result = await shell.run(permit, {
      group: line.group,
      status: this.state.status,
      deliver: (name, bytes) => streams[name].push(bytes),
    });
    await streams.stdout.end();
    await streams.stderr.end();
    return result;
  }

  async #open(permit: Permit): Promise<RemoteShell> {
    if (this.#shell !== undefined && !this.#shell.isOver) return this.#shell;
    const { machine, environment, session, gone } = this.#services;
    const folder = this.#isRestart ? this.state.folder : undefined;
    const shell = await RemoteShell.start(permit, { machine, folder, environment });
    // It may start after all when nobody wants it any more.
    if (session.over.aborted || gone.aborted) shell.kill();
    this.#shell = shell;
    this.#isRestart = true;
    return shell;
  }

  #ended(
    permit: Permit,
    line: Line,
    { result, pipe }: { readonly result: LineResult; readonly pipe: OutputPipe },
  ): LineOutcome {
    const { recording, recorded } = permit;
    if (result.kind === 'done') {
      const { status, folder, lateBytes } = result;
      this.state.status = status;
      this.state.folder = folder;
      if (lateBytes > 0) recording?.note(recorded, 'late-output', { bytes: lateBytes });
      return { outcome: { status: 'ok', result: { exit: status, ...pipe.counts } } };
    }
    const { exit } = result;
    const told: Outcome = { status: 'ok', result: { ...exitResult(exit), ...pipe.counts } };
    if (line.mayExit && exit !== undefined) return { outcome: told, exit };
    const { folder } = this.state;
    this.#lost();
    const status = exit !== undefined && 'code' in exit ? exit.code : INTERRUPTED;
    this.state.status = status;
    if (status === NO_FOLDER && folder !== undefined) {
      this.state = { ...freshState(this.#services.session.start.account), status };
      this.#isRestart = false;
      return {
        outcome: told,
        text: 'sallyport: the folder is not there any more: nothing was run; the next line begins in the home folder',
      };
    }
    return {
      outcome: told,
      text: 'sallyport: the shell on the machine has ended; the next line begins a new one in the same folder, without its variables',
    };
  }

  /** What it kept is gone with it. */
  #lost(): void {
    this.#shell = undefined;
    const { folder, status } = this.state;
    this.state = { ...freshState(this.#services.session.start.account), folder, status };
  }

  #failed(
    error: unknown,
    { pipe, wasCut }: { readonly pipe: OutputPipe; readonly wasCut: boolean },
  ): LineOutcome {
    const { gone } = this.#services;
    const code = error instanceof Error && 'code' in error ? String(error.code) : 'ERR_INTERNAL';
    if (gone.aborted)
      return { outcome: { status: 'cancelled', result: { code: 'client-gone', ...pipe.counts } } };
    this.state.status = wasCut ? CUT : FAILED;
    return {
      outcome: { status: wasCut ? 'cancelled' : 'error', result: { code, ...pipe.counts } },
      text: errorRefusal(error).text,
    };
  }
}

function exitResult(exit: Exit | undefined): Outcome['result'] {
  if (exit === undefined) return { code: 'ended' };
  return 'code' in exit ? { exit: exit.code } : { signal: exit.signal };
}
