import type { Clock } from '../model/clock.ts';
import { fetchIssuerKeys } from './discovery.ts';
import type { IssuerConfig } from './issuer-config.ts';
import type { JsonFetch } from './json-fetch.ts';
import { createKeyCache, type KeyCache, type KeyCacheEvent, type KeyCacheStatus } from './jwks.ts';

/** A trusted issuer at run time. */
export interface Issuer {
  readonly config: IssuerConfig;
  readonly keys: KeyCache;
}

/** How an issuer stands; see {@link KeyCacheStatus}. */
export interface IssuerStatus extends KeyCacheStatus {
  readonly issuer: string;
}

/** What happened to an issuer's keys; for the log. */
export type IssuerEvent = KeyCacheEvent & { readonly issuer: string };

/** What an {@link Issuer} needs from outside. */
export interface IssuerDependencies {
  readonly clock: Clock;
  readonly fetch: JsonFetch;
  readonly onEvent?: ((event: IssuerEvent) => void) | undefined;
}

/** Makes an issuer whose keys are fetched on first use: the identity provider need not be up at start. */
export function createIssuer(config: IssuerConfig, dependencies: IssuerDependencies): Issuer {
  const { clock, fetch, onEvent } = dependencies;
  const limits = {
    maxAgeMs: config.jwksMaxAgeSeconds * 1000,
    maxStaleMs: config.jwksMaxStaleSeconds * 1000,
    cooldownMs: config.jwksCooldownSeconds * 1000,
  };
  const keys = createKeyCache(limits, {
    clock,
    load: () => fetchIssuerKeys(config, fetch, AbortSignal.timeout(config.discoveryTimeoutMs)),
    onEvent: (event) => onEvent?.({ ...event, issuer: config.issuer }),
  });
  return { config, keys };
}
