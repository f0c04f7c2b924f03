/** Aligned PER (X.691) as T.124 and T.125 use it: length determinants. */
import type { ByteReader } from './byte-reader.ts';
import { RdpWireError } from './errors.ts';

/** Most bytes behind one length. */
const MOST_LENGTH = 0x7fff;

/**
 * Reads a length of one byte or two. RDP's implementations take 15 bits for it, where X.691 would begin a fragment at 16,384:
 * the callers hold it to be exactly what is left, so that it has one meaning.
 */
export function readPerLength(reader: ByteReader): number {
  const first = reader.uint8();
  return first < 0x80 ? first : ((first & 0x7f) << 8) | reader.uint8();
}

/** A length determinant. @throws RdpWireError over 32,767 */
export function writePerLength(length: number): Buffer {
  if (length > MOST_LENGTH)
    throw new RdpWireError('ERR_RDP_TOO_LONG', `${length} bytes in one message`, 'internal');
  return length < 0x80 ? Buffer.from([length]) : Buffer.from([0x80 | (length >> 8), length & 0xff]);
}
