import { randomFillSync } from 'node:crypto';
import { MASK_BYTES } from '../../wire/websocket/mask.ts';

/** Random bytes that are drawn at once. */
const POOL_BYTES = 4096;

/**
 * Masking keys for frames to a service, each new and unpredictable (RFC 6455 section 10.3): who chooses what is sent must
 * not know how it looks on the wire. A key is good until the next one is asked for.
 */
export function createMaskingKeys(): () => Buffer {
  const pool = Buffer.alloc(POOL_BYTES);
  let at = POOL_BYTES;
  return () => {
    if (at === POOL_BYTES) {
      randomFillSync(pool);
      at = 0;
    }
    at += MASK_BYTES;
    return pool.subarray(at - MASK_BYTES, at);
  };
}
