/**
 * Room for some pieces of work at a time; the others wait in their order. The system's resolver occupies a thread of the few that
 * write the audit as well: names whose servers are slow must not hold up that (P10).
 */
export class LookupSlots {
  readonly #waiting: (() => void)[] = [];
  #free: number;

  constructor(most: number) {
    this.#free = most;
  }

  /** Does the work when it is its turn. Rejects without having done it where nobody wants it any more by then. */
  async use<Result>(work: () => Promise<Result>, isWanted: () => boolean): Promise<Result> {
    if (this.#free > 0) this.#free -= 1;
    else await new Promise<void>((resolve) => this.#waiting.push(resolve));
    try {
      if (!isWanted()) throw new Error('nobody waits for it any more');
      return await work();
    } finally {
      // The place goes to the next one, or becomes free.
      const next = this.#waiting.shift();
      if (next === undefined) this.#free += 1;
      else next();
    }
  }
}
