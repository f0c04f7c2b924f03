import { WireError, type WireErrorSource } from './errors.ts';

/** Bounds of a cancel key in bytes (protocol-message-formats, BackendKeyData and CancelRequest). */
const LEAST_BYTES = 4;
const MOST_BYTES = 256;
/** Both messages have 8 or 12 bytes before the key; the offset names the key's first byte in BackendKeyData. */
const KEY_OFFSET = 9;

/** Refuses a cancel key that is not 4 to 256 bytes long, else returns it. */
export function checkSecretKey<Key extends Uint8Array>(key: Key, source: WireErrorSource): Key {
  if (key.length >= LEAST_BYTES && key.length <= MOST_BYTES) return key;
  const message = `a cancel key is ${LEAST_BYTES} to ${MOST_BYTES} bytes long, got ${key.length}`;
  throw new WireError('ERR_WIRE_LENGTH', message, { source, offset: KEY_OFFSET });
}
