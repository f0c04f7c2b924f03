import { WireError } from './errors.ts';
import type { MessageReader } from './message-reader.ts';
import type { MessageWriter } from './message-writer.ts';

/** Bounds of a cancel key in bytes (protocol-message-formats, BackendKeyData and CancelRequest). */
const LEAST_BYTES = 4;
const MOST_BYTES = 256;

/** Reads the cancel key that fills the rest of a message, as a view. Throws WireError unless it is 4 to 256 bytes long. */
export function readSecretKey(reader: MessageReader): Buffer {
  if (isAllowed(reader.remaining)) return reader.rest();
  throw reader.error('ERR_WIRE_LENGTH', toProblem(reader.remaining));
}

/** Writes a cancel key behind all other fields. Throws WireError unless it is 4 to 256 bytes long. */
export function writeSecretKey(writer: MessageWriter, key: Uint8Array): void {
  if (!isAllowed(key.length)) {
    throw new WireError('ERR_WIRE_LENGTH', `a message ${toProblem(key.length)}`, {
      source: 'internal',
      offset: 0,
    });
  }
  writer.raw(key);
}

function isAllowed(length: number): boolean {
  return length >= LEAST_BYTES && length <= MOST_BYTES;
}

function toProblem(length: number): string {
  return `has a cancel key of ${length} bytes, ${LEAST_BYTES} to ${MOST_BYTES} are allowed`;
}
