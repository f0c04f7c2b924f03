/**
 * Names the server keeps for a session (prepared statements, portals), mirrored exactly, so that the facts judged
 * at Bind and Execute are those of the text the server will run (P2). An entry counts when the server confirmed it;
 * before that it is tentative, and certain only within its own batch: an error there skips what uses it as well.
 */
import type { NameBudget } from './name-budget.ts';

/** A name that the server was asked to give. */
export interface Tentative<Entry> {
  readonly name: string;
  readonly batch: number;
  readonly entry: Entry;
}

/**
 * Longest name that PostgreSQL tells from others: it looks names of the protocol up by their first 63 bytes, so that two
 * longer ones may be one to the server and two to us.
 */
const MAX_NAME_BYTES = 63;

/** Whether a name has one meaning here and on the server. */
export function isDistinctName(name: string): boolean {
  // No character takes more than three bytes a UTF-16 unit.
  return name.length * 3 <= MAX_NAME_BYTES || Buffer.byteLength(name) <= MAX_NAME_BYTES;
}

/** Result of a look-up: `uncertain` means that answers in flight decide, so wait for them. */
export type Lookup<Entry> = { readonly found: Entry } | 'missing' | 'uncertain';

/** Names of one kind that a session may hold: the gateway remembers facts for each (P10). */
const MAX_NAMES = 10_000;

/** Estimated memory of an entry, in bytes. */
export interface Weighty {
  readonly weight: number;
}

/** A mirrored namespace of one session. */
export class NameTable<Entry extends Weighty> {
  readonly #confirmed = new Map<string, Entry>();
  readonly #budget: NameBudget;
  #tentative: Tentative<Entry>[] = [];

  constructor(budget: NameBudget) {
    this.#budget = budget;
  }

  get size(): number {
    return this.#confirmed.size + this.#tentative.length;
  }

  /** No further name may be proposed before one is closed. */
  get isFull(): boolean {
    return this.size >= MAX_NAMES || this.#budget.isSpent;
  }

  /** Nothing is proposed that the server has not answered yet. */
  get isCertain(): boolean {
    return this.#tentative.length === 0;
  }

  /** What `name` stands for in a message of `batch`. */
  find(name: string, batch: number): Lookup<Entry> {
    for (let i = this.#tentative.length - 1; i >= 0; i -= 1) {
      const candidate = this.#tentative[i];
      if (candidate?.name !== name) continue;
      return candidate.batch === batch ? { found: candidate.entry } : 'uncertain';
    }
    const entry = this.#confirmed.get(name);
    return entry === undefined ? 'missing' : { found: entry };
  }

  /** Notes that the server was asked to give `name` to `entry`. */
  propose(name: string, batch: number, entry: Entry): Tentative<Entry> {
    const tentative = { name, batch, entry };
    this.#tentative.push(tentative);
    this.#budget.take(entry.weight);
    return tentative;
  }

  /** The server said yes. */
  confirm(tentative: Tentative<Entry>): void {
    if (!this.#drop(tentative)) return;
    this.#put(tentative.name, tentative.entry);
  }

  /** The server said no, or skipped it. */
  reject(tentative: Tentative<Entry>): void {
    this.#drop(tentative);
  }

  /** The entry that the server confirmed. */
  get(name: string): Entry | undefined {
    return this.#confirmed.get(name);
  }

  /**
   * Enters a name that is certain already. Where there is no room the oldest are forgotten, or the name itself; what is
   * not known is refused (P3).
   */
  set(name: string, entry: Entry): void {
    this.delete(name);
    for (const oldest of this.#confirmed.keys()) {
      if (!this.isFull) break;
      this.delete(oldest);
    }
    if (!this.isFull) this.#put(name, entry);
  }

  delete(name: string): void {
    const entry = this.#confirmed.get(name);
    if (entry === undefined) return;
    this.#confirmed.delete(name);
    this.#budget.give(entry.weight);
  }

  clear(): void {
    if (this.#confirmed.size === 0) return;
    for (const entry of this.#confirmed.values()) this.#budget.give(entry.weight);
    this.#confirmed.clear();
  }

  #put(name: string, entry: Entry): void {
    this.delete(name);
    this.#confirmed.set(name, entry);
    this.#budget.take(entry.weight);
  }

  #drop(tentative: Tentative<Entry>): boolean {
    const at = this.#tentative.indexOf(tentative);
    if (at < 0) return false;
    if (at === this.#tentative.length - 1) this.#tentative.pop();
    else this.#tentative.splice(at, 1);
    this.#budget.give(tentative.entry.weight);
    return true;
  }
}
