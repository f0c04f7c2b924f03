/** Length of the window that `statementsPerMinute` counts in, in milliseconds. */
export const WINDOW_MS = 60_000;

/** Dropped marks are cut off the arrays in one go, from this many on. */
const COMPACT_FROM = 1024;

/**
 * Counts statements in the last {@link WINDOW_MS}, exactly: one mark for each millisecond in which there was one, so
 * that it never holds more than 60,000 marks nor more than it has counted. A statement at `t` counts until `t + 60 s`.
 */
export class StatementWindow {
  readonly #times: number[] = [];
  readonly #counts: number[] = [];
  /** Index of the oldest mark that counts. */
  #first = 0;
  #total = 0;

  /** Marks held: what it costs in memory. */
  get marks(): number {
    return this.#times.length - this.#first;
  }

  /** Statements in the window that ends now. */
  count(nowMs: number): number {
    this.#forget(this.#notBefore(nowMs) - WINDOW_MS);
    return this.#total;
  }

  /** Counts `count` statements that came together. */
  add(nowMs: number, count: number): void {
    const at = this.#notBefore(nowMs);
    this.#forget(at - WINDOW_MS);
    this.#total += count;
    const last = this.#times.length - 1;
    if (last >= this.#first && this.#times[last] === at) {
      this.#counts[last] = (this.#counts[last] ?? 0) + count;
      return;
    }
    this.#times.push(at);
    this.#counts.push(count);
  }

  /** Milliseconds until `count` more statements fit under `allowed`; 0 when they do now, undefined when they never will. */
  waitMs(nowMs: number, allowed: number, count: number): number | undefined {
    const most = allowed - count;
    if (most < 0) return undefined;
    const now = this.#notBefore(nowMs);
    let left = this.count(nowMs);
    for (let index = this.#first; left > most && index < this.#times.length; index += 1) {
      left -= this.#counts[index] ?? 0;
      if (left <= most) return (this.#times[index] ?? now) + WINDOW_MS - now;
    }
    return 0;
  }

  /** A clock that was set back must not open the window early: time stands still until it has caught up. */
  #notBefore(nowMs: number): number {
    return Math.max(nowMs, this.#times.at(-1) ?? nowMs);
  }

  #forget(untilMs: number): void {
    while (this.#first < this.#times.length && (this.#times[this.#first] ?? 0) <= untilMs) {
      this.#total -= this.#counts[this.#first] ?? 0;
      this.#first += 1;
    }
    if (this.#first < COMPACT_FROM && this.#first < this.#times.length) return;
    this.#times.splice(0, this.#first);
    this.#counts.splice(0, this.#first);
    this.#first = 0;
  }
}
