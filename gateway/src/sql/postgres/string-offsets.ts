/** Turns UTF-8 byte offsets, as the parser gives them, into UTF-16 offsets. Offsets must be asked in rising order. */
export class StringOffsets {
  readonly #text: string;
  readonly #ascii: boolean;
  #bytes = 0;
  #units = 0;

  constructor(text: string) {
    this.#text = text;
    this.#ascii = Buffer.byteLength(text) === text.length;
  }

  /** The UTF-16 offset of a byte offset. */
  at(bytes: number): number {
    if (this.#ascii) return Math.min(bytes, this.#text.length);
    while (this.#bytes < bytes && this.#units < this.#text.length) {
      const code = this.#text.codePointAt(this.#units) ?? 0;
      this.#bytes += code < 0x80 ? 1 : code < 0x800 ? 2 : code < 0x10000 ? 3 : 4;
      this.#units += code < 0x10000 ? 1 : 2;
    }
    return this.#units;
  }
}
