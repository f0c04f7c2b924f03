import type { Checkpoint } from './checkpoint-file.ts';
import { type AuditError, auditError, brokenLog } from './errors.ts';
import { segmentName } from './layout.ts';
import type { Line } from './line-reader.ts';
import { OpenWork } from './open-work.ts';
import {
  type AuditRecord,
  type ChainHead,
  checkpointPayload,
  parseRecord,
  readEnvelope,
  type SegmentMark,
} from './record.ts';
import type { CheckpointSigner } from './signing-key.ts';

/** What the newest segment says of the end of the log. */
export interface ScannedTail {
  /** Number of the newest segment with a record in it; 0 for a log without any. */
  readonly segment: number;
  /** Id of the log; undefined for a log without any record. */
  readonly log: string | undefined;
  readonly head: ChainHead;
  /** Bytes of the newest segment that verify. */
  readonly size: number;
  /** Bytes of it that are surely on the device: up to the last checkpoint that has its second copy. */
  readonly syncedSize: number;
  /** Latest time of any record in milliseconds. */
  readonly latestMs: number;
  /** Sessions and exchanges without end. */
  readonly work: OpenWork;
  /** Sequence number of the last checkpoint; 0 for none. */
  readonly lastCheckpoint: number;
  /** Checkpoints of the newest segment. */
  readonly checkpoints: readonly Checkpoint[];
}

/** Follows the chain through the newest segment. */
export class TailScan {
  lines = 0;
  readonly #segment: number;
  readonly #signer: CheckpointSigner;
  readonly #checkpoints: Checkpoint[] = [];
  readonly #lastSigned: number;
  #head: ChainHead;
  #mark: SegmentMark | undefined;
  #work = new OpenWork();
  #latest = '';
  #size = 0;
  #syncedSize = 0;
  #record: AuditRecord | undefined;

  constructor(segment: number, signer: CheckpointSigner, before: ChainHead, lastSigned: number) {
    this.#lastSigned = lastSigned;
    this.#segment = segment;
    this.#signer = signer;
    this.#head = before;
  }

  /** The checkpoint whose copy was on the device before anything could be recorded in this segment. */
  get leastCopied(): number {
    const [first] = this.#checkpoints;
    // The first start copies its first checkpoint before it takes any event.
    if (this.#segment === 1 && first !== undefined && this.#head.seq > first.seq) return first.seq;
    return this.#mark?.lastCheckpoint ?? 0;
  }

  /** Why the line does not follow; undefined when it does. Remembers the record for {@link accept}. */
  problemOf(line: Line): AuditError | undefined {
    const place = `${segmentName(this.#segment)} line ${line.number} (byte ${line.offset})`;
    const seq = this.#head.seq + 1;
    const envelope = readEnvelope(line.bytes);
    const record = envelope === undefined ? undefined : parseRecord(line.bytes);
    if (envelope === undefined || record === undefined)
      return brokenLog(`${place} is not a record; record ${seq} was expected`);
    if (envelope.computed !== envelope.hash) return brokenLog(`${place}: record ${envelope.seq} was changed`);
    if (envelope.seq !== seq || envelope.prev !== this.#head.hash) {
      return brokenLog(
        `${place}: record ${envelope.seq} does not follow record ${this.#head.seq}; record ${seq} after ${this.#head.hash} was expected`,
      );
    }
    this.#record = record;
    return this.#mark === undefined
      ? this.#problemOfFirst(record, place)
      : this.#problemOfCheckpoint(record, place);
  }

  #problemOfFirst(record: AuditRecord, place: string): AuditError | undefined {
    const { event } = record;
    if (event.type !== 'audit.segment' || event.segment !== this.#segment) {
      return brokenLog(`${place}: the first record does not open segment ${this.#segment}`);
    }
    if (event.keyId === this.#signer.keyId) return undefined;
    return auditError(
      'ERR_AUDIT_KEY',
      `the log was signed with key ${event.keyId}, but the data folder holds key ${this.#signer.keyId}; restore that key, or move the audit folder away to begin a new log`,
    );
  }

  #problemOfCheckpoint(record: AuditRecord, place: string): AuditError | undefined {
    const { event } = record;
    if (event.type !== 'audit.checkpoint') return undefined;
    const payload = checkpointPayload(this.#mark?.log ?? '', record, event.reason);
    if (this.#signer.verify(payload, event.signature)) return undefined;
    return brokenLog(
      `${place}: the signature of checkpoint ${record.seq} is not that of key ${this.#signer.keyId}`,
    );
  }

  /** Takes the line in whose {@link problemOf} was just asked. */
  accept(line: Line): void {
    const record = this.#record;
    if (record === undefined) return;
    const { event } = record;
    if (event.type === 'audit.segment') {
      this.#mark = event;
      this.#work = new OpenWork(event.open);
      this.#latest = event.latest;
    }
    this.#work.apply(event, Date.parse(record.at));
    if (record.at > this.#latest) this.#latest = record.at;
    this.#head = { seq: record.seq, hash: record.hash };
    this.#size = line.offset + line.bytes.length + 1;
    this.lines += 1;
    if (event.type !== 'audit.checkpoint') return;
    this.#checkpoints.push({ seq: record.seq, line: `${line.bytes.toString('utf8')}\n` });
    if (record.seq <= this.#lastSigned) this.#syncedSize = this.#size;
  }

  result(): ScannedTail {
    return {
      segment: this.#segment,
      log: this.#mark?.log,
      head: this.#head,
      size: this.#size,
      syncedSize: this.#syncedSize,
      latestMs: Date.parse(this.#latest),
      work: this.#work,
      lastCheckpoint: this.#checkpoints.at(-1)?.seq ?? this.#mark?.lastCheckpoint ?? 0,
      checkpoints: this.#checkpoints,
    };
  }
}
