import { DataFlag, FILE_HEADER_BYTES, FrameType } from './format.ts';
import { type ByteSource, FrameReader } from './frame-reader.ts';

/**
 * The last place from which all is known at a time: the last key that is whole by then. Looks at heads of frames alone.
 * @param from a place from which all is known at that time; answered where there is no later one @throws RecordingError
 */
export async function lastKnownPlace(source: ByteSource, from: number, ms: number): Promise<number> {
  let place = Math.max(from, FILE_HEADER_BYTES);
  let key: number | undefined;
  const heads = new FrameReader(source).frames({ from: place, wants: () => false });
  for await (const { type, flags, ms: atMs, offset } of heads) {
    if (type === FrameType.seal) continue;
    if (atMs > ms) break;
    if (type !== FrameType.data) continue;
    if (flags === DataFlag.key) key = offset;
    if (flags === DataFlag.whole && key !== undefined) place = key;
  }
  return place;
}
