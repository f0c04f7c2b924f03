/** Slows down whoever guesses the secret of a credential; what one address may fail at in all is bounded by the listener. */
import type { Clock } from '../../model/clock.ts';
import { AttemptLimit } from './attempt-limit.ts';

/** Where a login comes from and which credential it names. */
export interface LoginAttempt {
  readonly id: string;
  /** An address, or a network that one host commands. */
  readonly source: string;
}

const WINDOW_MS = 60_000;
const KEYS = 10_000;
/** From one source for one credential: nobody mistypes a secret that often. */
const PER_PAIR = 10;
const PER_CREDENTIAL = 100;

/** Decides whether an attempt is looked at, by the failures before it. Ids that do not exist count like others. */
export class LoginGuard {
  readonly #pairs: AttemptLimit;
  readonly #credentials: AttemptLimit;
  /** Pairs that have logged in: others, elsewhere, who know no more than the id cannot lock them out. */
  readonly #proven = new Set<string>();

  constructor(clock: Clock) {
    const bounds = { windowMs: WINDOW_MS, keys: KEYS };
    this.#pairs = new AttemptLimit({ ...bounds, failures: PER_PAIR }, clock);
    this.#credentials = new AttemptLimit({ ...bounds, failures: PER_CREDENTIAL }, clock);
  }

  isBlocked({ id, source }: LoginAttempt): boolean {
    const pair = pairOf(id, source);
    return this.#pairs.isBlocked(pair) || (this.#credentials.isBlocked(id) && !this.#proven.has(pair));
  }

  noteFailure({ id, source }: LoginAttempt): void {
    this.#pairs.note(pairOf(id, source));
    this.#credentials.note(id);
  }

  noteSuccess({ id, source }: LoginAttempt): void {
    const pair = pairOf(id, source);
    this.#proven.delete(pair);
    this.#proven.add(pair);
    if (this.#proven.size <= KEYS) return;
    const [oldest] = this.#proven;
    if (oldest !== undefined) this.#proven.delete(oldest);
  }
}

function pairOf(id: string, source: string): string {
  return `${id} ${source}`;
}
