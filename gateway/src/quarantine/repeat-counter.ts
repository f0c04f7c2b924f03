/** Counts how often a run was denied the same. Bounded: what was not seen for the longest time is forgotten first. */

/** Most runs, and most statements of one run, that are kept in mind. */
export interface CounterLimits {
  readonly runs: number;
  readonly statementsPerRun: number;
}

/** Counters by run and digest of the statement. */
export class RepeatCounter {
  readonly #limits: CounterLimits;
  readonly #runs = new Map<string, Map<string, number>>();

  constructor(limits: CounterLimits) {
    this.#limits = limits;
  }

  /** Counts one denial; how many there are now. */
  count(run: string, digest: string): number {
    const statements = this.#runs.get(run) ?? new Map<string, number>();
    touch(this.#runs, run, statements, this.#limits.runs);
    const count = (statements.get(digest) ?? 0) + 1;
    touch(statements, digest, count, this.#limits.statementsPerRun);
    return count;
  }

  /** Begins anew for a run. */
  forget(run: string): void {
    this.#runs.delete(run);
  }

  /** How many runs are in mind. */
  get size(): number {
    return this.#runs.size;
  }
}

/** Puts an entry at the end of a map, which is its newest side, and drops the oldest beyond the bound. */
function touch<Value>(map: Map<string, Value>, key: string, value: Value, limit: number): void {
  map.delete(key);
  map.set(key, value);
  if (map.size <= limit) return;
  for (const oldest of map.keys()) {
    map.delete(oldest);
    return;
  }
}
