/** Ends a statement whose result, or time, has passed a bound: the work is cancelled on the server. */
import type { ExchangeRun } from './exchange-run.ts';
import type { Pipeline } from './pipeline.ts';

/** What cutting works with. */
export interface CuttingServices {
  readonly pipeline: Pipeline;
  /** Asks the server to cancel what it does; resolves when it has been told. */
  readonly cancel: () => Promise<void>;
  /** Something that others wait for may have changed. */
  readonly wake: () => void;
}

/** A statement that waits behind others is looked at again so often, in milliseconds. */
const AGAIN_MS = 100;

/** Cuts exchanges off. */
export class Cutting {
  readonly #services: CuttingServices;
  #cancels = 0;
  readonly #timers = new Set<NodeJS.Timeout>();

  constructor(services: CuttingServices) {
    this.#services = services;
  }

  /** A cancel is on its way: whatever were sent now, it might hit. */
  get isBusy(): boolean {
    return this.#cancels > 0;
  }

  /** Its result is over the bound already. */
  cut(run: ExchangeRun): void {
    this.#cancels += 1;
    const over = (): void => {
      this.#cancels -= 1;
      this.#services.wake();
    };
    this.#services.cancel().then(over, over);
    // Until the server has answered, what is sent would be cancelled in its place.
    this.#cancels += 1;
    const before = run.onFinished;
    run.onFinished = () => {
      before?.();
      over();
    };
  }

  /** Cuts it when its time is over. */
  watch(run: ExchangeRun, timeoutMs: number): void {
    this.#after(run, timeoutMs);
  }

  /** The session is over. */
  close(): void {
    for (const timer of this.#timers) clearTimeout(timer);
    this.#timers.clear();
  }

  #after(run: ExchangeRun, delayMs: number): void {
    const timer = setTimeout(() => {
      this.#timers.delete(timer);
      this.#timeIsUp(run);
    }, delayMs);
    this.#timers.add(timer);
    run.onFinished = () => {
      clearTimeout(timer);
      this.#timers.delete(timer);
    };
  }

  /** Only what the server works on now can be cancelled; behind others it waits for its turn to be cut. */
  #timeIsUp(run: ExchangeRun): void {
    if (run.isFinished) return;
    if (this.#services.pipeline.run !== run) {
      this.#after(run, AGAIN_MS);
      return;
    }
    const exceeded = run.meter?.timeIsUp();
    if (exceeded === undefined) return;
    run.cut = exceeded;
    this.cut(run);
  }
}
