/** Askers that wait for a change of what has their digest. Bounded, and nothing is lost between a look and a wait. */

/** One asker that waits. */
export interface Waiter {
  /** To be called before each look: a change after it ends the next wait at once. */
  look(): void;
  /** Resolves at a change since the last look, after `ms`, or when the signal is aborted. */
  changed(ms: number, signal?: AbortSignal): Promise<void>;
  [Symbol.dispose](): void;
}

/** Most askers that wait at once, in all and for the same digest. */
export interface WaiterLimits {
  readonly total: number;
  readonly perDigest: number;
}

interface Waiting {
  hasChanged: boolean;
  wake: () => void;
}

/** All that wait. */
export class Waiters {
  readonly #limits: WaiterLimits;
  readonly #waiting = new Map<string, Set<Waiting>>();
  #count = 0;

  constructor(limits: WaiterLimits) {
    this.#limits = limits;
  }

  /** A waiter, or `undefined` when as many wait as may: the asker then gets its answer at once. */
  enter(digest: string): Waiter | undefined {
    const same = this.#waiting.get(digest) ?? new Set();
    if (this.#count >= this.#limits.total || same.size >= this.#limits.perDigest) return undefined;
    const mine: Waiting = { hasChanged: false, wake: () => undefined };
    this.#waiting.set(digest, same.add(mine));
    this.#count += 1;
    return {
      look: () => {
        mine.hasChanged = false;
      },
      changed: (ms, signal) => wakeUp(mine, ms, signal),
      [Symbol.dispose]: () => {
        if (!same.delete(mine)) return;
        this.#count -= 1;
        if (same.size === 0 && this.#waiting.get(digest) === same) this.#waiting.delete(digest);
      },
    };
  }

  /** Wakes all that wait for this digest. */
  wake(digest: string): void {
    for (const waiting of this.#waiting.get(digest) ?? []) {
      waiting.hasChanged = true;
      waiting.wake();
    }
  }

  /** Wakes all. */
  wakeAll(): void {
    for (const digest of [...this.#waiting.keys()]) this.wake(digest);
  }

  /** How many wait. */
  get count(): number {
    return this.#count;
  }
}

async function wakeUp(mine: Waiting, ms: number, signal: AbortSignal | undefined): Promise<void> {
  if (mine.hasChanged || signal?.aborted === true || ms <= 0) return;
  const { promise, resolve } = Promise.withResolvers<void>();
  const timer = setTimeout(resolve, Math.min(ms, 2 ** 31 - 1));
  mine.wake = resolve;
  const gone = (): void => resolve();
  signal?.addEventListener('abort', gone, { once: true });
  await promise;
  signal?.removeEventListener('abort', gone);
  clearTimeout(timer);
  mine.wake = () => undefined;
}
