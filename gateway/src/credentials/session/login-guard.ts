/** Slows down whoever guesses secrets: by source address and by credential. */
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
/** A source may be a whole cluster behind one address, with a pool in it that tries an ended credential for ever. */
const PER_SOURCE = 300;
/** From one source for one credential: nobody mistypes a secret that often. */
const PER_PAIR = 10;
const PER_CREDENTIAL = 100;

/** Decides whether an attempt is looked at, by the failures before it. Ids that do not exist count like others. */
export class LoginGuard {
  readonly #sources: AttemptLimit;
  readonly #pairs: AttemptLimit;
  readonly #credentials: AttemptLimit;
  /** Pairs that have logged in: others, elsewhere, who know no more than the id cannot lock them out. */
  readonly #proven = new Set<string>();

  constructor(clock: Clock) {
    const bounds = { windowMs: WINDOW_MS, keys: KEYS };
    this.#sources = new AttemptLimit({ ...bounds, failures: PER_SOURCE }, clock);
    this.#pairs = new AttemptLimit({ ...bounds, failures: PER_PAIR }, clock);
    this.#credentials = new AttemptLimit({ ...bounds, failures: PER_CREDENTIAL }, clock);
  }

  isBlocked({ id, source }: LoginAttempt): boolean {
    const pair = pairOf(id, source);
    if (this.#pairs.isBlocked(pair)) return true;
    return !this.#proven.has(pair) && (this.#sources.isBlocked(source) || this.#credentials.isBlocked(id));
  }

  noteFailure({ id, source }: LoginAttempt): void {
    this.#sources.note(source);
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
