/** How output is recorded: a frame for each piece, with the stream that it came on. */

/** Bytes before those of a piece: the stream (1 or 2), then the length, big-endian. */
export const FRAME_HEADER_BYTES = 5;

/** The beginning of a frame. */
export function frameHeader(stream: 'stdout' | 'stderr', length: number): Buffer {
  const header = Buffer.alloc(FRAME_HEADER_BYTES);
  header.writeUInt8(stream === 'stdout' ? 1 : 2, 0);
  header.writeUInt32BE(length, 1);
  return header;
}
