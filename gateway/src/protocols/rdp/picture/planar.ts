/**
 * RDP 6.0 bitmap compression of 32 bits a pixel (MS-RDPEGDI 2.2.2.5.1, decoder 3.1.9): a plane for each colour. Chroma
 * (AYCoCg) and its subsampling are not negotiated and not drawn.
 */
import { ByteCursor } from './byte-cursor.ts';
import { PictureError } from './errors.ts';

/** Bits of the first byte. */
const COLOUR_LOSS = 0x07;
const CHROMA_SUBSAMPLING = 0x08;
const RUN_LENGTH = 0x10;
const NO_ALPHA = 0x20;

/** Planes in the order in which {@link decodePlanar} has them: red, green, blue; the lowest row first. */
export const PLANES = 3;

/**
 * Decodes the planes of red, green and blue, one behind the other, into `into`. Alpha is read and left out.
 * @throws PictureError
 */
export function decodePlanar(bytes: Uint8Array, width: number, height: number, into: Uint8Array): void {
  const cursor = new ByteCursor(bytes);
  const format = cursor.u8();
  if ((format & (COLOUR_LOSS | CHROMA_SUBSAMPLING)) !== 0) {
    throw new PictureError('ERR_PICTURE_UNSUPPORTED', 'planes of luma and chroma, which were not negotiated');
  }
  const size = width * height;
  const isRunLength = (format & RUN_LENGTH) !== 0;
  let plane = (format & NO_ALPHA) === 0 ? -1 : 0;
  for (; plane < PLANES; plane += 1) {
    // The plane of alpha is written where red comes next.
    const start = Math.max(0, plane) * size;
    const target = into.subarray(start, start + size);
    if (isRunLength) decodePlane(cursor, width, height, target);
    else target.set(cursor.take(size));
  }
}

/** One plane: rows of segments, from the second row on as differences to the row before. */
function decodePlane(cursor: ByteCursor, width: number, height: number, into: Uint8Array): void {
  const source = cursor.bytes;
  let from = cursor.at;
  for (let row = 0; row < height; row += 1) {
    let to = row * width;
    const end = to + width;
    /** The last value, or the last difference: what a run repeats. */
    let last = 0;
    while (to < end) {
      const control = source[from++] ?? truncated(from);
      let run = control & 0x0f;
      let raw = control >> 4;
      if (run === 1 || run === 2) {
        run = raw + run * 16;
        raw = 0;
      }
      if (raw + run === 0 || raw + run > end - to) throw badSegment(raw, run, end - to);
      if (from + raw > source.length) truncated(source.length);
      if (row === 0) {
        for (; raw > 0; raw -= 1) into[to++] = last = source[from++] ?? 0;
        into.fill(last, to, to + run);
        to += run;
        continue;
      }
      for (; raw > 0; raw -= 1) {
        const value = source[from++] ?? 0;
        last = (value & 1) === 0 ? value >> 1 : -((value + 1) >> 1);
        into[to] = (into[to - width] ?? 0) + last;
        to += 1;
      }
      if (last === 0) into.copyWithin(to, to - width, to - width + run);
      else for (let at = to; at < to + run; at += 1) into[at] = (into[at - width] ?? 0) + last;
      to += run;
    }
  }
  cursor.at = from;
}

function badSegment(raw: number, run: number, left: number): PictureError {
  return new PictureError(
    'ERR_PICTURE_DATA',
    `a segment of ${raw} values and a run of ${run} where ${left} pixels of the row are left`,
  );
}

function truncated(at: number): never {
  throw new PictureError('ERR_PICTURE_TRUNCATED', `a plane ends at byte ${at}`);
}
