import type { ChainHead } from './record.ts';

/** What kind of manipulation or damage was found. */
export type FindingKind =
  /** A record is not the one that was written. */
  | 'changed'
  /** Records are missing between two others. */
  | 'removed'
  /** A record stands later than it was written. */
  | 'reordered'
  /** A record is there that was not written there. */
  | 'inserted'
  /** The end of the log is missing. */
  | 'cut'
  /** A line is no record. */
  | 'malformed'
  /** The last line is incomplete and no gateway is writing it. */
  | 'torn'
  /** A segment is missing or does not begin as it must. */
  | 'segment'
  /** A checkpoint was not signed by the key. */
  | 'signature'
  /** More records than there may be stand without a checkpoint. */
  | 'unsigned'
  /** `checkpoints.jsonl` and the segments disagree. */
  | 'checkpoint'
  /** The record that was kept elsewhere is another one here. */
  | 'anchor';

/** One thing that is wrong, and where. */
export interface Finding {
  readonly kind: FindingKind;
  /** Name of the file. */
  readonly file: string;
  /** Line in it, from 1. */
  readonly line: number;
  /** Sequence number of the record in question, where it is known. */
  readonly seq?: number;
  /** What was found and what was expected. */
  readonly message: string;
}

/** Result of `verifyAudit`. */
export interface AuditReport {
  readonly ok: boolean;
  readonly records: number;
  readonly segments: number;
  /** The last record. Kept elsewhere, it is the anchor of a later verification. */
  readonly head: ChainHead;
  /** Times of the first and the last record; empty when there is none. */
  readonly firstAt: string;
  readonly lastAt: string;
  /** Checkpoints whose signature is good. */
  readonly checkpoints: number;
  /** Record of the last good checkpoint: what stands before it is signed. */
  readonly signedTo: number;
  readonly keyId: string;
  /** A gateway is writing the log at this moment. */
  readonly live: boolean;
  /** The log ends in the checkpoint of an orderly stop. */
  readonly closed: boolean;
  /** In file order; at most {@link MAX_FINDINGS}. */
  readonly findings: readonly Finding[];
  /** Findings beyond those listed. */
  readonly furtherFindings: number;
  /** What the reader has to know to judge the result: what was not and cannot be checked. */
  readonly notes: readonly string[];
}

/** Most findings that a report lists. */
export const MAX_FINDINGS = 100;

/** Collects findings in bounded memory. */
export class Findings {
  readonly #list: Finding[] = [];
  #further = 0;

  /** Adds a finding, or counts it when the list is full. */
  add(finding: Finding): void {
    if (this.#list.length < MAX_FINDINGS) this.#list.push(finding);
    else this.#further += 1;
  }

  /** Findings so far, listed or not. */
  get count(): number {
    return this.#list.length + this.#further;
  }

  /** Those not listed. */
  get further(): number {
    return this.#further;
  }

  /** Sorted by place. */
  sorted(): readonly Finding[] {
    return [...this.#list].sort((a, b) => (a.file < b.file ? -1 : a.file > b.file ? 1 : a.line - b.line));
  }
}
