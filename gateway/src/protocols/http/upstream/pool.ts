/** Upstream connections without work, each for the principal that it served: what a service keeps by connection is nobody else's. */
import type { UpstreamConnection } from './connection.ts';

/** Bounds of {@link UpstreamPool}. Who asks for more at once opens connections anew. */
const PER_KEY = 64;
const IN_ALL = 1024;
/** How often it is looked for connections that have rested long enough, in milliseconds. */
const SWEEP_MS = 1_000;

interface Idle {
  readonly key: string;
  readonly connection: UpstreamConnection;
  /** By `performance.now()`. */
  readonly until: number;
}

/** Idle connections by resource and principal. */
export class UpstreamPool {
  // The oldest first.
  readonly #idle = new Set<Idle>();
  readonly #byKey = new Map<string, Idle[]>();
  #sweep: NodeJS.Timeout | undefined;

  /** The youngest that can carry a request. */
  take(key: string): UpstreamConnection | undefined {
    for (;;) {
      const entry = this.#byKey.get(key)?.at(-1);
      if (entry === undefined) return undefined;
      this.#forget(entry);
      if (entry.connection.isIdle) return entry.connection;
      entry.connection.destroy();
    }
  }

  /** Keeps a connection for about `keepAliveMs`, or closes it where it cannot be used again or there is no room. */
  give(key: string, connection: UpstreamConnection, keepAliveMs: number): void {
    const own = this.#byKey.get(key) ?? [];
    if (keepAliveMs === 0 || own.length >= PER_KEY || !connection.isIdle) {
      connection.destroy();
      return;
    }
    const [oldest] = this.#idle;
    if (this.#idle.size >= IN_ALL && oldest !== undefined) this.#drop(oldest);
    const entry: Idle = { key, connection, until: performance.now() + keepAliveMs };
    this.#idle.add(entry);
    own.push(entry);
    this.#byKey.set(key, own);
    connection.rest();
    connection.onClose(() => this.#forget(entry));
    this.#sweep ??= setInterval(() => this.#dropRested(), SWEEP_MS).unref();
  }

  #dropRested(): void {
    const now = performance.now();
    for (const entry of this.#idle) if (entry.until <= now) this.#drop(entry);
    if (this.#idle.size > 0) return;
    clearInterval(this.#sweep);
    this.#sweep = undefined;
  }

  #drop(entry: Idle): void {
    this.#forget(entry);
    entry.connection.destroy();
  }

  #forget(entry: Idle): void {
    if (!this.#idle.delete(entry)) return;
    const own = this.#byKey.get(entry.key) ?? [];
    own.splice(own.lastIndexOf(entry), 1);
    if (own.length === 0) this.#byKey.delete(entry.key);
  }
}
