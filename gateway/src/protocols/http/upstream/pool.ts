/** Upstream connections without work, each for the principal that it served: what a service keeps by connection is nobody else's. */
import type { UpstreamConnection } from './connection.ts';

/** Bounds of {@link UpstreamPool}. */
const PER_KEY = 8;
const IN_ALL = 512;

interface Idle {
  readonly key: string;
  readonly connection: UpstreamConnection;
  readonly timer: NodeJS.Timeout;
}

/** Idle connections by resource and principal. */
export class UpstreamPool {
  // The oldest first.
  readonly #idle = new Set<Idle>();

  /** The youngest that can carry a request. */
  take(key: string): UpstreamConnection | undefined {
    for (const entry of [...this.#idle].reverse()) {
      if (entry.key !== key) continue;
      this.#forget(entry);
      if (entry.connection.isIdle) return entry.connection;
      entry.connection.destroy();
    }
    return undefined;
  }

  /** Keeps a connection for `keepAliveMs`, or closes it where it cannot be used again or there is no room. */
  give(key: string, connection: UpstreamConnection, keepAliveMs: number): void {
    const own = [...this.#idle].filter((entry) => entry.key === key);
    if (keepAliveMs === 0 || own.length >= PER_KEY || !connection.isIdle) {
      connection.destroy();
      return;
    }
    const [oldest] = this.#idle;
    if (this.#idle.size >= IN_ALL && oldest !== undefined) this.#drop(oldest);
    const timer = setTimeout(() => this.#drop(entry), keepAliveMs);
    timer.unref();
    const entry: Idle = { key, connection, timer };
    this.#idle.add(entry);
    connection.rest();
    connection.onClose(() => this.#forget(entry));
  }

  #drop(entry: Idle): void {
    this.#forget(entry);
    entry.connection.destroy();
  }

  #forget(entry: Idle): void {
    clearTimeout(entry.timer);
    this.#idle.delete(entry);
  }
}
