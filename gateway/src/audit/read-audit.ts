import { escapeJsonText } from './escape-json-text.ts';
import { type AuditLayout, auditLayout, listSegments, segmentName, segmentPath } from './layout.ts';
import { type LineChunk, readChunks } from './line-reader.ts';
import { type AuditRecord, readRecord, type SegmentMark } from './record.ts';

const NEWLINE = 0x0a;

/** Which records to read. */
export interface RecordFilter {
  /** Only records of this session. */
  readonly session?: string;
  /** Only records of this type. */
  readonly type?: AuditRecord['event']['type'];
  /** Told of lines that should match but are no records; run `audit verify` then. */
  readonly onDamaged?: (file: string, offset: number) => void;
}

/**
 * The records of a log in the order they were written, in bounded memory. Does not verify the chain; an incomplete
 * last line, which a running gateway is about to finish, is left out.
 * @param folder the data folder
 * @throws AuditError `ERR_AUDIT_UNREADABLE`
 */
export async function* readAudit(folder: string, filter: RecordFilter = {}): AsyncGenerator<AuditRecord> {
  const layout = auditLayout(folder);
  const needle = needleOf(filter);
  for (const segment of listSegments(layout)) {
    for await (const record of readSegment(layout, segment, needle, filter.onDamaged)) {
      if (matches(record, filter)) yield record;
    }
  }
}

/**
 * The records of one segment whose line holds the bytes of `needle`; the others are not even parsed.
 * @throws AuditError `ERR_AUDIT_UNREADABLE`
 */
export async function* readSegment(
  layout: AuditLayout,
  segment: number,
  needle: Buffer,
  onDamaged?: RecordFilter['onDamaged'],
): AsyncGenerator<AuditRecord> {
  for await (const chunk of readChunks(segmentPath(layout, segment))) {
    if (chunk.torn) return;
    for (const { bytes, offset } of linesWith(chunk, needle)) {
      const record = readRecord(bytes);
      if (record === undefined) onDamaged?.(segmentName(segment), offset);
      else yield record;
    }
  }
}

/** What the first record of a segment says of it; undefined when that is damaged or not yet written. */
export async function readSegmentMark(
  layout: AuditLayout,
  segment: number,
): Promise<SegmentMark | undefined> {
  for await (const chunk of readChunks(segmentPath(layout, segment))) {
    const event = readRecord(chunk.bytes.subarray(0, chunk.bytes.indexOf(NEWLINE)))?.event;
    return event?.type === 'audit.segment' ? event : undefined;
  }
  return undefined;
}

/** The session of a record, if it belongs to one. */
export function sessionOf({ event }: AuditRecord): string | undefined {
  return 'session' in event ? event.session : undefined;
}

/** Bytes that every matching line holds, so that the others need not be parsed. */
function needleOf({ session, type }: RecordFilter): Buffer {
  if (session !== undefined) return Buffer.from(`"session":${escapeJsonText(JSON.stringify(session))}`);
  return Buffer.from(type === undefined ? '{' : `"type":"${type}"`);
}

function matches(record: AuditRecord, { session, type }: RecordFilter): boolean {
  if (type !== undefined && record.event.type !== type) return false;
  return session === undefined || sessionOf(record) === session;
}

function* linesWith(chunk: LineChunk, needle: Buffer): Generator<{ bytes: Buffer; offset: number }> {
  const { bytes, offset } = chunk;
  let from = 0;
  for (;;) {
    const found = bytes.indexOf(needle, from);
    if (found < 0) return;
    const start = found === 0 ? 0 : bytes.lastIndexOf(NEWLINE, found - 1) + 1;
    const end = bytes.indexOf(NEWLINE, found);
    yield { bytes: bytes.subarray(start, end), offset: offset + start };
    from = end + 1;
  }
}
