import { PictureError } from './errors.ts';

/** Reads little-endian numbers one after the other. Works in a browser too. @throws PictureError past the end */
export class ByteCursor {
  readonly bytes: Uint8Array;
  at: number;
  readonly #end: number;

  constructor(bytes: Uint8Array, at: number = 0, end: number = bytes.length) {
    this.bytes = bytes;
    this.at = at;
    this.#end = Math.min(end, bytes.length);
  }

  /** Bytes that are left. */
  get left(): number {
    return this.#end - this.at;
  }

  u8(): number {
    const at = this.#take(1);
    return this.bytes[at] ?? 0;
  }

  u16(): number {
    const at = this.#take(2);
    return (this.bytes[at] ?? 0) | ((this.bytes[at + 1] ?? 0) << 8);
  }

  u32(): number {
    const low = this.u16();
    return low + this.u16() * 0x1_0000;
  }

  /** So many bytes, where they lie. */
  take(length: number): Uint8Array {
    const at = this.#take(length);
    return this.bytes.subarray(at, at + length);
  }

  #take(length: number): number {
    const { at } = this;
    if (length > this.#end - at) {
      throw new PictureError(
        'ERR_PICTURE_TRUNCATED',
        `${length} bytes are wanted at byte ${at}, and ${this.#end - at} are there`,
      );
    }
    this.at = at + length;
    return at;
  }
}
