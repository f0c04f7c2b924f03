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
  const { clock, load, onEvent } = dependencies;
  let snapshot: KeySnapshot | undefined;
  let ignoredKeys: readonly string[] = [];
  let failure: unknown;
  let attemptedAtMs = Number.NEGATIVE_INFINITY;
  let running: Promise<void> | undefined;

  async function fetchKeys(): Promise<void> {
    try {
      const fetched = await load();
      const thumbprints = new Set(fetched.keys.map((key) => key.thumbprint));
      // The age counts from before the fetch: what the issuer removed meanwhile must not gain time.
      snapshot = { keys: fetched.keys, thumbprints, fetchedAtMs: attemptedAtMs };
      ignoredKeys = fetched.ignored;
      failure = undefined;
      onEvent?.({ type: 'keys.fetched', keys: fetched.keys.length, ignoredKeys });
    } catch (error) {
      failure = error;
      onEvent?.({ type: 'keys.failed', error });
    } finally {
      running = undefined;
    }
  }

  /** Joins the running fetch or starts one; resolves at once while the cooldown runs. Never rejects. */
  function refresh(): Promise<void> {
    if (running !== undefined) return running;
    if (elapsedSince(attemptedAtMs) < limits.cooldownMs) return Promise.resolve();
    attemptedAtMs = clock.nowMs();
    running = fetchKeys();
    return running;
  }

  /** A clock that was set back makes everything old, never young. */
  function elapsedSince(timeMs: number): number {
    const elapsed = clock.nowMs() - timeMs;
    return elapsed < 0 ? Number.POSITIVE_INFINITY : elapsed;
  }

  async function current(): Promise<KeySnapshot> {
    if (snapshot === undefined || elapsedSince(snapshot.fetchedAtMs) >= limits.maxAgeMs) await refresh();
    else if (elapsedSince(snapshot.fetchedAtMs) >= limits.maxAgeMs / 2) void refresh();
    if (snapshot === undefined || !mayServe(snapshot)) throw unavailable(failure);
    return snapshot;
  }

  function mayServe(keys: KeySnapshot): boolean {
    return elapsedSince(keys.fetchedAtMs) < limits.maxAgeMs + limits.maxStaleMs;
  }

  async function newerThan(seen: KeySnapshot): Promise<KeySnapshot | undefined> {
    if (snapshot === seen) await refresh();
    return snapshot === seen || snapshot === undefined || !mayServe(snapshot) ? undefined : snapshot;
  }

  function status(): KeyCacheStatus {
    const keys = snapshot?.keys.length ?? 0;
    const failed = failure === undefined ? {} : { failure: messageOf(failure) };
    if (snapshot === undefined) {
      return { state: failure === undefined ? 'unknown' : 'unavailable', keys, ignoredKeys, ...failed };
    }
    const isFresh = elapsedSince(snapshot.fetchedAtMs) < limits.maxAgeMs;
    const state = isFresh ? 'ready' : mayServe(snapshot) ? 'stale' : 'unavailable';
    return { state, keys, ignoredKeys, fetchedAtMs: snapshot.fetchedAtMs, ...failed };
  }

  return { current, newerThan, status };
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
