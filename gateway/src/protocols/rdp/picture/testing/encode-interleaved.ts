/**
 * An encoder of interleaved RLE for tests, written from the orders of MS-RDPBCGR 2.2.9.1.1.3.1.2.4 and from nothing of the decoder. It
 * chooses among the forms of an order by a list of choices, so that all forms occur.
 */

/** What there is to encode: pixels as numbers of their depth, rows as they are sent. */
export interface TestBitmap {
  readonly width: number;
  readonly height: number;
  readonly depth: 8 | 15 | 16 | 24;
  readonly pixels: readonly number[];
}

const whiteOf = { 8: 0xff, 15: 0x7fff, 16: 0xffff, 24: 0xffffff } as const;

/** @param choose answers a number below its argument */
export function encodeInterleaved(bitmap: TestBitmap, choose: (below: number) => number): Uint8Array {
  const { width, depth, pixels } = bitmap;
  const white = whiteOf[depth];
  const out: number[] = [];
  let foreground: number = white;
  let at = 0;
  let lastWasBackground = false;
  const colour = (value: number): void => {
    for (let bytes = depth === 15 ? 2 : depth / 8, rest = value; bytes > 0; bytes -= 1, rest >>= 8)
      out.push(rest & 0xff);
  };
  const above = (index: number): number => (index < width ? 0 : (pixels[index - width] ?? 0));
  /** Runs do not go from the first row into the second: what is above changes its meaning there. */
  const rowEnd = (from: number): number => (from < width ? width : pixels.length);
  const runOf = (is: (index: number) => boolean): number => {
    let length = 0;
    while (at + length < rowEnd(at) && is(at + length)) length += 1;
    return length;
  };
  /** Head of an order; answers how many pixels it took. */
  const head = (order: Order, wanted: number): number => {
    const length = Math.min(wanted, 0xffff);
    const shortest = order.lite === undefined ? 32 : 16;
    const short = order.lite === undefined ? order.regular << 5 : order.lite << 4;
    const form = choose(3);
    if (form === 0 || length >= shortest + 256) {
      out.push(order.mega, length & 0xff, length >> 8);
      return length;
    }
    if (length < shortest) {
      out.push(short | length);
      return length;
    }
    out.push(short, length - shortest);
    return length;
  };
  const maskHead = (order: Order, wanted: number): number => {
    const most = order.lite === undefined ? 31 : 15;
    const short = order.lite === undefined ? order.regular << 5 : order.lite << 4;
    if (choose(2) === 0 && wanted % 8 === 0 && wanted / 8 <= most) out.push(short | (wanted / 8));
    else if (choose(2) === 0 && wanted <= 256) out.push(short, wanted - 1);
    else out.push(order.mega, wanted & 0xff, wanted >> 8);
    return wanted;
  };
  while (at < pixels.length) {
    if (at === width) lastWasBackground = false;
    const value = pixels[at] ?? 0;
    // Two background runs in a row would put a pixel of the foreground between them.
    const background = lastWasBackground ? 0 : runOf((index) => pixels[index] === above(index));
    if (background > 0 && choose(4) > 0) {
      at += head(ORDERS.background, background);
      lastWasBackground = true;
      continue;
    }
    if (lastWasBackground && (above(at) ^ foreground) === value && choose(2) === 0) {
      // That very pixel, by a background run that begins with it.
      const start = at;
      const more = runOf((index) => index === start || pixels[index] === above(index)) - 1;
      at += head(ORDERS.background, more + 1);
      continue;
    }
    lastWasBackground = false;
    const mixed = runOf((index) => pixels[index] === (above(index) ^ foreground));
    if (mixed > 0 && choose(3) > 0) {
      at += head(ORDERS.foreground, mixed);
      continue;
    }
    const next = value ^ above(at);
    const set = runOf((index) => pixels[index] === (above(index) ^ next));
    const equal = runOf((index) => pixels[index] === value);
    if (value === white && choose(2) === 0) {
      out.push(0xfd);
      at += 1;
    } else if (value === 0 && choose(2) === 0) {
      out.push(0xfe);
      at += 1;
    } else if (equal > 2 && choose(2) === 0) {
      const length = head(ORDERS.colourRun, equal);
      colour(value);
      at += length;
    } else if (set > 1 && choose(2) === 0) {
      const length = head(ORDERS.setForeground, set);
      colour(next);
      foreground = next;
      at += length;
    } else {
      at += literal(value, next);
    }
  }
  return Uint8Array.from(out);

  /** What no run covers: a masked image, two colours in turn, or the pixels themselves. */
  function literal(value: number, next: number): number {
    const usedForeground = choose(2) === 0 ? foreground : next;
    const masked = runOf(
      (index) => pixels[index] === above(index) || pixels[index] === (above(index) ^ usedForeground),
    );
    if (masked > 0 && choose(3) > 0) {
      const length = Math.min(masked, 0xffff);
      const isSet = usedForeground !== foreground || choose(2) === 0;
      const bits = (from: number): number => {
        let mask = 0;
        for (let bit = 0; bit < 8 && from + bit < at + length; bit += 1)
          if (pixels[from + bit] !== above(from + bit)) mask |= 1 << bit;
        return mask;
      };
      if (!isSet && length >= 8 && (bits(at) === 3 || bits(at) === 5)) {
        out.push(bits(at) === 3 ? 0xf9 : 0xfa);
        return 8;
      }
      maskHead(isSet ? ORDERS.setMasked : ORDERS.masked, length);
      if (isSet) colour(usedForeground);
      foreground = usedForeground;
      for (let from = at; from < at + length; from += 8) out.push(bits(from));
      return length;
    }
    return unmasked(value);
  }

  function unmasked(value: number): number {
    const second = pixels[at + 1] ?? 0;
    let pairs = 0;
    while (
      at + pairs * 2 + 1 < rowEnd(at) &&
      pixels[at + pairs * 2] === value &&
      pixels[at + pairs * 2 + 1] === second
    )
      pairs += 1;
    if (pairs > 0 && choose(2) === 0) {
      const count = head(ORDERS.dithered, pairs);
      colour(value);
      colour(second);
      return count * 2;
    }
    const length = head(ORDERS.image, Math.min(rowEnd(at) - at, 1 + choose(400)));
    for (let index = at; index < at + length; index += 1) colour(pixels[index] ?? 0);
    return length;
  }
}

interface Order {
  readonly regular: number;
  readonly lite?: number;
  readonly mega: number;
}

const ORDERS = {
  background: { regular: 0, mega: 0xf0 },
  foreground: { regular: 1, mega: 0xf1 },
  masked: { regular: 2, mega: 0xf2 },
  colourRun: { regular: 3, mega: 0xf3 },
  image: { regular: 4, mega: 0xf4 },
  setForeground: { regular: 0, lite: 0xc, mega: 0xf6 },
  setMasked: { regular: 0, lite: 0xd, mega: 0xf7 },
  dithered: { regular: 0, lite: 0xe, mega: 0xf8 },
} as const satisfies Record<string, Order>;
