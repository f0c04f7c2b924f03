import { existsSync, statSync } from 'node:fs';
import { type AuditReport, Findings } from './audit-report.ts';
import { ChainCheck, type LinePlace } from './chain-check.ts';
import { type ChainCheckpoint, CheckpointCheck } from './checkpoint-check.ts';
import { isDataFolderLocked } from './data-folder-lock.ts';
import { auditError } from './errors.ts';
import { type AuditLayout, auditLayout, listSegments, segmentName, segmentPath } from './layout.ts';
import { type Line, linesOf, readChunks } from './line-reader.ts';
import { type ChainHead, parseRecord } from './record.ts';
import { SignatureCheck } from './signature-check.ts';
import { type CheckpointVerifier, readVerifier } from './signing-key.ts';

/** What to verify against. */
export interface VerifyOptions {
  /** Path of the public key, kept elsewhere; without it the copy in the data folder is used. */
  readonly publicKey?: string;
  /** A head that was kept elsewhere: the log must hold this record. */
  readonly anchor?: ChainHead;
}

/**
 * Verifies a whole log in bounded memory: finds changed, removed, reordered, inserted and cut records, bad
 * signatures, missing segments, and says where. May run while a gateway writes the log.
 *
 * What it cannot find without an anchor: a cut of everything after some checkpoint together with the end of
 * `checkpoints.jsonl`, and any rewrite by someone who has the signing key.
 * @param folder the data folder
 * @throws AuditError `ERR_AUDIT_UNREADABLE`, `ERR_AUDIT_KEY`: there is nothing to verify or nothing to verify with
 */
export async function verifyAudit(folder: string, options: VerifyOptions = {}): Promise<AuditReport> {
  const layout = auditLayout(folder);
  const hasCheckpoints = existsSync(layout.checkpoints);
  // Before the segments are listed: what the file holds now, the segments hold too.
  const checkpointBytes = hasCheckpoints ? statSync(layout.checkpoints).size : 0;
  const live = isDataFolderLocked(layout);
  const segments = listSegments(layout);
  if (segments.length === 0 && checkpointBytes === 0) {
    throw auditError(
      'ERR_AUDIT_UNREADABLE',
      `there is no audit log in ${layout.auditFolder}; name the gateway's data folder`,
    );
  }
  const keyFile = options.publicKey ?? (existsSync(layout.publicKey) ? layout.publicKey : undefined);
  const verifier = keyFile === undefined ? undefined : readVerifier(keyFile);
  const run = new Verification(layout, verifier, options.anchor, live);
  await run.read(segments, hasCheckpoints ? checkpointBytes : undefined);
  return run.report(segments.length, noteOnKey(options.publicKey, keyFile));
}

function noteOnKey(given: string | undefined, used: string | undefined): readonly string[] {
  if (given !== undefined) return [];
  const source =
    used === undefined ? 'the log itself, because the public key file is missing' : 'the data folder';
  return [
    `the key was taken from ${source}; whoever could write there could have replaced it: keep a copy elsewhere and pass it`,
  ];
}

class Verification {
  readonly #layout: AuditLayout;
  readonly #findings = new Findings();
  readonly #chain: ChainCheck;
  readonly #signatures: SignatureCheck;
  readonly #anchor: ChainHead | undefined;
  readonly #live: boolean;
  #isAnchorSeen = false;
  #records = 0;
  #firstAt = '';
  #lastAt = '';
  #closed = false;
  #end: LinePlace = { file: segmentName(1), line: 0 };

  constructor(
    layout: AuditLayout,
    verifier: CheckpointVerifier | undefined,
    anchor: ChainHead | undefined,
    live: boolean,
  ) {
    this.#layout = layout;
    this.#anchor = anchor;
    this.#live = live;
    this.#chain = new ChainCheck(this.#findings);
    this.#signatures = new SignatureCheck(this.#findings, verifier);
  }

  async read(segments: readonly number[], checkpointBytes: number | undefined): Promise<void> {
    const path = checkpointBytes === undefined ? undefined : this.#layout.checkpoints;
    const copies = new CheckpointCheck(this.#findings, path, checkpointBytes ?? 0, (record) =>
      this.#signatures.isSigned(record),
    );
    try {
      let expected = 1;
      for (const segment of segments) {
        this.#missing(expected, segment);
        expected = segment + 1;
        await this.#readSegment(segment, segment === segments.at(-1), copies);
      }
      this.#chain.finish();
      await copies.finish({ ...this.#end, seq: this.#chain.head.seq }, segments.at(-1) ?? 0);
      this.#checkAnchor();
    } finally {
      await copies.close();
    }
  }

  report(segments: number, notes: readonly string[]): AuditReport {
    const { head } = this.#chain;
    return {
      ok: this.#findings.count === 0,
      records: this.#records,
      segments,
      head,
      firstAt: this.#firstAt,
      lastAt: this.#lastAt,
      checkpoints: this.#signatures.count,
      signedTo: this.#signatures.signedTo,
      keyId: this.#signatures.keyId,
      live: this.#live,
      closed: this.#closed,
      findings: this.#findings.sorted(),
      furtherFindings: this.#findings.further,
      notes: [...notes, ...this.#notesOnEnd()],
    };
  }

  async #readSegment(segment: number, isNewest: boolean, copies: CheckpointCheck): Promise<void> {
    const file = segmentName(segment);
    let number = 0;
    for await (const chunk of readChunks(segmentPath(this.#layout, segment))) {
      const checkpoints: ChainCheckpoint[] = [];
      for (const line of linesOf(chunk, number + 1)) {
        if (line.torn) this.#torn(line, file, isNewest);
        else this.#line(line, { file, line: line.number }, segment, checkpoints);
        number = line.number;
      }
      for (const checkpoint of checkpoints) await copies.check(checkpoint);
    }
    // A file without a line is what a crash between making and filling it leaves; the next start removes it.
    if (number === 0 && !isNewest) {
      this.#findings.add({
        kind: 'segment',
        file,
        line: 1,
        message: 'the segment is empty, but another follows it',
      });
    }
  }

  #line(line: Line, place: LinePlace, segment: number, checkpoints: ChainCheckpoint[]): void {
    this.#records += 1;
    this.#end = place;
    const verdict = this.#chain.check(line.bytes, place);
    if (verdict.kind === 'stray') return;
    const { envelope } = verdict;
    if (this.#firstAt === '') this.#firstAt = envelope.at;
    this.#lastAt = envelope.at;
    this.#closed = false;
    this.#compareAnchor(envelope.seq, envelope.hash, place);
    if (!verdict.sound) return;
    const record = parseRecord(line.bytes);
    if (record === undefined) {
      this.#findings.add({
        kind: 'malformed',
        ...place,
        seq: envelope.seq,
        message: `record ${envelope.seq} does not hold an event`,
      });
      return;
    }
    this.#signatures.check(record, place, segment);
    if (record.event.type !== 'audit.checkpoint') return;
    checkpoints.push({ seq: envelope.seq, hash: envelope.hash, segment });
    this.#closed = record.event.reason === 'close';
  }

  #torn(line: Line, file: string, isNewest: boolean): void {
    if (this.#live && isNewest) return;
    const { seq } = this.#chain.head;
    const message = `${line.bytes.length} bytes after record ${seq} are no whole record: cut by hand, or torn by a crash (the next start of the gateway then removes them and records it)`;
    this.#findings.add({ kind: 'torn', file, line: line.number, seq: seq + 1, message });
  }

  #missing(expected: number, found: number): void {
    if (found === expected) return;
    const message =
      found - expected === 1
        ? `segment ${expected} is missing`
        : `segments ${expected} to ${found - 1} are missing`;
    this.#findings.add({ kind: 'segment', file: segmentName(expected), line: 1, message });
  }

  #compareAnchor(seq: number, hash: string, place: LinePlace): void {
    if (this.#anchor?.seq !== seq) return;
    this.#isAnchorSeen = true;
    if (hash === this.#anchor.hash) return;
    this.#findings.add({
      kind: 'anchor',
      ...place,
      seq,
      message: `record ${seq} has hash ${hash}; the anchor says ${this.#anchor.hash}`,
    });
  }

  #checkAnchor(): void {
    if (this.#anchor === undefined || this.#isAnchorSeen) return;
    const { seq } = this.#anchor;
    const message = `the log has no record ${seq}, which the anchor names; it ends at record ${this.#chain.head.seq}`;
    this.#findings.add({ kind: 'anchor', ...this.#end, seq, message });
  }

  #notesOnEnd(): readonly string[] {
    const { seq } = this.#chain.head;
    const notes: string[] = [];
    if (this.#live) notes.push(`a gateway is writing this log; it was read as far as record ${seq}`);
    else if (!this.#closed) {
      notes.push(
        'the log does not end in an orderly stop: the gateway died, or the end was cut after the last checkpoint; only an anchor kept elsewhere can tell',
      );
    }
    const unsigned = seq - this.#signatures.signedTo;
    if (unsigned > 0) notes.push(`the last ${unsigned} records are chained, but not yet signed`);
    return notes;
  }
}
