/** Blocks of a recorded desktop, read where Node is. */
import { inflateRawSync } from 'node:zlib';
import { BlockCoding, decodeBlock } from '../events/block.ts';
import { type DesktopEvent, decodeEvents } from '../events/desktop-event.ts';
import { PictureError } from '../picture/errors.ts';

/** zlib takes no less. */
const SMALLEST_CHUNK = 64;

/** Calls `each` with the events of a block and their times. @param frameMs time of its frame @throws PictureError */
export function readBlock(
  bytes: Uint8Array,
  frameMs: number,
  each: (event: DesktopEvent, ms: number) => void,
): void {
  const { coding, lagMs, rawLength, body } = decodeBlock(bytes);
  const events = coding === BlockCoding.plain ? body : inflated(body, rawLength);
  const firstMs = Math.max(0, frameMs - lagMs);
  decodeEvents(events, (event, afterMs) => each(event, firstMs + afterMs));
}

function inflated(body: Uint8Array, length: number): Uint8Array {
  try {
    // In one piece: a byte more than there is, so that its end is seen.
    const chunkSize = Math.max(SMALLEST_CHUNK, length + 1);
    const events = inflateRawSync(body, { maxOutputLength: Math.max(1, length), chunkSize });
    if (events.length === length) return events;
  } catch {
    // Told below.
  }
  throw new PictureError('ERR_PICTURE_EVENT', 'the body of a block is not what it says');
}
