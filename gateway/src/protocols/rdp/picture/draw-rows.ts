/** Pixels of bitmaps, whose rows come the lowest first, brought onto a screen. */
import type { Damage } from './bitmap-update.ts';
import { PictureError } from './errors.ts';
import { OPAQUE, type Screen } from './screen.ts';

/** Where a bitmap goes: `damage` is the part of the screen that it covers, from its upper left corner on. */
export interface Target {
  readonly screen: Screen;
  readonly damage: Damage;
  /** Of the bitmap, in pixels. */
  readonly width: number;
  readonly height: number;
}

/** Colours of 15 and 16 bits as those of a screen; made when they are first wanted. */
const colours: { 15: Uint32Array | undefined; 16: Uint32Array | undefined } = {
  15: undefined,
  16: undefined,
};

/** The table of all colours of a depth: the highest bits of a colour are its lowest too, so that white is white. */
function coloursOf(depth: 15 | 16): Uint32Array {
  const known = colours[depth];
  if (known !== undefined) return known;
  const greenBits = depth === 16 ? 6 : 5;
  const table = new Uint32Array(0x1_0000);
  for (let value = 0; value < table.length; value += 1) {
    const red = (value >> (5 + greenBits)) & 0x1f;
    const green = (value >> 5) & ((1 << greenBits) - 1);
    const blue = value & 0x1f;
    const wideGreen = greenBits === 6 ? (green << 2) | (green >> 4) : (green << 3) | (green >> 2);
    table[value] =
      (OPAQUE | (((blue << 3) | (blue >> 2)) << 16) | (wideGreen << 8) | (red << 3) | (red >> 2)) >>> 0;
  }
  colours[depth] = table;
  return table;
}

/** Draws pixels that are numbers of their depth. */
export function drawPixels(pixels: Uint32Array, depth: 8 | 15 | 16 | 24, target: Target): void {
  const table = depth === 8 ? target.screen.palette : depth === 24 ? undefined : coloursOf(depth);
  const { screen, damage, width, height } = target;
  const count = damage.right - damage.left;
  for (let y = damage.top; y < damage.bottom; y += 1) {
    let from = (height - 1 - (y - damage.top)) * width;
    let to = y * screen.width + damage.left;
    const end = to + count;
    if (table !== undefined) for (; to < end; to += 1) screen.pixels[to] = table[pixels[from++] ?? 0] ?? 0;
    else for (; to < end; to += 1) screen.pixels[to] = swapped(pixels[from++] ?? 0);
  }
}

/** Red and blue change places. */
function swapped(value: number): number {
  return OPAQUE | ((value & 0xff) << 16) | (value & 0xff00) | ((value >> 16) & 0xff);
}

/** Draws planes of red, green and blue, one behind the other. */
export function drawPlanes(planes: Uint8Array, { screen, damage, width, height }: Target): void {
  const size = width * height;
  const count = damage.right - damage.left;
  for (let y = damage.top; y < damage.bottom; y += 1) {
    let from = (height - 1 - (y - damage.top)) * width;
    let to = y * screen.width + damage.left;
    for (const end = to + count; to < end; to += 1, from += 1) {
      const red = planes[from] ?? 0;
      const green = planes[from + size] ?? 0;
      const blue = planes[from + size * 2] ?? 0;
      screen.pixels[to] = OPAQUE | (blue << 16) | (green << 8) | red;
    }
  }
}

/** Draws rows that are not compressed, each padded to four bytes (MS-RDPBCGR 2.2.9.1.1.3.1.2.2). @throws PictureError */
export function drawRaw(bytes: Uint8Array, depth: number, target: Target): void {
  const { damage, width, height } = target;
  const pixelBytes = depth === 15 ? 2 : depth >> 3;
  if (![8, 15, 16, 24, 32].includes(depth)) {
    throw new PictureError('ERR_PICTURE_UNSUPPORTED', `bitmaps of ${depth} bits a pixel`);
  }
  const stride = (width * pixelBytes + 3) & ~3;
  if (bytes.length < stride * height) {
    throw new PictureError(
      'ERR_PICTURE_TRUNCATED',
      `${bytes.length} bytes of a bitmap that has ${stride * height}`,
    );
  }
  for (let y = damage.top; y < damage.bottom; y += 1) {
    const from = (height - 1 - (y - damage.top)) * stride;
    drawRawRow(bytes.subarray(from, from + stride), depth, y, target);
  }
}

function drawRawRow(row: Uint8Array, depth: number, y: number, { screen, damage }: Target): void {
  const { pixels, palette } = screen;
  let to = y * screen.width + damage.left;
  const end = to + damage.right - damage.left;
  if (depth === 8) {
    for (let from = 0; to < end; to += 1, from += 1) pixels[to] = palette[row[from] ?? 0] ?? 0;
    return;
  }
  if (depth === 15 || depth === 16) {
    const table = coloursOf(depth);
    for (let from = 0; to < end; to += 1, from += 2)
      pixels[to] = table[(row[from] ?? 0) | ((row[from + 1] ?? 0) << 8)] ?? 0;
    return;
  }
  const step = depth >> 3;
  for (let from = 0; to < end; to += 1, from += step)
    pixels[to] = OPAQUE | ((row[from] ?? 0) << 16) | ((row[from + 1] ?? 0) << 8) | (row[from + 2] ?? 0);
}
