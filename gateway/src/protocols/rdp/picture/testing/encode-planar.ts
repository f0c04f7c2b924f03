/** An encoder of RDP 6.0 planar bitmaps for tests, written from MS-RDPEGDI 2.2.2.5.1 and from nothing of the decoder. */

/** What there is to encode: rows as they are sent. */
export interface TestPlanes {
  readonly width: number;
  readonly height: number;
  readonly isRunLength: boolean;
  readonly hasAlpha: boolean;
  readonly alpha: Uint8Array;
  /** Red, green, blue. */
  readonly colours: readonly Uint8Array[];
}

/** @param choose answers a number below its argument */
export function encodePlanar(made: TestPlanes, choose: (below: number) => number): Uint8Array {
  const { isRunLength, hasAlpha, alpha, colours, width } = made;
  const out = [(isRunLength ? 0x10 : 0) | (hasAlpha ? 0 : 0x20)];
  for (const plane of hasAlpha ? [alpha, ...colours] : colours) {
    if (isRunLength) encodePlane(plane, width, choose, out);
    else out.push(...plane);
  }
  // Planes that are not run-length encoded are followed by a byte of padding.
  if (!isRunLength) out.push(0);
  return Uint8Array.from(out);
}

function encodePlane(
  plane: Uint8Array,
  width: number,
  choose: (below: number) => number,
  out: number[],
): void {
  for (let start = 0; start < plane.length; start += width) {
    /** What is written for each pixel of the row: values, or differences with the sign in the lowest bit. */
    const codes = Array.from({ length: width }, (_, x) => {
      const value = plane[start + x] ?? 0;
      if (start === 0) return value;
      const difference = ((value - (plane[start + x - width] ?? 0) + 128) & 0xff) - 128;
      return difference < 0 ? -difference * 2 - 1 : difference * 2;
    });
    let x = 0;
    let last = 0;
    while (x < width) {
      const runAt = (from: number, of: number): number => {
        let length = 0;
        while (from + length < width && codes[from + length] === of) length += 1;
        return length;
      };
      const run = runAt(x, last);
      if (run >= 16 && choose(3) > 0) {
        // Without raw values: 16 to 31, or 32 to 47.
        const length = Math.min(run, 47);
        out.push(length < 32 ? ((length - 16) << 4) | 1 : ((length - 32) << 4) | 2);
        x += length;
        continue;
      }
      // A run of one or two would be read as the long forms.
      const isRun = run > 2 && choose(2) === 0;
      if (isRun) {
        out.push(Math.min(15, run));
        x += Math.min(15, run);
        continue;
      }
      const raw = Math.min(width - x, 1 + choose(15));
      const values = codes.slice(x, x + raw);
      last = values.at(-1) ?? last;
      const after = Math.min(15, runAt(x + raw, last));
      const length = after < 3 || choose(5) === 0 ? 0 : after;
      out.push((raw << 4) | length, ...values);
      x += raw + length;
    }
  }
}
