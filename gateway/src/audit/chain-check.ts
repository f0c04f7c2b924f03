/**
 * Follows the chain line by line and names what does not fit. After a finding it goes on from the record at hand,
 * so that one change is one finding and the rest of the log is still checked. Pure: lines in, findings out.
 */
import type { Finding, FindingKind, Findings } from './audit-report.ts';
import { type Envelope, GENESIS_HASH, readEnvelope } from './record.ts';

/** Where a line stands. */
export interface LinePlace {
  readonly file: string;
  readonly line: number;
}

/** Records that should have come and may still come later. */
interface Gap {
  from: number;
  to: number;
  readonly place: LinePlace;
}

/** Most gaps that are remembered; further ones are reported at once. */
const MAX_GAPS = 1000;

/** What a line is to the chain. */
export type LineVerdict =
  /** The next record of the chain; `sound` when its own bytes are right. */
  | { readonly kind: 'record'; readonly envelope: Envelope; readonly sound: boolean }
  /** Not part of the chain as it stands. */
  | { readonly kind: 'stray' };

const STRAY: LineVerdict = { kind: 'stray' };

/** The chain as far as it was read. */
export class ChainCheck {
  readonly #findings: Findings;
  readonly #gaps: Gap[] = [];
  #seq = 0;
  /** What the next record may name as its `prev`; two values after a record whose own hash is wrong. */
  #hashes: readonly string[] = [GENESIS_HASH];
  #place: LinePlace = { file: '', line: 0 };
  /** Lines since the last record that are none. */
  #malformed = 0;

  constructor(findings: Findings) {
    this.#findings = findings;
  }

  /** Sequence number and hash of the last record of the chain. */
  get head(): { readonly seq: number; readonly hash: string } {
    return { seq: this.#seq, hash: this.#hashes[0] ?? GENESIS_HASH };
  }

  /** Checks the next line. */
  check(line: Buffer, place: LinePlace): LineVerdict {
    const envelope = readEnvelope(line);
    const expected = this.#seq + 1;
    if (envelope === undefined) {
      this.#malformed += 1;
      this.#add(
        'malformed',
        place,
        expected,
        `is not a record; record ${expected} with prev ${this.head.hash} was expected`,
      );
      return STRAY;
    }
    if (envelope.computed !== envelope.hash) return this.#changed(envelope, place, expected);
    const follows = this.#hashes.includes(envelope.prev);
    if (envelope.seq === expected && follows) return this.#take(envelope, place);
    if (this.#malformed > 0 && envelope.seq > this.#seq && envelope.seq <= expected + this.#malformed) {
      return this.#take(envelope, place);
    }
    if (envelope.seq < expected) return this.#late(envelope, place, expected);
    if (envelope.seq > expected) this.#gap(envelope, place, expected);
    else this.#replaced(envelope);
    return this.#take(envelope, place);
  }

  /** No line follows: what is still missing was removed. */
  finish(): void {
    for (const gap of this.#gaps) this.#removed(gap);
    this.#gaps.length = 0;
  }

  #take(envelope: Envelope, place: LinePlace): LineVerdict {
    this.#seq = envelope.seq;
    this.#hashes = [envelope.hash];
    this.#place = place;
    this.#malformed = 0;
    return { kind: 'record', envelope, sound: true };
  }

  #changed(envelope: Envelope, place: LinePlace, expected: number): LineVerdict {
    this.#add(
      'changed',
      place,
      expected,
      `record ${expected} was changed: its hash says ${envelope.hash}, its bytes hash to ${envelope.computed}`,
    );
    this.#seq = expected;
    this.#hashes = [envelope.hash, envelope.computed];
    this.#place = place;
    this.#malformed = 0;
    return { kind: 'record', envelope, sound: false };
  }

  /** In sequence, but chained to another record than the one that stands before it. */
  #replaced(envelope: Envelope): void {
    this.#add(
      'changed',
      this.#place,
      this.#seq,
      `record ${this.#seq} was replaced: record ${envelope.seq} was chained to ${envelope.prev}, found ${this.head.hash}`,
    );
  }

  #late(envelope: Envelope, place: LinePlace, expected: number): LineVerdict {
    const { seq } = envelope;
    const gap = this.#gaps.find((candidate) => candidate.from <= seq && seq <= candidate.to);
    if (gap === undefined) {
      this.#add(
        'inserted',
        place,
        seq,
        `record ${seq} does not belong here; record ${expected} was expected`,
      );
      return STRAY;
    }
    this.#add(
      'reordered',
      place,
      seq,
      `record ${seq} stands after record ${this.#seq}; it was written before record ${gap.to + 1}`,
    );
    this.#fill(gap, seq);
    return STRAY;
  }

  #gap(envelope: Envelope, place: LinePlace, expected: number): void {
    const gap: Gap = { from: expected, to: envelope.seq - 1, place };
    if (this.#gaps.length < MAX_GAPS) this.#gaps.push(gap);
    else this.#removed(gap);
  }

  #fill(gap: Gap, seq: number): void {
    this.#gaps.splice(this.#gaps.indexOf(gap), 1);
    if (gap.from < seq) this.#gaps.push({ ...gap, to: seq - 1 });
    if (seq < gap.to) this.#gaps.push({ ...gap, from: seq + 1 });
  }

  #removed({ from, to, place }: Gap): void {
    const what = from === to ? `record ${from} is missing` : `records ${from} to ${to} are missing`;
    this.#add('removed', place, from, `${what}; record ${to + 1} stands here, record ${from} was expected`);
  }

  #add(kind: FindingKind, place: LinePlace, seq: number, message: string): void {
    const finding: Finding = { kind, ...place, seq, message };
    this.#findings.add(finding);
  }
}
