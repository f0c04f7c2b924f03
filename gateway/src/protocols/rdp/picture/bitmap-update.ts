/** Bitmap updates (MS-RDPBCGR 2.2.9.1.1.3.1.2, and 2.2.9.1.2.1.2 of the fast path, which has the same form). */
import { ByteCursor } from './byte-cursor.ts';
import { drawPixels, drawPlanes, drawRaw, type Target } from './draw-rows.ts';
import { PictureError } from './errors.ts';
import { decodeInterleaved } from './interleaved-rle.ts';
import { decodePlanar, PLANES } from './planar.ts';
import type { Screen } from './screen.ts';

const UPDATETYPE_BITMAP = 1;
/** Bits of `flags` of TS_BITMAP_DATA. */
const BITMAP_COMPRESSION = 0x0001;
const NO_BITMAP_COMPRESSION_HDR = 0x0400;
/** Bytes of TS_BITMAP_DATA before its data. */
export const RECTANGLE_HEADER_BYTES = 18;
/** A bitmap may be so much larger than the desktop each way: servers send whole tiles. */
const TILE = 64;

/** The part of a screen that was drawn anew, in pixels; `right` and `bottom` are the first that were not. */
export interface Damage {
  readonly left: number;
  readonly top: number;
  readonly right: number;
  readonly bottom: number;
}

/**
 * Calls `each` with the bytes of each rectangle (TS_BITMAP_DATA) of an update, where they lie.
 * @param payload TS_UPDATE_BITMAP_DATA, from its type on
 * @throws PictureError where the bytes are no update, after those before
 */
export function eachRectangle(payload: Uint8Array, each: (rectangle: Uint8Array) => void): void {
  const cursor = new ByteCursor(payload);
  const type = cursor.u16();
  if (type !== UPDATETYPE_BITMAP) {
    throw new PictureError('ERR_PICTURE_DATA', `a bitmap update has type ${type}`);
  }
  for (let left = cursor.u16(); left > 0; left -= 1) {
    const start = cursor.at;
    cursor.take(RECTANGLE_HEADER_BYTES - 2);
    cursor.take(cursor.u16());
    each(payload.subarray(start, cursor.at));
  }
}

/** Draws an update. @throws PictureError; what came before stays drawn */
export function decodeBitmapUpdate(payload: Uint8Array, screen: Screen): void {
  eachRectangle(payload, (rectangle) => drawRectangle(rectangle, screen));
}

/** What a rectangle says of itself before its data. */
interface RectangleHead {
  /** The part of the screen that it covers; undefined where that is outside. */
  readonly damage: Damage | undefined;
  /** Of the bitmap, in pixels. */
  readonly width: number;
  readonly height: number;
  readonly bitsPerPixel: number;
  readonly flags: number;
}

/** Sides of a screen, in pixels. */
type Sides = Pick<Screen, 'width' | 'height'>;

function readHead(cursor: ByteCursor, screen: Sides): RectangleHead {
  const left = cursor.u16();
  const top = cursor.u16();
  const right = Math.min(cursor.u16() + 1, screen.width);
  const bottom = Math.min(cursor.u16() + 1, screen.height);
  const width = cursor.u16();
  const height = cursor.u16();
  const bitsPerPixel = cursor.u16();
  const flags = cursor.u16();
  if (width === 0 || height === 0 || width * height > (screen.width + TILE) * (screen.height + TILE)) {
    throw new PictureError(
      'ERR_PICTURE_SIZE',
      `a bitmap of ${width} by ${height} pixels on ${screen.width} by ${screen.height}`,
    );
  }
  const damage = {
    left,
    top,
    right: Math.min(right, left + width),
    bottom: Math.min(bottom, top + height),
  };
  const isInside = damage.left < damage.right && damage.top < damage.bottom;
  return { damage: isInside ? damage : undefined, width, height, bitsPerPixel, flags };
}

/** What {@link drawRectangle} would draw over, without drawing; undefined where that is nothing. @throws PictureError */
export function damageOf(bytes: Uint8Array, screen: Sides): Damage | undefined {
  return readHead(new ByteCursor(bytes), screen).damage;
}

/** Draws one rectangle (TS_BITMAP_DATA). Answers what changed; undefined where that is outside. @throws PictureError */
export function drawRectangle(bytes: Uint8Array, screen: Screen): Damage | undefined {
  const cursor = new ByteCursor(bytes);
  const { damage, width, height, bitsPerPixel, flags } = readHead(cursor, screen);
  const data = cursor.take(cursor.u16());
  if (damage === undefined) return undefined;
  const target = { screen, damage, width, height };
  if ((flags & BITMAP_COMPRESSION) === 0) drawRaw(data, bitsPerPixel, target);
  else
    drawCompressed(
      (flags & NO_BITMAP_COMPRESSION_HDR) === 0 ? afterHeader(data) : data,
      bitsPerPixel,
      target,
    );
  return damage;
}

/** The data behind TS_CD_HEADER, which says how much of it there is. */
function afterHeader(data: Uint8Array): Uint8Array {
  const cursor = new ByteCursor(data);
  cursor.u16();
  const length = cursor.u16();
  cursor.u32();
  return cursor.take(length);
}

/** Grown to the largest bitmap so far, which the desktop bounds; nothing of it outlives a call. */
let scratch = new Uint32Array(0);

function drawCompressed(bytes: Uint8Array, bitsPerPixel: number, target: Target): void {
  const { width, height } = target;
  const size = width * height;
  switch (bitsPerPixel) {
    case 8:
    case 15:
    case 16:
    case 24: {
      const pixels = scratchOf(size);
      decodeInterleaved({ bytes, width, height, bitsPerPixel }, pixels);
      drawPixels(pixels, bitsPerPixel, target);
      break;
    }
    case 32: {
      const planes = new Uint8Array(scratchOf(size).buffer, 0, size * PLANES);
      decodePlanar(bytes, width, height, planes);
      drawPlanes(planes, target);
      break;
    }
    default:
      throw new PictureError('ERR_PICTURE_UNSUPPORTED', `compressed bitmaps of ${bitsPerPixel} bits a pixel`);
  }
}

function scratchOf(pixels: number): Uint32Array<ArrayBuffer> {
  if (scratch.length < pixels) scratch = new Uint32Array(pixels);
  return scratch;
}
