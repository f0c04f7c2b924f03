import { hash } from 'node:crypto';
import type { Principal } from '../model/principal.ts';

/** A token that verified, and the key it verified with. */
interface CachedToken {
  readonly principal: Principal;
  readonly keyThumbprint: string;
}

/** Tokens that verified lately. Holds digests, never tokens (P6). */
export interface TokenCache {
  find(digest: string): CachedToken | undefined;
  store(digest: string, entry: CachedToken): void;
  remove(digest: string): void;
}

/** Key of a token in the cache: SHA-256, base64. */
export function tokenCacheKey(token: string): string {
  return hash('sha256', token, 'base64');
}

/** Makes a cache of at most `capacity` tokens; the one unused for longest makes room. */
export function createTokenCache(capacity: number): TokenCache {
  // A Map keeps insertion order; taking an entry out and in again makes it the youngest.
  const entries = new Map<string, CachedToken>();
  return {
    find(digest) {
      const entry = entries.get(digest);
      if (entry === undefined) return undefined;
      entries.delete(digest);
      entries.set(digest, entry);
      return entry;
    },
    store(digest, entry) {
      entries.delete(digest);
      entries.set(digest, entry);
      if (entries.size <= capacity) return;
      const oldest = entries.keys().next();
      if (!oldest.done) entries.delete(oldest.value);
    },
    remove(digest) {
      entries.delete(digest);
    },
  };
}
