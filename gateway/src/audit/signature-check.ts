import type { Findings } from './audit-report.ts';
import type { LinePlace } from './chain-check.ts';
import { type AuditRecord, checkpointPayload, type SegmentMark } from './record.ts';
import { type CheckpointVerifier, parseVerifier } from './signing-key.ts';

/** A change of segment after a crash puts up to this many records more between two checkpoints. */
const SLACK = 3;

/** Checks how segments begin, that checkpoints are signed, and that there are enough of them. */
export class SignatureCheck {
  readonly #findings: Findings;
  #verifier: CheckpointVerifier | undefined;
  #mark: SegmentMark | undefined;
  #sinceCheckpoint = 0;
  #isReported = false;
  #count = 0;
  #signedTo = 0;

  /** @param verifier the key to check with; without one the log's own statement of its key is taken */
  constructor(findings: Findings, verifier: CheckpointVerifier | undefined) {
    this.#findings = findings;
    this.#verifier = verifier;
  }

  /** Checkpoints whose signature is good. */
  get count(): number {
    return this.#count;
  }

  /** Record of the last good checkpoint. */
  get signedTo(): number {
    return this.#signedTo;
  }

  /** Id of the key that was checked with. */
  get keyId(): string {
    return this.#verifier?.keyId ?? '';
  }

  /** Whether the checkpoint was signed by the key for this log. */
  isSigned(record: AuditRecord): boolean {
    const { event } = record;
    if (event.type !== 'audit.checkpoint' || this.#verifier === undefined) return false;
    return this.#verifier.verify(
      checkpointPayload(this.#mark?.log ?? '', record, event.reason),
      event.signature,
    );
  }

  /** Checks a record of the chain whose own hash is right. @param segment number of the file it is in */
  check(record: AuditRecord, place: LinePlace, segment: number): void {
    if (place.line === 1) this.#begin(record, place, segment);
    else if (record.event.type === 'audit.segment')
      this.#add('segment', record, place, 'opens a segment in the middle of a file');
    if (place.line === 2 && record.event.type !== 'audit.checkpoint') {
      this.#add('unsigned', record, place, 'the beginning of the segment is not followed by a checkpoint');
    }
    this.#sinceCheckpoint += 1;
    if (record.event.type === 'audit.checkpoint') this.#checkpoint(record, place);
    const limit = (this.#mark?.checkpointEvery ?? Number.POSITIVE_INFINITY) + SLACK;
    if (this.#sinceCheckpoint > limit && !this.#isReported) {
      this.#isReported = true;
      this.#add(
        'unsigned',
        record,
        place,
        `no good checkpoint stands among the last ${this.#sinceCheckpoint} records; one in ${limit} was expected`,
      );
    }
  }

  #begin(record: AuditRecord, place: LinePlace, segment: number): void {
    const { event } = record;
    if (event.type !== 'audit.segment') {
      this.#add('segment', record, place, `does not open segment ${segment}, but is of type ${event.type}`);
      return;
    }
    if (event.segment !== segment)
      this.#add('segment', record, place, `opens segment ${event.segment}; segment ${segment} was expected`);
    if (this.#mark !== undefined && event.log !== this.#mark.log) {
      this.#add('segment', record, place, `belongs to log ${event.log}; log ${this.#mark.log} was expected`);
    }
    this.#verifier ??= parseVerifier(event.publicKey);
    if (event.keyId !== this.keyId)
      this.#add(
        'signature',
        record,
        place,
        `the segment names key ${event.keyId}; key ${this.keyId} was expected`,
      );
    this.#mark ??= event;
  }

  #checkpoint(record: AuditRecord, place: LinePlace): void {
    if (this.isSigned(record)) {
      this.#count += 1;
      this.#signedTo = record.seq;
      this.#sinceCheckpoint = 0;
      this.#isReported = false;
      return;
    }
    this.#add(
      'signature',
      record,
      place,
      `checkpoint ${record.seq} was not signed by key ${this.keyId}: records after ${this.#signedTo} may have been rewritten`,
    );
  }

  #add(
    kind: 'segment' | 'signature' | 'unsigned',
    record: AuditRecord,
    place: LinePlace,
    message: string,
  ): void {
    this.#findings.add({ kind, ...place, seq: record.seq, message });
  }
}
