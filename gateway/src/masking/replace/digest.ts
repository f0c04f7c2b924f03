import { KeyedHash } from './keyed-hash.ts';
import type { MaskingKeys } from './masking-keys.ts';

/** Bytes of a digest: enough that two values never share one by chance. */
const DIGEST_BYTES = 16;

/**
 * Keyed digests of values that may not stand in a record: equal values have equal digests within a domain, and nobody
 * without the key can try values out. Form: `key-id:32 hexadecimal digits`.
 */
export class ValueDigests {
  readonly #keys: readonly { readonly id: string; readonly hash: KeyedHash }[];

  /** @param domain name of the resource, or whatever shares digests. */
  constructor(keys: MaskingKeys, domain: string) {
    this.#keys = keys.derive('digest', domain).map(({ id, bytes }) => ({ id, hash: new KeyedHash(bytes) }));
  }

  /** Digest by the active key. */
  digest(value: string | Uint8Array): string {
    return this.all(value)[0] ?? '';
  }

  /** Digests by all keys, the active one's first: to look up what was recorded before a rotation. */
  all(value: string | Uint8Array): readonly string[] {
    return this.#keys.map(
      ({ id, hash }) => `${id}:${hash.digest('', value).toString('hex', 0, DIGEST_BYTES)}`,
    );
  }
}
