/**
 * Turns events into the bytes of the next write: chain, checkpoints, first records of segments. Pure memory; what
 * becomes of the bytes is the business of `log-writer.ts`.
 */
import { randomUUID } from 'node:crypto';
import type { AuditEvent } from '../model/audit-event.ts';
import { Batch } from './batch.ts';
import type { Checkpoint } from './checkpoint-file.ts';
import { writeExchange } from './exchange-bytes.ts';
import type { LogTail } from './log-tail.ts';
import { OpenWork, unknownOutcome } from './open-work.ts';
import {
  type AuditMark,
  type ChainHead,
  type CheckpointMark,
  checkpointPayload,
  GENESIS_HASH,
  type SegmentMark,
} from './record.ts';
import { RecordEncoder } from './record-encoder.ts';
import { serialiseEvent } from './serialise-event.ts';
import type { CheckpointSigner } from './signing-key.ts';

/** Permitted exchanges that may be open at once; beyond, the oldest is ended as `unknown` (P10). */
const MAX_OPEN_EXCHANGES = 100_000;

/** Limits of a {@link ChainWriter}. */
export interface ChainLimits {
  readonly checkpointEvery: number;
  readonly recordBytes: number;
}

/** The memory side of the log. */
export class ChainWriter {
  readonly batch: Batch = new Batch();
  readonly #signer: CheckpointSigner;
  readonly #limits: ChainLimits;
  #encoder = new RecordEncoder({ seq: 0, hash: GENESIS_HASH }, Number.NEGATIVE_INFINITY);
  #work = new OpenWork();
  #log = '';
  #segment = 0;
  #segmentBytes = 0;
  #sinceCheckpoint = 0;
  #lastCheckpoint = 0;
  #checkpoints: Checkpoint[] = [];

  constructor(signer: CheckpointSigner, limits: ChainLimits) {
    this.#signer = signer;
    this.#limits = limits;
  }

  /** The record that was encoded last. */
  get head(): ChainHead {
    return this.#encoder.head;
  }

  /** Number of the segment that the next record belongs to. */
  get segment(): number {
    return this.#segment;
  }

  /** Bytes of the segment so far, those in the batch included. */
  get segmentBytes(): number {
    return this.#segmentBytes;
  }

  /** Records since the last checkpoint. */
  get sinceCheckpoint(): number {
    return this.#sinceCheckpoint;
  }

  /** What is open after the last record. */
  get work(): OpenWork {
    return this.#work;
  }

  /** Forgets the batch and goes on from the end of what is on file, in a new segment. */
  resume(tail: LogTail, reason: 'start' | 'recovery', atMs: number): void {
    this.batch.clear();
    this.#checkpoints = [];
    this.#encoder = new RecordEncoder(tail.head, tail.latestMs);
    this.#work = tail.work;
    this.#log = tail.log ?? randomUUID();
    this.#segment = tail.segment;
    this.#lastCheckpoint = tail.lastCheckpoint;
    this.openSegment(tail.segment === 0 ? 'first' : reason, atMs);
  }

  /** Forgets the batch after a failed write; {@link resume} must follow before anything else is put. */
  discard(): void {
    this.batch.clear();
    this.#checkpoints = [];
  }

  /** Begins the next segment: its first record and a checkpoint that signs it. */
  openSegment(reason: SegmentMark['reason'], atMs: number): void {
    this.#segment += 1;
    this.#segmentBytes = 0;
    const mark: SegmentMark = {
      type: 'audit.segment',
      format: 1,
      log: this.#log,
      segment: this.#segment,
      reason,
      keyId: this.#signer.keyId,
      publicKey: this.#signer.publicKey,
      checkpointEvery: this.#limits.checkpointEvery,
      lastCheckpoint: this.#lastCheckpoint,
      latest: this.#encoder.latest,
      open: this.#work.snapshot(),
    };
    // The list of what is open must not be left out, so the size limit of events does not hold for it.
    this.#encode(serialiseEvent(mark, Number.MAX_SAFE_INTEGER), atMs);
    this.checkpoint('segment', atMs);
  }

  /** The text of an event as {@link put} takes it. @throws AuditError `ERR_AUDIT_EVENT` */
  serialise(event: AuditEvent | AuditMark): string {
    return serialiseEvent(event, this.#limits.recordBytes);
  }

  /**
   * Encodes an event.
   * @param text from {@link serialise}; undefined: to be made here
   * @throws AuditError `ERR_AUDIT_EVENT`, only without a text; nothing has changed then
   */
  put(event: AuditEvent | AuditMark, text: string | undefined, atMs: number): void {
    if (text === undefined) this.#write(event, atMs);
    else this.#encode(text, atMs);
    this.#work.apply(event, atMs);
    if (this.#work.openExchanges > MAX_OPEN_EXCHANGES) this.#endOldest(atMs);
    if (this.#sinceCheckpoint >= this.#limits.checkpointEvery) this.checkpoint('records', atMs);
  }

  /** Encodes a signed checkpoint on all records so far. */
  checkpoint(reason: CheckpointMark['reason'], atMs: number): void {
    const place = this.#encoder.next(atMs);
    const signature = this.#signer.sign(checkpointPayload(this.#log, place, reason));
    const mark: CheckpointMark = { type: 'audit.checkpoint', reason, keyId: this.#signer.keyId, signature };
    const start = this.batch.length;
    this.#encode(this.serialise(mark), atMs);
    const line = Buffer.from(this.batch.view(start)).toString('utf8');
    this.#checkpoints.push({ seq: place.seq, line });
    this.#lastCheckpoint = place.seq;
    this.#sinceCheckpoint = 0;
  }

  /** The batch was written: forgets it and hands out the checkpoints that were in it. */
  written(): readonly Checkpoint[] {
    this.batch.clear();
    const checkpoints = this.#checkpoints;
    if (checkpoints.length > 0) this.#checkpoints = [];
    return checkpoints;
  }

  /** What every exchange brings is written where it is to stand, without a text of its own. */
  #write(event: AuditEvent | AuditMark, atMs: number): void {
    const { batch } = this;
    const start = batch.length;
    this.#encoder.open(batch, atMs);
    const eventStart = batch.length;
    if (writesExchange(event, batch) && batch.length - eventStart <= this.#limits.recordBytes) {
      this.#seal(start);
      return;
    }
    batch.cut(start);
    this.#encode(this.serialise(event), atMs);
  }

  #encode(text: string, atMs: number): void {
    const start = this.batch.length;
    this.#encoder.open(this.batch, atMs);
    this.batch.push(text);
    this.#seal(start);
  }

  #seal(start: number): void {
    const { batch } = this;
    this.#encoder.seal(batch, start);
    this.#segmentBytes += batch.length - start;
    this.#sinceCheckpoint += 1;
  }

  #endOldest(atMs: number): void {
    const oldest = this.#work.oldestExchange();
    if (oldest === undefined) return;
    const [exchange, { session, atMs: intentMs }] = oldest;
    const reason = `no outcome was reported and ${MAX_OPEN_EXCHANGES} newer exchanges are open`;
    const event = unknownOutcome(exchange, session, Math.max(0, atMs - intentMs), reason);
    this.#encode(this.serialise(event), atMs);
    this.#work.apply(event, atMs);
  }
}

/** False where the general way must tell, also of what is wrong with the event. */
function writesExchange(event: AuditEvent | AuditMark, out: Batch): boolean {
  try {
    return writeExchange(event, out);
  } catch {
    return false;
  }
}
