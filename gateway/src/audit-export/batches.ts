/** Reads the audit from a position on, in batches of bounded size; the log itself is the queue. */
import { open, stat } from 'node:fs/promises';
import { type AuditLayout, listSegments, segmentPath } from '../audit/layout.ts';
import { type AuditRecord, MAX_LINE_BYTES, readRecord } from '../audit/record.ts';
import type { ExportPosition } from './position.ts';

const CHUNK_BYTES = 512 * 1024;
const NEWLINE = 0x0a;

/** Complete records behind a position, and where they end. */
export interface RecordBatch {
  readonly records: readonly AuditRecord[];
  readonly end: ExportPosition;
}

/**
 * The next records: at most half a MiB of them, or one that is larger. Undefined where there is nothing new.
 * Lines that are no records are passed over: `audit verify` is there to find them.
 */
export async function nextBatch(layout: AuditLayout, from: ExportPosition): Promise<RecordBatch | undefined> {
  const size = await sizeOf(segmentPath(layout, from.segment));
  if (from.offset < size) {
    const bytes = await readLines(segmentPath(layout, from.segment), from.offset, size);
    if (bytes.length > 0) return parsed(bytes, from);
  }
  // A segment that another one follows grows no more; what a crash has left at its end was cut off.
  const next = listSegments(layout).find((segment) => segment > from.segment);
  if (next === undefined) return undefined;
  return { records: [], end: { segment: next, offset: 0, seq: from.seq } };
}

function parsed(bytes: Buffer, from: ExportPosition): RecordBatch {
  const records: AuditRecord[] = [];
  let start = 0;
  for (let end = bytes.indexOf(NEWLINE); end >= 0; end = bytes.indexOf(NEWLINE, start)) {
    const record = readRecord(bytes.subarray(start, end));
    if (record !== undefined) records.push(record);
    start = end + 1;
  }
  const seq = records.at(-1)?.seq ?? from.seq;
  return { records, end: { segment: from.segment, offset: from.offset + bytes.length, seq } };
}

/** Whole lines from there; empty where there is none yet. */
async function readLines(path: string, offset: number, size: number): Promise<Buffer> {
  const file = await open(path, 'r');
  try {
    for (let span = CHUNK_BYTES; ; span *= 4) {
      const length = Math.min(span, size - offset);
      const bytes = Buffer.allocUnsafe(length);
      const { bytesRead } = await file.read(bytes, 0, length, offset);
      const end = bytes.subarray(0, bytesRead).lastIndexOf(NEWLINE) + 1;
      if (end > 0) return bytes.subarray(0, end);
      if (length >= size - offset || span > MAX_LINE_BYTES) return Buffer.alloc(0);
    }
  } finally {
    await file.close();
  }
}

async function sizeOf(path: string): Promise<number> {
  return stat(path).then(
    ({ size }) => size,
    () => 0,
  );
}
