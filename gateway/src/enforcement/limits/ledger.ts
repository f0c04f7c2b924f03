import { StatementWindow } from './statement-window.ts';

/** How long tables and probes count after the last statement of their run, though the tokens that were seen have ended. */
const RUN_IDLE_MS = 3_600_000;

/** What one rule has counted of one run on one resource. */
export class Ledger {
  readonly window: StatementWindow = new StatementWindow();
  readonly tables: Set<string> = new Set();
  /** Questions about masked columns, as digests. */
  readonly probes: Set<string> = new Set();
  /** People were told that there are too many of them. */
  isTold = false;
  #runUntilMs = 0;

  /** Notes a permitted statement: what its run did counts while a token of it lives, and an hour at least. */
  touch(nowMs: number, tokenLivesMs: number): void {
    this.#runUntilMs = Math.max(this.#runUntilMs, nowMs + tokenLivesMs, nowMs + RUN_IDLE_MS);
  }

  /** Names and digests that it holds. */
  get held(): number {
    return this.tables.size + this.probes.size;
  }

  /** Forgets what the run did when its time is over. @returns how many names and digests */
  forgetRun(nowMs: number): number {
    const { held } = this;
    if (nowMs < this.#runUntilMs) return 0;
    this.tables.clear();
    this.probes.clear();
    this.isTold = false;
    return held;
  }

  /** Whether forgetting it now loosens no limit. */
  isOver(nowMs: number): boolean {
    return this.window.count(nowMs) === 0 && ((this.held === 0 && !this.isTold) || nowMs >= this.#runUntilMs);
  }
}
