/** The most frequent partial value, of an e-mail address, from bytes to bytes: nothing is decoded and nothing made. */

const AT = 0x40;
const DOT = 0x2e;
/** Longest local part and domain of what counts as an address here: see `value-kind.ts`. */
const LONGEST_LOCAL = 64;
const LONGEST_DOMAIN = 255;
/** Top levels of other lengths are left to the general way. */
const SHORTEST_TOP = 2;
const LONGEST_TOP = 3;
const MOST_MADE = 1024;

/** By first character and top level: `a***@***.com`. */
const made = new Map<number, Buffer>();

/**
 * What `partial` makes of an e-mail address without a `keep`; undefined where the bytes are none, or one of a kind that
 * the general way has to look at. The bytes must not be changed.
 */
export function partialAddress(bytes: Uint8Array, start: number, end: number): Buffer | undefined {
  let at = -1;
  let dot = -1;
  let telling = 0;
  for (let position = start; position < end; position += 1) {
    const byte = bytes[position] ?? 0;
    if (isTelling(byte)) {
      telling += 1;
    } else if (byte === DOT) {
      dot = position;
    } else if (byte === AT) {
      if (at !== -1) {
        return undefined;
      }
      at = position;
    } else if (byte <= 0x20 || byte > 0x7e) {
      return undefined;
    }
  }
  if (!isAddress(start, at, dot, end) || !isTelling(bytes[start] ?? 0)) {
    return undefined;
  }
  // Never more than half of its letters and digits; what is left of fewer the general way decides.
  return end - dot <= Math.floor(telling / 2) ? addressOf(bytes, start, dot + 1, end) : undefined;
}

function isAddress(start: number, at: number, dot: number, end: number): boolean {
  const top = end - dot - 1;
  const domain = dot - at - 1;
  const isWhole = at > start && at - start <= LONGEST_LOCAL && domain >= 1 && domain <= LONGEST_DOMAIN;
  return isWhole && top >= SHORTEST_TOP && top <= LONGEST_TOP;
}

function isTelling(byte: number): boolean {
  const lower = byte | 0x20;
  return (lower >= 0x61 && lower <= 0x7a) || (byte >= 0x30 && byte <= 0x39);
}

function addressOf(bytes: Uint8Array, start: number, top: number, end: number): Buffer {
  let key = bytes[start] ?? 0;
  for (let position = top; position < top + LONGEST_TOP; position += 1) {
    key = key * 128 + (position < end ? (bytes[position] ?? 0) : 0);
  }
  const known = made.get(key);
  if (known !== undefined) {
    return known;
  }
  if (made.size >= MOST_MADE) {
    made.clear();
  }
  const first = String.fromCharCode(bytes[start] ?? 0);
  const address = Buffer.from(
    `${first}***@***.${Buffer.from(bytes.subarray(top, end)).toString('latin1')}`,
    'latin1',
  );
  made.set(key, address);
  return address;
}
