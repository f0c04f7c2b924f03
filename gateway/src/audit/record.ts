/**
 * The form of a record: one line of JSON in a fixed layout, so that the chain can be checked on bytes alone.
 *
 *     {"seq":7,"at":"2026-11-26T20:50:00.000Z","prev":"<64 hex>","event":{…},"hash":"<64 hex>"}
 *
 * `hash` is SHA-256 over the line's own bytes before `,"hash":`; they hold `prev`, the hash of the record
 * before, so each hash covers all history. The event is nested: no field of it can pose as `seq` or `prev`.
 */
import { hash } from 'node:crypto';
import type { AuditEvent } from '../model/audit-event.ts';
import type { OpenSnapshot } from './open-work.ts';

/** `prev` of the very first record. */
export const GENESIS_HASH: string = '0'.repeat(64);

/** No line of a log may be longer than this many bytes; readers stop there. */
export const MAX_LINE_BYTES: number = 64 * 1024 * 1024;

/** A place in the chain: the sequence number and the hash of a record. */
export interface ChainHead {
  readonly seq: number;
  readonly hash: string;
}

/** First record of a segment; `prev` binds it to the last record of the segment before. */
export interface SegmentMark {
  readonly type: 'audit.segment';
  readonly format: 1;
  /** Id of the whole log, made at its first start. */
  readonly log: string;
  readonly segment: number;
  readonly reason: 'first' | 'start' | 'rotation' | 'recovery';
  readonly keyId: string;
  /** Ed25519 public key, SPKI DER in base64. */
  readonly publicKey: string;
  /** At most this many records stand between two checkpoints. */
  readonly checkpointEvery: number;
  /** Sequence number of the last checkpoint before this segment: its copy was on the device before the segment began; 0 for none. */
  readonly lastCheckpoint: number;
  /** Latest time of any record before this segment, so that readers can skip old segments; empty when none. */
  readonly latest: string;
  /** Sessions and exchanges that were open when the segment began. */
  readonly open: OpenSnapshot;
}

/** A signed statement on all history up to its `prev`. */
export interface CheckpointMark {
  readonly type: 'audit.checkpoint';
  readonly reason: 'segment' | 'records' | 'time' | 'rotation' | 'close';
  readonly keyId: string;
  /** Ed25519 in base64 over {@link checkpointPayload}. */
  readonly signature: string;
}

/** The torn end of the segment before was cut off at start. Nothing acknowledged as synced was in it. */
export interface RepairedMark {
  readonly type: 'audit.repaired';
  readonly segment: number;
  /** Line (from 1) of the first byte that was cut. */
  readonly line: number;
  readonly bytes: number;
  /** SHA-256 of the bytes that were cut. */
  readonly sha256: string;
}

/** The log could not be written for a while and works again. */
export interface RecoveredMark {
  readonly type: 'audit.recovered';
  readonly failedAt: string;
  readonly cause: string;
  /** Enqueued events that were held in memory and follow this record. */
  readonly held: number;
  /** Enqueued events that did not fit in memory and are lost. */
  readonly lost: number;
}

/** Records that the log makes about itself. */
export type AuditMark = SegmentMark | CheckpointMark | RepairedMark | RecoveredMark;

/** A value that was too large and was replaced in the event; the digest still proves what it was. */
export interface OmittedValue {
  /** Dotted path inside the event: `request.text`. */
  readonly path: string;
  readonly bytes: number;
  readonly sha256: string;
}

/** A record as read back. */
export interface AuditRecord {
  readonly seq: number;
  /** ISO 8601, UTC, milliseconds. Not necessarily ascending: the clock of the machine may be set back. */
  readonly at: string;
  readonly prev: string;
  readonly event: AuditEvent | AuditMark;
  readonly omitted?: readonly OmittedValue[];
  readonly hash: string;
}

/** The chain's part of a line, read without parsing the event. */
export interface Envelope {
  readonly seq: number;
  readonly at: string;
  readonly prev: string;
  readonly hash: string;
  /** What the hash of the line's bytes really is. */
  readonly computed: string;
}

const HEAD =
  /^\{"seq":([1-9][0-9]{0,15}),"at":"([0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:]{8}\.[0-9]{3}Z)","prev":"([0-9a-f]{64})","event":\{"/;
const FOOT = /^,"hash":"([0-9a-f]{64})"\}$/;
const FOOT_BYTES = 75;

/** Reads the chain's part of a line (without its newline); undefined when the line is not a record. */
export function readEnvelope(line: Buffer): Envelope | undefined {
  const end = line.length - FOOT_BYTES;
  if (end <= 0) return undefined;
  const head = HEAD.exec(line.toString('latin1', 0, Math.min(end, 160)));
  const foot = FOOT.exec(line.toString('latin1', end));
  if (head === null || foot === null) return undefined;
  const [, seq = '', at = '', prev = ''] = head;
  const computed = hash('sha256', line.subarray(0, end), 'hex');
  return { seq: Number(seq), at, prev, hash: foot[1] ?? '', computed };
}

/** Reads a whole record; undefined when the line is none. Does not check the chain. */
export function readRecord(line: Buffer): AuditRecord | undefined {
  return readEnvelope(line) === undefined ? undefined : parseRecord(line);
}

/** Parses a line whose layout {@link readEnvelope} has accepted; undefined when the event is not JSON. */
export function parseRecord(line: Buffer): AuditRecord | undefined {
  try {
    // The text was written by the log: its shape is that of a record.
    const record = JSON.parse(line.toString('utf8')) as AuditRecord;
    return typeof record.event.type === 'string' ? record : undefined;
  } catch {
    return undefined;
  }
}

/** The bytes that a checkpoint's signature is over. */
export function checkpointPayload(
  log: string,
  place: { readonly seq: number; readonly at: string; readonly prev: string },
  reason: CheckpointMark['reason'],
): Buffer {
  return Buffer.from(
    `sallyport-audit-checkpoint-v1\n${log}\n${place.seq}\n${place.at}\n${place.prev}\n${reason}\n`,
  );
}
