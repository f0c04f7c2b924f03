import type { HeadFields } from './head-fields.ts';
import { misuse } from './head-fields.ts';

/** What goes behind the data of each chunk. */
export const CHUNK_END: Buffer = Buffer.from('\r\n', 'latin1');

const LAST = '0\r\n';
const MOST_CHUNK_BYTES = 0xffff_ffff;

/** The line in front of a chunk of `length` bytes (RFC 9112 section 7.1). A chunk of none would end the body: refused. */
export function encodeChunkStart(length: number): Buffer {
  if (!Number.isInteger(length) || length < 1 || length > MOST_CHUNK_BYTES)
    throw misuse('a chunk that cannot be');
  return Buffer.from(`${length.toString(16)}\r\n`, 'latin1');
}

/** The end of a chunked body, with the trailers if there are any. */
export function encodeChunkedEnd(trailers?: HeadFields): Buffer {
  return Buffer.from(`${LAST}${trailers?.text ?? ''}\r\n`, 'latin1');
}
