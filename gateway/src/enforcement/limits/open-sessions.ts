/** The sessions that are open, by principal and resource. */
export class OpenSessions {
  readonly #byOwner = new Map<string, Set<string>>();
  readonly #owners = new Map<string, string>();

  get size(): number {
    return this.#owners.size;
  }

  /** Sessions of this owner, `except` not counted. */
  count(owner: string, except: string): number {
    const held = this.#byOwner.get(owner);
    if (held === undefined) return 0;
    return held.has(except) ? held.size - 1 : held.size;
  }

  has(session: string): boolean {
    return this.#owners.has(session);
  }

  /** Idempotent. */
  open(owner: string, session: string): void {
    if (this.#owners.has(session)) return;
    this.#owners.set(session, owner);
    const held = this.#byOwner.get(owner) ?? new Set();
    held.add(session);
    this.#byOwner.set(owner, held);
  }

  /** Idempotent. */
  close(session: string): void {
    const owner = this.#owners.get(session);
    if (owner === undefined) return;
    this.#owners.delete(session);
    const held = this.#byOwner.get(owner);
    held?.delete(session);
    if (held?.size === 0) this.#byOwner.delete(owner);
  }
}
