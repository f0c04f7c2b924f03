import { PictureError } from './errors.ts';

/** Largest side of a desktop in pixels (MS-RDPBCGR 2.2.1.3.2: 8192 by 8192 for RDP 10). */
const MAX_SIDE = 8192;
/** Most pixels of a desktop: 64 MiB of memory. */
const MAX_PIXELS = 16 * 1024 * 1024;
/** Bytes of a pixel of {@link Screen.rgba}. */
export const PIXEL_BYTES = 4;
/** An opaque black pixel, as the one number that `pixels` holds: red is the lowest byte. */
export const OPAQUE = 0xff00_0000;

/** What a desktop shows: rows from the top, four bytes a pixel (red, green, blue, 255). Memory is bounded by its size. */
export class Screen {
  readonly width: number;
  readonly height: number;
  readonly rgba: Uint8ClampedArray<ArrayBuffer>;
  /** The same memory, a number a pixel. */
  readonly pixels: Uint32Array<ArrayBuffer>;
  /** Colours of 8-bit pixels, as numbers of `pixels`; until a palette comes, shades of grey. */
  readonly palette: Uint32Array<ArrayBuffer> = greys();

  /** A black screen. @throws PictureError `ERR_PICTURE_SIZE` */
  constructor(width: number, height: number) {
    if (!isScreenSize(width, height)) {
      throw new PictureError('ERR_PICTURE_SIZE', `a desktop of ${width} by ${height} pixels cannot be drawn`);
    }
    this.width = width;
    this.height = height;
    const memory = new ArrayBuffer(width * height * PIXEL_BYTES);
    this.rgba = new Uint8ClampedArray(memory);
    this.pixels = new Uint32Array(memory).fill(OPAQUE);
  }
}

/** Whether there is a screen of these sides. */
export function isScreenSize(width: number, height: number): boolean {
  return isSide(width) && isSide(height) && width * height <= MAX_PIXELS;
}

function isSide(pixels: number): boolean {
  return Number.isInteger(pixels) && pixels >= 1 && pixels <= MAX_SIDE;
}

function greys(): Uint32Array<ArrayBuffer> {
  return Uint32Array.from({ length: 256 }, (_, shade) => (OPAQUE | (shade * 0x01_01_01)) >>> 0);
}
