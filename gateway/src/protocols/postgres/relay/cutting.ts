/** Ends a statement whose result, or time, has passed a bound: the work is cancelled on the server. */
import type { ExchangeRun } from './exchange-run.ts';
import type { Pipeline } from './pipeline.ts';

/** What cutting works with. */
export interface CuttingServices {
  readonly pipeline: Pipeline;
  /** Asks the server to cancel what it does; resolves when it has been told. */
  readonly cancel: () => Promise<void>;
  /** Makes the server answer, and reads what it answers, however slow the client is: what is cut is not for it. */
  readonly drain: () => void;
  /** Ends COPY data from the client; false while the client is in the middle of a message. */
  readonly endCopy: (run: ExchangeRun) => boolean;
  /** Something that others wait for may have changed. */
  readonly wake: () => void;
  /** The server does not stop. */
  readonly giveUp: () => void;
}

/** A server that goes on is told again so often, in milliseconds: functions may catch a cancel. */
const AGAIN_MS = 1_000;
/** So many times, until the session ends. */
const MOST_CANCELS = 5;

/** How long a client may take to end a message of COPY data whose time is up: looked at so often, so many times. */
const COPY_AGAIN_MS = 100;
const MOST_COPY_LOOKS = 50;

/** Cuts exchanges off. What has a bound has the server for itself, so there is one at a time. */
export class Cutting {
  readonly #services: CuttingServices;
  #cancels = 0;
  #cut: ExchangeRun | undefined;
  #watched: ExchangeRun | undefined;
  #timer: NodeJS.Timeout | undefined;

  constructor(services: CuttingServices) {
    this.#services = services;
  }

  /** Something is being cancelled: whatever were sent now, it might hit. */
  get isBusy(): boolean {
    return this.#cancels > 0 || (this.#cut !== undefined && !this.#cut.isAnswered);
  }

  /** Its result is over the bound already. */
  cut(run: ExchangeRun): void {
    this.#cut = run;
    this.#cancel(run, 1);
  }

  /** Cuts it when its time is over, counted from now unless it is watched already; what was watched before is not any more. */
  watch(run: ExchangeRun): void {
    if (this.#watched === run) return;
    this.#watched = run;
    const timeoutMs = run.meter?.timeoutMs;
    if (timeoutMs === undefined) this.#clear();
    else this.#after(timeoutMs, run, () => this.#timeIsUp(run, 1));
  }

  /** The session is over. */
  close(): void {
    this.#clear();
  }

  #timeIsUp(run: ExchangeRun, looks: number): void {
    const { pipeline, endCopy, giveUp } = this.#services;
    run.cut ??= run.meter?.timeIsUp();
    if (run.cut === undefined) return;
    pipeline.timeCut = run;
    if (pipeline.copy.in?.exchange === run && !endCopy(run)) {
      if (looks >= MOST_COPY_LOOKS) giveUp();
      else this.#after(COPY_AGAIN_MS, run, () => this.#timeIsUp(run, looks + 1));
      return;
    }
    this.cut(run);
  }

  #cancel(run: ExchangeRun, times: number): void {
    const { cancel, drain, wake, giveUp } = this.#services;
    this.#cancels += 1;
    const over = (): void => {
      this.#cancels -= 1;
      wake();
    };
    cancel().then(over, over);
    drain();
    const again = times < MOST_CANCELS ? () => this.#cancel(run, times + 1) : giveUp;
    this.#after(AGAIN_MS, run, again);
  }

  #after(delayMs: number, run: ExchangeRun, act: () => void): void {
    this.#clear();
    this.#timer = setTimeout(() => {
      if (!run.isAnswered) act();
    }, delayMs);
  }

  #clear(): void {
    clearTimeout(this.#timer);
  }
}
