/**
 * Names the server keeps for a session (prepared statements, portals), mirrored exactly, so that the facts judged
 * at Bind and Execute are those of the text the server will run (P2). An entry counts when the server confirmed it;
 * before that it is tentative, and certain only within its own batch: an error there skips what uses it as well.
 */
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
  return Buffer.byteLength(name) <= MAX_NAME_BYTES;
}

/** Result of a look-up: `uncertain` means that answers in flight decide, so wait for them. */
export type Lookup<Entry> = { readonly found: Entry } | 'missing' | 'uncertain';

/** A mirrored namespace of one session. */
export class NameTable<Entry> {
  readonly #confirmed = new Map<string, Entry>();
  #tentative: Tentative<Entry>[] = [];

  get size(): number {
    return this.#confirmed.size + this.#tentative.length;
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
    return tentative;
  }

  /** The server said yes. */
  confirm(tentative: Tentative<Entry>): void {
    if (!this.#drop(tentative)) return;
    this.#confirmed.set(tentative.name, tentative.entry);
  }

  /** The server said no, or skipped it. */
  reject(tentative: Tentative<Entry>): void {
    this.#drop(tentative);
  }

  /** Enters a name that is certain already. */
  set(name: string, entry: Entry): void {
    this.#confirmed.set(name, entry);
  }

  delete(name: string): void {
    this.#confirmed.delete(name);
  }

  clear(): void {
    this.#confirmed.clear();
  }

  #drop(tentative: Tentative<Entry>): boolean {
    const at = this.#tentative.indexOf(tentative);
    if (at < 0) return false;
    this.#tentative.splice(at, 1);
    return true;
  }
}
