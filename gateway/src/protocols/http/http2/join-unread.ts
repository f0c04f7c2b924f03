/**
 * Joins what nobody has read yet of a stream of HTTP/2. A peer may fill the window of a stream with frames of one byte, and Node keeps
 * each as an object of a hundred bytes: one connection held hundreds of megabytes so.
 */
import type { Readable } from 'node:stream';
import { GatheredBytes } from '../wire/gathered-bytes.ts';

/** So long a frame is worth an object. */
const SMALL_BYTES = 1024;
/** What is joined is no longer. */
const MOST_BYTES = 16 * 1024;

/** What Node keeps of a stream that is not read; from `bufferIndex` on. */
interface Unread {
  readonly buffer: unknown;
  readonly bufferIndex: unknown;
}

/** Joins small pieces from now on. The bytes stay what they are, and so do length, end and flow. Where Node keeps them otherwise it does nothing. */
export function joinUnread(stream: Readable): void {
  const { push } = stream;
  let joined: GatheredBytes | undefined;
  stream.push = (chunk: unknown, encoding?: BufferEncoding): boolean => {
    const goesOn = push.call(stream, chunk, encoding);
    joined = joinLast(stream, joined);
    return goesOn;
  };
}

/** Joins the last piece to the one in front of it, which may be what was joined before. */
function joinLast(stream: Readable, joined: GatheredBytes | undefined): GatheredBytes | undefined {
  const { buffer, bufferIndex } = (stream as unknown as { readonly _readableState: Unread })._readableState;
  if (!Array.isArray(buffer) || typeof bufferIndex !== 'number') return undefined;
  const at = buffer.length - 2;
  if (at < bufferIndex) return buffer.length > bufferIndex ? joined : undefined;
  const [before, last] = buffer.slice(at) as readonly unknown[];
  if (!Buffer.isBuffer(before) || !Buffer.isBuffer(last)) return undefined;
  if (last.length >= SMALL_BYTES || before.length >= MOST_BYTES) return undefined;
  const own = joined?.bytes === before ? joined : new GatheredBytes();
  if (own !== joined) own.add(before);
  own.add(last);
  buffer.splice(at, 2, own.bytes);
  return own;
}
