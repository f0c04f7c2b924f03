/** Memory that the names of a session may hold, in bytes; and all sessions together. */
const SESSION_BYTES = 32 * 1024 * 1024;
const PROCESS_BYTES = 512 * 1024 * 1024;

/** What every session may hold, however much the others do: nobody is shut out by a greedy one. */
const ASSURED_BYTES = 256 * 1024;

/** How much the sessions of a process hold together. */
export class SharedNameBudget {
  readonly limit: number;
  used = 0;

  constructor(limit: number = PROCESS_BYTES) {
    this.limit = limit;
  }
}

/** What one session holds, counted in {@link SharedNameBudget} too. */
export class NameBudget {
  readonly #shared: SharedNameBudget;
  readonly #limit: number;
  #used = 0;

  constructor(shared: SharedNameBudget, limit: number = SESSION_BYTES) {
    this.#shared = shared;
    this.#limit = limit;
  }

  /** Nothing more may be remembered before something is forgotten. */
  get isSpent(): boolean {
    if (this.#used >= this.#limit) return true;
    return this.#shared.used >= this.#shared.limit && this.#used >= ASSURED_BYTES;
  }

  take(bytes: number): void {
    this.#used += bytes;
    this.#shared.used += bytes;
  }

  give(bytes: number): void {
    this.take(-bytes);
  }

  /** The session is over: gives everything back. */
  close(): void {
    this.give(this.#used);
  }
}
