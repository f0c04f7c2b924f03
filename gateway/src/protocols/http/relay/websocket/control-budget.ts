/** How many control frames a side may send: they cost an answer each, and carry nothing. */

/** Control frames in any {@link WINDOW_MS}; a client that pings each second sends ten. */
const MOST = 500;
const WINDOW_MS = 10_000;

/** Counts control frames of one side. */
export class ControlBudget {
  readonly #nowMs: () => number;
  #sinceMs: number;
  #count = 0;

  /** @param nowMs of a clock that only goes on */
  constructor(nowMs: () => number) {
    this.#nowMs = nowMs;
    this.#sinceMs = nowMs();
  }

  /** Counts one; false when there were too many. */
  take(): boolean {
    const now = this.#nowMs();
    if (now - this.#sinceMs >= WINDOW_MS) {
      this.#sinceMs = now;
      this.#count = 0;
    }
    this.#count += 1;
    return this.#count <= MOST;
  }
}
