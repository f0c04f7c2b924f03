/**
 * Interleaved run-length encoding of bitmaps with 8, 15, 16 and 24 bits a pixel (MS-RDPBCGR 2.2.9.1.1.3.1.2.4, with the
 * decoder of 3.1.9). Rows are as they are sent, the lowest first; pixels stay numbers of their depth.
 */
import { PictureError } from './errors.ts';

/** Codes of orders (MS-RDPBCGR 2.2.9.1.1.3.1.2.4), those of the regular form. */
const BACKGROUND_RUN = 0x0;
const FOREGROUND_RUN = 0x1;
const MASKED_IMAGE = 0x2;
const COLOUR_RUN = 0x3;
const COLOUR_IMAGE = 0x4;
/** Those of the lite form. */
const SET_FOREGROUND_RUN = 0xc;
const SET_MASKED_IMAGE = 0xd;
const DITHERED_RUN = 0xe;
/** Orders of one byte without a length. */
const SPECIAL_IMAGE_1 = 0xf9;
const SPECIAL_IMAGE_2 = 0xfa;
const WHITE_PIXEL = 0xfd;
const BLACK_PIXEL = 0xfe;
const SPECIAL_PIXELS = 8;
/** Codes of orders by the low four bits of those with a length of 16 bits; -1: there is none. */
const LONG_FORMS = [
  BACKGROUND_RUN,
  FOREGROUND_RUN,
  MASKED_IMAGE,
  COLOUR_RUN,
  COLOUR_IMAGE,
  -1,
  SET_FOREGROUND_RUN,
  SET_MASKED_IMAGE,
  DITHERED_RUN,
] as const;

/** Colour that the foreground has at first, by depth. */
const WHITE: Readonly<Record<8 | 15 | 16 | 24, number>> = { 8: 0xff, 15: 0x7fff, 16: 0xffff, 24: 0xff_ffff };

/** What there is to decode. */
export interface InterleavedBitmap {
  readonly bytes: Uint8Array;
  readonly width: number;
  readonly height: number;
  readonly bitsPerPixel: 8 | 15 | 16 | 24;
}

/**
 * Decodes into `into`, which has room for all pixels.
 * @throws PictureError where an order is none, or goes over the bitmap, or the bytes end before it is whole
 */
export function decodeInterleaved(bitmap: InterleavedBitmap, into: Uint32Array): void {
  new Decoder(bitmap, into).run();
}

class Decoder {
  readonly #source: Uint8Array;
  readonly #into: Uint32Array;
  readonly #width: number;
  readonly #end: number;
  readonly #pixelBytes: number;
  readonly #white: number;
  #from = 0;
  #to = 0;
  #foreground: number;
  /** The row that is drawn has none above it. */
  #isFirstRow = true;

  constructor({ bytes, width, height, bitsPerPixel }: InterleavedBitmap, into: Uint32Array) {
    this.#source = bytes;
    this.#into = into;
    this.#width = width;
    this.#end = width * height;
    this.#pixelBytes = bitsPerPixel === 15 ? 2 : bitsPerPixel >> 3;
    this.#white = WHITE[bitsPerPixel];
    this.#foreground = this.#white;
  }

  run(): void {
    /** Two background runs have a pixel of the foreground between them. */
    let isAfterBackground = false;
    // What follows a whole bitmap is padding.
    while (this.#to < this.#end) {
      if (this.#isFirstRow && this.#to >= this.#width) {
        this.#isFirstRow = false;
        isAfterBackground = false;
      }
      const head = this.#byte();
      const code = codeOf(head);
      if (code === BACKGROUND_RUN) {
        let length = this.#lengthOf(head, code);
        if (isAfterBackground) {
          this.#foregroundRun(1);
          length -= 1;
        }
        this.#backgroundRun(length);
        isAfterBackground = true;
      } else {
        this.#draw(head, code);
        isAfterBackground = false;
      }
    }
  }

  #draw(head: number, code: number): void {
    switch (code) {
      case SET_FOREGROUND_RUN:
      case FOREGROUND_RUN: {
        const length = this.#lengthOf(head, code);
        if (code === SET_FOREGROUND_RUN) this.#foreground = this.#pixel();
        this.#foregroundRun(length);
        break;
      }
      case SET_MASKED_IMAGE:
      case MASKED_IMAGE: {
        const length = this.#lengthOf(head, code);
        if (code === SET_MASKED_IMAGE) this.#foreground = this.#pixel();
        this.#maskedImage(length);
        break;
      }
      case COLOUR_RUN: {
        const length = this.#lengthOf(head, code);
        const colour = this.#pixel();
        const start = this.#room(length);
        this.#into.fill(colour, start, start + length);
        break;
      }
      case COLOUR_IMAGE:
        this.#colourImage(this.#lengthOf(head, code));
        break;
      case DITHERED_RUN:
        this.#ditheredRun(this.#lengthOf(head, code));
        break;
      case SPECIAL_IMAGE_1:
        this.#masked(0x03, SPECIAL_PIXELS);
        break;
      case SPECIAL_IMAGE_2:
        this.#masked(0x05, SPECIAL_PIXELS);
        break;
      case WHITE_PIXEL:
        this.#into[this.#room(1)] = this.#white;
        break;
      case BLACK_PIXEL:
        this.#into[this.#room(1)] = 0;
        break;
      default:
        throw new PictureError('ERR_PICTURE_DATA', `there is no order 0x${head.toString(16)}`);
    }
  }

  /** Length of the run of an order in pixels; that of masks is counted in bytes of eight pixels where it is short. */
  #lengthOf(head: number, code: number): number {
    if (head >= 0xf0) return this.#byte() | (this.#byte() << 8);
    const isLite = head >= 0xc0;
    const short = head & (isLite ? 0x0f : 0x1f);
    if (code === MASKED_IMAGE || code === SET_MASKED_IMAGE) return short === 0 ? this.#byte() + 1 : short * 8;
    return short === 0 ? this.#byte() + (isLite ? 16 : 32) : short;
  }

  /** Pixels of the row above; black in the first row. */
  #backgroundRun(length: number): void {
    const start = this.#room(length);
    const end = start + length;
    if (this.#isFirstRow) {
      this.#into.fill(0, start, end);
      return;
    }
    // At most a row at a time: a longer run repeats what it has itself written.
    for (let at = start; at < end; at += this.#width) {
      this.#into.copyWithin(at, at - this.#width, Math.min(end, at + this.#width) - this.#width);
    }
  }

  #foregroundRun(length: number): void {
    const into = this.#into;
    const start = this.#room(length);
    const foreground = this.#foreground;
    if (this.#isFirstRow) {
      into.fill(foreground, start, start + length);
      return;
    }
    const width = this.#width;
    for (let at = start; at < start + length; at += 1) into[at] = (into[at - width] ?? 0) ^ foreground;
  }

  #maskedImage(length: number): void {
    for (let left = length; left > 0; left -= 8) this.#masked(this.#byte(), Math.min(8, left));
  }

  /** A bit a pixel, the lowest first: the row above, with the foreground where the bit is set. */
  #masked(mask: number, length: number): void {
    const into = this.#into;
    const start = this.#room(length);
    const foreground = this.#foreground;
    const back = this.#isFirstRow ? 0 : this.#width;
    for (let bit = 0; bit < length; bit += 1) {
      const above = back === 0 ? 0 : (into[start + bit - back] ?? 0);
      into[start + bit] = (mask >> bit) & 1 ? above ^ foreground : above;
    }
  }

  #colourImage(length: number): void {
    const start = this.#room(length);
    if (length * this.#pixelBytes > this.#source.length - this.#from) throw this.#truncated();
    for (let at = start; at < start + length; at += 1) this.#into[at] = this.#pixel();
  }

  /** Two colours in turn, so many times both. */
  #ditheredRun(length: number): void {
    const first = this.#pixel();
    const second = this.#pixel();
    const start = this.#room(length * 2);
    for (let at = start; at < start + length * 2; at += 2) {
      this.#into[at] = first;
      this.#into[at + 1] = second;
    }
  }

  #byte(): number {
    const value = this.#source[this.#from];
    if (value === undefined) throw this.#truncated();
    this.#from += 1;
    return value;
  }

  #pixel(): number {
    const from = this.#from;
    const bytes = this.#pixelBytes;
    if (from + bytes > this.#source.length) throw this.#truncated();
    this.#from = from + bytes;
    const low = this.#source[from] ?? 0;
    if (bytes === 1) return low;
    const value = low | ((this.#source[from + 1] ?? 0) << 8);
    return bytes === 2 ? value : value | ((this.#source[from + 2] ?? 0) << 16);
  }

  /** Where so many pixels begin, which are then taken. */
  #room(length: number): number {
    const start = this.#to;
    if (length < 0 || length > this.#end - start) {
      throw new PictureError(
        'ERR_PICTURE_DATA',
        `a run of ${length} pixels at pixel ${start} of ${this.#end}`,
      );
    }
    this.#to = start + length;
    return start;
  }

  #truncated(): PictureError {
    return new PictureError('ERR_PICTURE_TRUNCATED', `compressed data ends at byte ${this.#from}`);
  }
}

/** The code of an order by its first byte; one that there is not stays as it is. */
function codeOf(head: number): number {
  if (head >= 0xf0) {
    const long = LONG_FORMS[head & 0x0f] ?? -1;
    return head > 0xf8 || long === -1 ? head : long;
  }
  // 0xa0 to 0xbf is a regular form that has no meaning.
  if (head >= 0xc0) return head >> 4;
  return head >= 0xa0 ? head : head >> 5;
}
