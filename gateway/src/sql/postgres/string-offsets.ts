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

/** As {@link StringOffsets}, for offsets in any order. */
export function offsetsIn(text: string): (bytes: number) => number {
  let table: Uint32Array | undefined;
  if (Buffer.byteLength(text) === text.length) return (bytes) => Math.min(bytes, text.length);
  return (bytes) => {
    table ??= offsetTable(text);
    return table[Math.min(bytes, table.length - 1)] ?? text.length;
  };
}

function offsetTable(text: string): Uint32Array {
  const table = new Uint32Array(Buffer.byteLength(text) + 1);
  const offsets = new StringOffsets(text);
  for (let bytes = 0; bytes < table.length; bytes += 1) table[bytes] = offsets.at(bytes);
  return table;
}
