/** Connections of HTTP/2 to services, each for the requests of one principal. */
import type { Http2UpstreamConnection } from './connection.ts';

/** Connections without work that are kept in all. */
const IN_ALL = 256;

interface Kept {
  readonly connection: Http2UpstreamConnection;
  readonly key: string;
  readonly keepAliveMs: number;
  timer: NodeJS.Timeout | undefined;
}

/** Open connections by resource and principal: those with work, and for a while those without. */
export class Http2Pool {
  readonly #byKey = new Map<string, Set<Kept>>();
  // The one that has rested the longest is the first.
  readonly #resting = new Set<Kept>();

  /** One that has room for a request. */
  find(key: string): Http2UpstreamConnection | undefined {
    for (const { connection } of this.#byKey.get(key) ?? []) {
      if (connection.hasRoom) return connection;
    }
    return undefined;
  }

  /** Takes a new connection in; it is closed when it had no work for `keepAliveMs`. */
  add(key: string, connection: Http2UpstreamConnection, keepAliveMs: number): void {
    const kept: Kept = { connection, key, keepAliveMs, timer: undefined };
    const own = this.#byKey.get(key) ?? new Set();
    own.add(kept);
    this.#byKey.set(key, own);
    connection.onRest(() => this.#rest(kept));
    connection.onClose(() => this.#forget(kept));
  }

  #rest(kept: Kept): void {
    clearTimeout(kept.timer);
    this.#resting.delete(kept);
    this.#resting.add(kept);
    const [oldest] = this.#resting;
    if (this.#resting.size > IN_ALL && oldest !== undefined) this.#close(oldest);
    kept.timer = setTimeout(() => this.#close(kept), kept.keepAliveMs).unref();
  }

  #close(kept: Kept): void {
    this.#resting.delete(kept);
    // It may have got work since.
    if (!kept.connection.isAtRest) return;
    this.#forget(kept);
    kept.connection.close();
  }

  #forget(kept: Kept): void {
    clearTimeout(kept.timer);
    this.#resting.delete(kept);
    const own = this.#byKey.get(kept.key);
    own?.delete(kept);
    if (own?.size === 0) this.#byKey.delete(kept.key);
  }
}
