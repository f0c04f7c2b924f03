import { generateKeyPairSync } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import type { FetchedKeys } from './discovery.ts';
import { createKeyCache, type KeyCacheEvent } from './jwks.ts';
import { manualClock } from './testing/loopback-issuer.ts';
import { refusalOf } from './testing/verifier-bench.ts';
import { importVerificationKey } from './verification-key.ts';

const LIMITS = { maxAgeMs: 1000, maxStaleMs: 500, cooldownMs: 100 };

function keysNamed(kid: string): FetchedKeys {
  const { publicKey } = generateKeyPairSync('ed25519');
  const imported = importVerificationKey({ ...publicKey.export({ format: 'jwk' }), kid }, ['EdDSA']);
  return { keys: imported.ok ? [imported.key] : [], ignored: [] };
}

/** A cache whose fetches the test answers one by one. */
function harness() {
  const clock = manualClock();
  const events: KeyCacheEvent[] = [];
  const fetches: PromiseWithResolvers<FetchedKeys>[] = [];
  const load = (): Promise<FetchedKeys> => {
    const fetch = Promise.withResolvers<FetchedKeys>();
    fetches.push(fetch);
    return fetch.promise;
  };
  const cache = createKeyCache(LIMITS, { clock, load, onEvent: (event) => events.push(event) });
  const answer = (kid: string): void => fetches.at(-1)?.resolve(keysNamed(kid));
  const fail = (): void => fetches.at(-1)?.reject(new Error('the provider is down'));
  const kidNow = async (): Promise<string | undefined> => (await cache.current()).keys[0]?.kid;
  /** Starts reading, answers the fetch that it waits for, and gives what was read. */
  const kidAfter = async (settle: () => void): Promise<string | undefined> => {
    const reading = kidNow();
    settle();
    return await reading;
  };
  return { clock, events, fetches, cache, answer, fail, kidNow, kidAfter };
}

describe('the keys of an issuer', () => {
  it('are not fetched before somebody asks', () => {
    const { cache, fetches } = harness();
    expect(fetches).toHaveLength(0);
    expect(cache.status()).toEqual({ state: 'unknown', keys: 0, ignoredKeys: [] });
  });

  it('are fetched again in the background at half their age, and nobody waits', async () => {
    const { clock, fetches, answer, kidNow, kidAfter } = harness();
    expect(await kidAfter(() => answer('one'))).toBe('one');
    clock.advance(500);
    expect(await kidNow()).toBe('one');
    expect(fetches).toHaveLength(2);
  });

  it('are fetched again before they serve at their full age', async () => {
    const { clock, answer, kidAfter } = harness();
    await kidAfter(() => answer('one'));
    clock.advance(1000);
    expect(await kidAfter(() => answer('two'))).toBe('two');
  });

  it('age from the start of the fetch, so that a slow answer gains no time', async () => {
    const { clock, fetches, answer, kidNow, kidAfter } = harness();
    await kidAfter(() => {
      clock.advance(600);
      answer('one');
    });
    await kidNow();
    expect(fetches).toHaveLength(2);
  });

  it('serve past their age while the provider is down, for the stale time', async () => {
    const { clock, cache, fail, answer, kidAfter } = harness();
    await kidAfter(() => answer('one'));
    clock.advance(1499);
    expect(await kidAfter(fail)).toBe('one');
    expect(cache.status()).toMatchObject({ state: 'stale', keys: 1, failure: 'the provider is down' });
    clock.advance(1);
    const refusal = await refusalOf(cache.current());
    expect(refusal.code).toBe('ERR_IDENTITY_ISSUER_UNAVAILABLE');
    expect(cache.status().state).toBe('unavailable');
  });

  it('P10: are asked for once per cooldown while the provider is down', async () => {
    const { clock, cache, fetches, fail } = harness();
    const first = refusalOf(cache.current());
    fail();
    await first;
    for (let n = 0; n < 100; n += 1) await refusalOf(cache.current());
    expect(fetches).toHaveLength(1);
    clock.advance(100);
    const second = refusalOf(cache.current());
    expect(fetches).toHaveLength(2);
    fail();
    await second;
  });

  it('P10: are asked for once by all who wait at the same time', async () => {
    const { fetches, answer, kidNow } = harness();
    const waiting = Promise.all(Array.from({ length: 50 }, kidNow));
    answer('one');
    expect(new Set(await waiting)).toEqual(new Set(['one']));
    expect(fetches).toHaveLength(1);
  });

  it('are asked for again when one is missing, but not within the cooldown', async () => {
    const { clock, cache, fetches, answer, kidAfter } = harness();
    await kidAfter(() => answer('one'));
    const seen = await cache.current();
    expect(await cache.newerThan(seen)).toBeUndefined();
    clock.advance(100);
    const newer = cache.newerThan(seen);
    answer('two');
    expect((await newer)?.keys[0]?.kid).toBe('two');
    expect((await cache.newerThan(seen))?.keys[0]?.kid).toBe('two');
    expect(fetches).toHaveLength(2);
  });

  it('are old, not young, when the clock was set back', async () => {
    const { clock, answer, kidAfter } = harness();
    await kidAfter(() => answer('one'));
    clock.advance(-1);
    expect(await kidAfter(() => answer('two'))).toBe('two');
  });

  it('report what happened to them', async () => {
    const { clock, events, answer, fail, kidAfter } = harness();
    await kidAfter(() => answer('one'));
    clock.advance(1000);
    await kidAfter(fail);
    expect(events.map((event) => event.type)).toEqual(['keys.fetched', 'keys.failed']);
  });
});
