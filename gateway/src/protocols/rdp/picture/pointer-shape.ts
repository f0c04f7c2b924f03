/** Shapes of pointers: an AND mask and an XOR mask become pixels with transparency (MS-RDPBCGR 2.2.9.1.1.4.4, .5). */
import type { ByteCursor } from './byte-cursor.ts';
import { PictureError } from './errors.ts';
import { OPAQUE } from './screen.ts';

/** Largest side: 96 pixels, and 384 where large pointers were negotiated (MS-RDPBCGR 2.2.7.2.7). */
const MAX_SIDE = 96;
const MAX_LARGE_SIDE = 384;

/** A pointer that can be drawn. */
export interface PointerShape {
  /** Where the server wants it cached. */
  readonly place: number;
  readonly width: number;
  readonly height: number;
  /** The pixel that is at the pointer's position. */
  readonly hotX: number;
  readonly hotY: number;
  /** Rows from the top, four bytes a pixel; alpha is not premultiplied. */
  readonly rgba: Uint8ClampedArray<ArrayBuffer>;
}

/** Reads TS_COLORPOINTERATTRIBUTE, or with wide lengths TS_FP_LARGEPOINTERATTRIBUTE behind its depth. @throws PictureError */
export function decodePointerShape(cursor: ByteCursor, depth: number, isLarge: boolean): PointerShape {
  const place = cursor.u16();
  const hotX = cursor.u16();
  const hotY = cursor.u16();
  const width = cursor.u16();
  const height = cursor.u16();
  const andLength = isLarge ? cursor.u32() : cursor.u16();
  const xorLength = isLarge ? cursor.u32() : cursor.u16();
  const most = isLarge ? MAX_LARGE_SIDE : MAX_SIDE;
  if (width > most || height > most) {
    throw new PictureError('ERR_PICTURE_SIZE', `a pointer of ${width} by ${height} pixels`);
  }
  if (![1, 16, 24, 32].includes(depth)) {
    throw new PictureError('ERR_PICTURE_UNSUPPORTED', `a pointer of ${depth} bits a pixel`);
  }
  const xorMask = { bytes: cursor.take(xorLength), stride: strideOf(width * depth) };
  const andMask = { bytes: cursor.take(andLength), stride: strideOf(width) };
  if (xorMask.bytes.length < xorMask.stride * height || andMask.bytes.length < andMask.stride * height) {
    throw new PictureError('ERR_PICTURE_TRUNCATED', 'a mask of a pointer is shorter than the pointer');
  }
  const memory = new ArrayBuffer(width * height * 4);
  const pixels = new Uint32Array(memory);
  for (let y = 0; y < height; y += 1) {
    // One bit a pixel comes the upmost row first, all else the lowest.
    const row = depth === 1 ? y : height - 1 - y;
    for (let x = 0; x < width; x += 1) {
      const isBackground = bitOf(andMask.bytes, row * andMask.stride, x);
      pixels[y * width + x] = combined(colourAt(xorMask.bytes, row * xorMask.stride, x, depth), isBackground);
    }
  }
  if (depth === 32 && pixels.every((pixel) => pixel >>> 24 === 0)) {
    // Alpha that is nowhere set is none at all.
    for (let at = 0; at < pixels.length; at += 1) {
      const y = Math.floor(at / width);
      const isBackground = bitOf(andMask.bytes, (height - 1 - y) * andMask.stride, at % width);
      pixels[at] = isBackground ? 0 : ((pixels[at] ?? 0) | OPAQUE) >>> 0;
    }
  }
  return { place, width, height, hotX, hotY, rgba: new Uint8ClampedArray(memory) };
}

/**
 * The AND mask keeps the background, the XOR mask turns it: kept and not turned is transparent; kept and turned, which
 * would be the negative of what is behind, is drawn black.
 */
function combined(colour: number, isBackground: boolean): number {
  if (!isBackground) return colour >>> 0;
  return (colour & 0xff_ffff) === 0 ? 0 : OPAQUE;
}

function colourAt(bytes: Uint8Array, start: number, x: number, depth: number): number {
  if (depth === 1) return bitOf(bytes, start, x) ? 0xffff_ffff : OPAQUE;
  const at = start + x * (depth >> 3);
  const low = bytes[at] ?? 0;
  const next = bytes[at + 1] ?? 0;
  if (depth === 16) {
    const value = low | (next << 8);
    const part = (shift: number): number => (((value >> shift) & 0x1f) * 255) / 31;
    return OPAQUE | (part(0) << 16) | (part(5) << 8) | part(10);
  }
  const alpha = depth === 32 ? (bytes[at + 3] ?? 0) << 24 : OPAQUE;
  return alpha | (low << 16) | (next << 8) | (bytes[at + 2] ?? 0);
}

function bitOf(bytes: Uint8Array, start: number, x: number): boolean {
  return (((bytes[start + (x >> 3)] ?? 0) >> (7 - (x & 7))) & 1) === 1;
}

/** Rows are padded to two bytes. */
function strideOf(bits: number): number {
  return Math.ceil(bits / 16) * 2;
}
