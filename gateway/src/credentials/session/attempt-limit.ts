/** Counts failed attempts by key within a window of time, in bounded memory. */
import type { Clock } from '../../model/clock.ts';

/** Bounds of an {@link AttemptLimit}. */
export interface AttemptBounds {
  /** Failures within the window after which a key is blocked until the window is over. */
  readonly failures: number;
  readonly windowMs: number;
  /** Keys that are remembered; the one whose window began first makes room. */
  readonly keys: number;
}

interface Window {
  readonly sinceMs: number;
  failures: number;
}

/** Fixed windows: the first failure of a key opens one. */
export class AttemptLimit {
  readonly #bounds: AttemptBounds;
  readonly #clock: Clock;
  // A Map keeps insertion order: the first is the oldest window.
  readonly #windows = new Map<string, Window>();

  constructor(bounds: AttemptBounds, clock: Clock) {
    this.#bounds = bounds;
    this.#clock = clock;
  }

  isBlocked(key: string): boolean {
    const window = this.#windowOf(key);
    return window !== undefined && window.failures >= this.#bounds.failures;
  }

  /** Notes a failed attempt. */
  note(key: string): void {
    const window = this.#windowOf(key);
    if (window !== undefined) {
      window.failures += 1;
      return;
    }
    this.#windows.set(key, { sinceMs: this.#clock.nowMs(), failures: 1 });
    if (this.#windows.size <= this.#bounds.keys) return;
    const [oldest] = this.#windows.keys();
    if (oldest !== undefined) this.#windows.delete(oldest);
  }

  /** A window is over when its time is, and when the clock was set back before its begin. */
  #windowOf(key: string): Window | undefined {
    const window = this.#windows.get(key);
    if (window === undefined) return undefined;
    const age = this.#clock.nowMs() - window.sinceMs;
    if (age >= 0 && age < this.#bounds.windowMs) return window;
    this.#windows.delete(key);
    return undefined;
  }
}
