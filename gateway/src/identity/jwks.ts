import type { Clock } from '../model/clock.ts';
import type { FetchedKeys } from './discovery.ts';
import { IdentityError } from './errors.ts';
import type { VerificationKey } from './verification-key.ts';

/** When keys are fetched again; milliseconds. */
export interface KeyCacheLimits {
  /** Keys older than this are fetched again before they serve. */
  readonly maxAgeMs: number;
  /** How long past `maxAgeMs` keys still serve while the issuer fails. */
  readonly maxStaleMs: number;
  /** Least time between two fetches, whatever asks for them. */
  readonly cooldownMs: number;
}

/** The issuer's keys as of one fetch. */
export interface KeySnapshot {
  readonly keys: readonly VerificationKey[];
  readonly thumbprints: ReadonlySet<string>;
  readonly fetchedAtMs: number;
}

/** How the keys of an issuer stand, for `doctor`, readiness and logs. */
export interface KeyCacheStatus {
  /** `unknown`: never asked; `ready`: fresh; `stale`: old keys serve; `unavailable`: no key serves. */
  readonly state: 'unknown' | 'ready' | 'stale' | 'unavailable';
  readonly keys: number;
  readonly ignoredKeys: readonly string[];
  readonly fetchedAtMs?: number;
  /** Message of the last failed fetch, if none succeeded since. */
  readonly failure?: string;
}

/** What happened to an issuer's keys; for the log. */
export type KeyCacheEvent =
  | { readonly type: 'keys.fetched'; readonly keys: number; readonly ignoredKeys: readonly string[] }
  | { readonly type: 'keys.failed'; readonly error: unknown };

/** An issuer's keys, kept fresh by use: no timer runs. */
export interface KeyCache {
  /**
   * The keys that serve now, fetched first when there are none or they are too old.
   * @throws IdentityError `ERR_IDENTITY_ISSUER_UNAVAILABLE` when no key may serve.
   */
  current(): Promise<KeySnapshot>;
  /** Keys fetched after `seen`, because `seen` lacks a key; undefined while the cooldown runs or the issuer fails. */
  newerThan(seen: KeySnapshot): Promise<KeySnapshot | undefined>;
  status(): KeyCacheStatus;
}

/** What a {@link KeyCache} needs from outside. */
export interface KeyCacheDependencies {
  readonly clock: Clock;
  /** One bounded fetch. */
  readonly load: () => Promise<FetchedKeys>;
  readonly onEvent?: ((event: KeyCacheEvent) => void) | undefined;
}

/**
 * Keeps the keys of one issuer: fetched on first use, again when they reach half their age (in the background) or
 * their full age (before they serve), and on an unknown `kid`. One fetch at a time, and never two within the
 * cooldown, so that neither a flood of unknown keys nor an issuer that is down turns into a flood of requests.
 */
export function createKeyCache(limits: KeyCacheLimits, dependencies: KeyCacheDependencies): KeyCache {
  return new RotatingKeys(limits, dependencies);
}

class RotatingKeys implements KeyCache {
  readonly #limits: KeyCacheLimits;
  readonly #dependencies: KeyCacheDependencies;
  #snapshot: KeySnapshot | undefined;
  #ignoredKeys: readonly string[] = [];
  #failure: unknown;
  #attemptedAtMs = Number.NEGATIVE_INFINITY;
  #running: Promise<void> | undefined;

  constructor(limits: KeyCacheLimits, dependencies: KeyCacheDependencies) {
    this.#limits = limits;
    this.#dependencies = dependencies;
  }

  async current(): Promise<KeySnapshot> {
    const age = this.#age(this.#snapshot);
    if (age >= this.#limits.maxAgeMs) await this.#refresh();
    else if (age >= this.#limits.maxAgeMs / 2) void this.#refresh();
    const snapshot = this.#serving();
    if (snapshot === undefined) throw unavailable(this.#failure);
    return snapshot;
  }

  async newerThan(seen: KeySnapshot): Promise<KeySnapshot | undefined> {
    if (this.#snapshot === seen) await this.#refresh();
    return this.#snapshot === seen ? undefined : this.#serving();
  }

  status(): KeyCacheStatus {
    const { keys = [], fetchedAtMs } = this.#snapshot ?? {};
    return {
      state: this.#state(),
      keys: keys.length,
      ignoredKeys: this.#ignoredKeys,
      ...(fetchedAtMs === undefined ? {} : { fetchedAtMs }),
      ...(this.#failure === undefined ? {} : { failure: messageOf(this.#failure) }),
    };
  }

  #state(): KeyCacheStatus['state'] {
    if (this.#snapshot === undefined && this.#failure === undefined) return 'unknown';
    if (this.#age(this.#snapshot) < this.#limits.maxAgeMs) return 'ready';
    return this.#serving() === undefined ? 'unavailable' : 'stale';
  }

  #serving(): KeySnapshot | undefined {
    const { maxAgeMs, maxStaleMs } = this.#limits;
    return this.#age(this.#snapshot) < maxAgeMs + maxStaleMs ? this.#snapshot : undefined;
  }

  #age(snapshot: KeySnapshot | undefined): number {
    return snapshot === undefined ? Number.POSITIVE_INFINITY : this.#elapsedSince(snapshot.fetchedAtMs);
  }

  /** A clock that was set back makes everything old, never young. */
  #elapsedSince(timeMs: number): number {
    const elapsed = this.#dependencies.clock.nowMs() - timeMs;
    return elapsed < 0 ? Number.POSITIVE_INFINITY : elapsed;
  }

  /** Joins the running fetch or starts one; resolves at once while the cooldown runs. Never rejects. */
  #refresh(): Promise<void> {
    if (this.#running !== undefined) return this.#running;
    if (this.#elapsedSince(this.#attemptedAtMs) < this.#limits.cooldownMs) return Promise.resolve();
    this.#attemptedAtMs = this.#dependencies.clock.nowMs();
    this.#running = this.#fetch(this.#attemptedAtMs).finally(() => {
      this.#running = undefined;
    });
    return this.#running;
  }

  async #fetch(startedAtMs: number): Promise<void> {
    const { load, onEvent } = this.#dependencies;
    try {
      const { keys, ignored } = await load();
      // The age counts from before the fetch: what the issuer removed meanwhile must not gain time.
      const thumbprints = new Set(keys.map((key) => key.thumbprint));
      this.#snapshot = { keys, thumbprints, fetchedAtMs: startedAtMs };
      this.#ignoredKeys = ignored;
      this.#failure = undefined;
      onEvent?.({ type: 'keys.fetched', keys: keys.length, ignoredKeys: ignored });
    } catch (error) {
      this.#failure = error;
      onEvent?.({ type: 'keys.failed', error });
    }
  }
}

function unavailable(failure: unknown): IdentityError {
  const message = failure === undefined ? 'no keys of the issuer are known' : messageOf(failure);
  return new IdentityError('ERR_IDENTITY_ISSUER_UNAVAILABLE', `the token cannot be verified: ${message}`, {
    source: 'upstream',
    retryable: true,
    publicMessage:
      'the token cannot be verified now because the identity provider does not answer; the token may be good: try again later',
    cause: failure,
  });
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : 'unknown failure';
}
