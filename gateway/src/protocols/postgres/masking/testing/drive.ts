/** Drives a ResultMask as the relay does: splitter, chunks that are overwritten, one flush a chunk. */

import type { FieldDescription } from '../../wire/backend/row-description.ts';
import { FrameSplitter } from '../../wire/frame-splitter.ts';
import type { ResultMask } from '../result-mask.ts';
import { Collector } from './fixtures.ts';

/** Sends chunks of DataRows or CopyData through and returns what came out. */
export function drive(mask: ResultMask, chunks: readonly Buffer[]): Buffer {
  const splitter = new FrameSplitter({ maxFrameBytes: 1_048_576, streams: () => true, source: 'upstream' });
  const sink = new Collector();
  for (const chunk of chunks) {
    const reused = Buffer.from(chunk);
    splitter.push(reused);
    for (let frame = splitter.next(); frame !== undefined; frame = splitter.next()) {
      if (frame.type === 0x44) mask.dataRow(frame.bytes, frame, sink);
      else mask.copyData(frame.bytes, frame, sink);
    }
    mask.flush(sink);
    reused.fill(0xaa);
  }
  return sink.bytes;
}

/** Reads rows back: cells as buffers, null for NULL. */
export function readRows(bytes: Buffer): (Buffer | null)[][] {
  const rows: (Buffer | null)[][] = [];
  for (let at = 0; at < bytes.length; ) {
    const end = at + 1 + bytes.readInt32BE(at + 1);
    const count = bytes.readUInt16BE(at + 5);
    const cells: (Buffer | null)[] = [];
    let position = at + 7;
    for (let index = 0; index < count; index += 1) {
      const length = bytes.readInt32BE(position);
      cells.push(length < 0 ? null : bytes.subarray(position + 4, position + 4 + length));
      position += 4 + Math.max(length, 0);
    }
    if (position !== end) throw new Error('a row does not end where it says');
    rows.push(cells);
    at = end;
  }
  return rows;
}

/** The one row that comes of a row, as text. */
export function maskRow(
  mask: ResultMask,
  fields: readonly FieldDescription[],
  sent: Buffer,
): (string | null)[] {
  mask.describe(fields);
  const [first = []] = readRows(drive(mask, [sent]));
  return first.map((cell) => cell?.toString('utf8') ?? null);
}
