/** Updates as a server sends them, for tests and measurements. */

/** A rectangle (TS_BITMAP_DATA). `right` and `bottom` are the last pixels, and follow from the size unless said. */
export function rectangle(made: {
  readonly left: number;
  readonly top: number;
  readonly right?: number;
  readonly bottom?: number;
  readonly width: number;
  readonly height: number;
  readonly depth: number;
  readonly flags: number;
  readonly data: ArrayLike<number>;
}): Uint8Array {
  const { left, top, width, height, depth, flags, data } = made;
  const { right = left + width - 1, bottom = top + height - 1 } = made;
  const bytes = new Uint8Array(18 + data.length);
  const view = new DataView(bytes.buffer);
  for (const [index, value] of [left, top, right, bottom, width, height, depth, flags, data.length].entries())
    view.setUint16(index * 2, value, true);
  bytes.set(data, 18);
  return bytes;
}

/** TS_UPDATE_BITMAP_DATA of such rectangles. */
export function bitmapUpdate(rectangles: readonly Uint8Array[]): Uint8Array {
  return Buffer.concat([
    Uint8Array.of(1, 0, rectangles.length & 0xff, rectangles.length >> 8),
    ...rectangles,
  ]);
}
