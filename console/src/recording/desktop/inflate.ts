/**
 * Raw DEFLATE (RFC 1951) of a block that is there as a whole. Browsers have it for streams alone, which cost a millisecond for each of
 * the hundreds of blocks that lie before a place. Never more bytes than are asked for.
 */

/** Lengths and distances with the bits that follow them (RFC 1951, 3.2.5). */
const LENGTH_BASES = [
  3, 4, 5, 6, 7, 8, 9, 10, 11, 13, 15, 17, 19, 23, 27, 31, 35, 43, 51, 59, 67, 83, 99, 115, 131, 163, 195,
  227, 258,
] as const;
const LENGTH_BITS = [
  0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3, 4, 4, 4, 4, 5, 5, 5, 5, 0,
] as const;
const DISTANCE_BASES = [
  1, 2, 3, 4, 5, 7, 9, 13, 17, 25, 33, 49, 65, 97, 129, 193, 257, 385, 513, 769, 1025, 1537, 2049, 3073, 4097,
  6145, 8193, 12289, 16385, 24577,
] as const;
/** In which order lengths of the codes for code lengths come (RFC 1951, 3.2.7). */
const ORDER = [16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15] as const;
const END_OF_BLOCK = 256;
const LONGEST_CODE = 15;

/** Codes by the bits that come next: symbol times 16, plus the length of its code; 0 where there is none. */
interface Codes {
  readonly entries: Uint16Array;
  readonly mask: number;
}

/** @param length of what comes of it @throws Error where that is not so */
export function inflate(source: Uint8Array, length: number): Uint8Array {
  return new Inflater(source, length).run();
}

class Inflater {
  readonly #source: Uint8Array;
  readonly #into: Uint8Array;
  #at = 0;
  #to = 0;
  /** Bits that were read and not used, the next one lowest, and how many. */
  #bits = 0;
  #count = 0;

  constructor(source: Uint8Array, length: number) {
    this.#source = source;
    this.#into = new Uint8Array(length);
  }

  run(): Uint8Array {
    let isLast = false;
    while (!isLast) {
      isLast = this.#take(1) === 1;
      const type = this.#take(2);
      if (type === 0) this.#stored();
      else if (type === 1) this.#coded(fixed().literals, fixed().distances);
      else if (type === 2) this.#dynamic();
      else throw damaged('a part of an unknown type');
    }
    if (this.#to < this.#into.length) throw damaged('it is shorter than it says');
    return this.#into;
  }

  #take(count: number): number {
    this.#fill();
    const value = this.#bits & ((1 << count) - 1);
    this.#bits >>>= count;
    this.#count -= count;
    if (this.#count < 0) throw damaged('it ends too early');
    return value;
  }

  #fill(): void {
    while (this.#count <= 23 && this.#at < this.#source.length) {
      this.#bits |= (this.#source[this.#at++] ?? 0) << this.#count;
      this.#count += 8;
    }
  }

  #stored(): void {
    // What is left of the byte is padding; whole bytes are read again.
    this.#at -= this.#count >> 3;
    this.#bits = 0;
    this.#count = 0;
    const length = this.#take(16);
    if (this.#take(16) !== (length ^ 0xffff)) throw damaged('a length that is none');
    this.#at -= this.#count >> 3;
    this.#bits = 0;
    this.#count = 0;
    if (length > this.#source.length - this.#at) throw damaged('it ends too early');
    if (length > this.#into.length - this.#to) throw damaged('it is longer than it says');
    this.#into.set(this.#source.subarray(this.#at, this.#at + length), this.#to);
    this.#at += length;
    this.#to += length;
  }

  #dynamic(): void {
    const literals = this.#take(5) + 257;
    const distances = this.#take(5) + 1;
    const orders = this.#take(4) + 4;
    const ofLengths = new Uint8Array(ORDER.length);
    for (let index = 0; index < orders; index += 1) ofLengths[ORDER[index] ?? 0] = this.#take(3);
    const codes = codesOf(ofLengths);
    const lengths = new Uint8Array(literals + distances);
    for (let at = 0; at < lengths.length; ) {
      const symbol = this.#symbol(codes);
      if (symbol < 16) {
        lengths[at++] = symbol;
        continue;
      }
      const value = symbol === 16 ? lengths[at - 1] : 0;
      const times = symbol === 18 ? this.#take(7) + 11 : this.#take(symbol === 17 ? 3 : 2) + 3;
      if (value === undefined || times > lengths.length - at) throw damaged('lengths that are none');
      lengths.fill(value, at, at + times);
      at += times;
    }
    this.#coded(codesOf(lengths.subarray(0, literals)), codesOf(lengths.subarray(literals)));
  }

  #symbol({ entries, mask }: Codes): number {
    this.#fill();
    const entry = entries[this.#bits & mask] ?? 0;
    this.#take(entry & 15);
    if (entry === 0) throw damaged('a code that is none');
    return entry >> 4;
  }

  #coded(literals: Codes, distances: Codes): void {
    const into = this.#into;
    for (;;) {
      const symbol = this.#symbol(literals);
      if (symbol === END_OF_BLOCK) return;
      if (symbol < END_OF_BLOCK) {
        if (this.#to >= into.length) throw damaged('it is longer than it says');
        into[this.#to++] = symbol;
        continue;
      }
      const index = symbol - END_OF_BLOCK - 1;
      const length = (LENGTH_BASES[index] ?? Number.POSITIVE_INFINITY) + this.#take(LENGTH_BITS[index] ?? 0);
      const code = this.#symbol(distances);
      const distance =
        (DISTANCE_BASES[code] ?? Number.POSITIVE_INFINITY) + this.#take(Math.max(0, (code >> 1) - 1));
      const to = this.#to;
      if (distance > to) throw damaged('a distance to before its beginning');
      if (length > into.length - to) throw damaged('it is longer than it says');
      const from = to - distance;
      if (distance === 1) into.fill(into[from] ?? 0, to, to + length);
      else if (distance >= length) into.copyWithin(to, from, from + length);
      else for (let done = 0; done < length; done += 1) into[to + done] = into[from + done] ?? 0;
      this.#to = to + length;
    }
  }
}

/** Codes by their lengths (RFC 1951, 3.2.2). @throws Error where there are more than fit */
function codesOf(lengths: Uint8Array): Codes {
  const counts = new Uint16Array(LONGEST_CODE + 1);
  let longest = 0;
  for (const length of lengths) {
    counts[length] = (counts[length] ?? 0) + 1;
    longest = Math.max(longest, length);
  }
  const next = new Uint16Array(LONGEST_CODE + 2);
  for (let length = 1, code = 0; length <= longest; length += 1) {
    next[length] = code;
    code += counts[length] ?? 0;
    if (code > 1 << length) throw damaged('more codes than fit');
    code <<= 1;
  }
  const entries = new Uint16Array(1 << longest);
  for (const [symbol, length] of lengths.entries()) {
    if (length === 0) continue;
    const code = next[length] ?? 0;
    next[length] = code + 1;
    // Codes come with their highest bit first.
    let reversed = 0;
    for (let bit = 0; bit < length; bit += 1) reversed |= ((code >> bit) & 1) << (length - 1 - bit);
    for (let at = reversed; at < entries.length; at += 1 << length) entries[at] = (symbol << 4) | length;
  }
  return { entries, mask: entries.length - 1 };
}

let made: { readonly literals: Codes; readonly distances: Codes } | undefined;

/** The codes that are agreed on beforehand (RFC 1951, 3.2.6). */
function fixed(): { readonly literals: Codes; readonly distances: Codes } {
  made ??= {
    literals: codesOf(new Uint8Array(288).fill(8, 0, 144).fill(9, 144, 256).fill(7, 256, 280).fill(8, 280)),
    distances: codesOf(new Uint8Array(30).fill(5)),
  };
  return made;
}

function damaged(how: string): Error {
  return new Error(`a block of the recording is damaged: ${how}`);
}
