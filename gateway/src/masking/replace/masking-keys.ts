import { createHmac } from 'node:crypto';
import { MaskingError } from '../errors.ts';

/** A key of pseudonyms and digests. */
export interface MaskingKey {
  /** Stands in records beside digests; letters, digits, dashes. */
  readonly id: string;
  /** At least 32 bytes, from a random source. */
  readonly bytes: Uint8Array;
}

const FEWEST_BYTES = 32;

/**
 * The keys of a gateway: the first makes pseudonyms and digests, the others are known from before a rotation. Each
 * use and each domain gets a key of its own, so that no two of them can be compared.
 */
export class MaskingKeys {
  readonly #keys: readonly MaskingKey[];

  /** @throws {MaskingError} `ERR_MASKING_KEY` for no key, a short one, or an id that occurs twice. */
  constructor(keys: readonly MaskingKey[]) {
    const refuse = (message: string): never => {
      throw new MaskingError('ERR_MASKING_KEY', message, { source: 'config' });
    };
    if (keys.length === 0) {
      refuse('there is no masking key; name one');
    }
    for (const { id, bytes } of keys) {
      if (!/^[A-Za-z0-9-]{1,32}$/.test(id)) {
        refuse('the id of a masking key is one to 32 letters, digits and dashes');
      }
      if (bytes.length < FEWEST_BYTES) {
        refuse(`the masking key \`${id}\` has ${bytes.length} bytes; it needs ${FEWEST_BYTES} random ones`);
      }
      if (keys.filter((other) => other.id === id).length > 1) {
        refuse(`the masking key \`${id}\` is there twice`);
      }
    }
    this.#keys = keys.map(({ id, bytes }) => ({ id, bytes: Uint8Array.from(bytes) }));
  }

  /** Keys for one use within one domain, the active one first. */
  derive(use: 'pseudonym' | 'digest', domain: string): readonly MaskingKey[] {
    return this.#keys.map(({ id, bytes }) => ({
      id,
      bytes: createHmac('sha256', bytes).update(`sallyport/masking/${use}/v1\0${domain}`).digest(),
    }));
  }
}
