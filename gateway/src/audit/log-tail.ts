/**
 * Reads the end of the log at start and after a failure: the newest segment and the last record before it, no
 * more, whatever the size of the log. What it cannot verify it refuses; it changes nothing itself.
 */
import { createHash } from 'node:crypto';
import { createReadStream, statSync } from 'node:fs';
import { readCheckpointEnd } from './checkpoint-file.ts';
import { type AuditError, brokenLog } from './errors.ts';
import { type AuditLayout, listSegments, segmentName, segmentPath } from './layout.ts';
import { linesOf, readChunks, readLastLine } from './line-reader.ts';
import { OpenWork } from './open-work.ts';
import { type ChainHead, GENESIS_HASH, readEnvelope } from './record.ts';
import type { CheckpointSigner } from './signing-key.ts';
import { type ScannedTail, TailScan } from './tail-scan.ts';

/** The end of a log. */
export interface LogTail extends ScannedTail {
  /** What has to be cut off the newest segment. */
  readonly torn: TornEnd | undefined;
  /** Segments after the newest that hold nothing acknowledged and have to be removed. */
  readonly surplus: readonly number[];
}

/** An end that a crash left incomplete. */
export interface TornEnd {
  readonly line: number;
  readonly bytes: number;
  readonly sha256: string;
}

/** How far this process itself knows the log to be good. */
export interface KnownGood {
  /** Highest segment that this process has made, recorded in or not. */
  readonly made: number;
  readonly segment: number;
  readonly size: number;
  readonly head: ChainHead;
}

/**
 * Reads and verifies the end of the log.
 * @param known after a failure of this process: everything beyond is cut, and the chain must end there
 * @throws AuditError `ERR_AUDIT_BROKEN` with the position, `ERR_AUDIT_KEY`, `ERR_AUDIT_UNREADABLE`
 */
export async function readLogTail(
  layout: AuditLayout,
  signer: CheckpointSigner,
  known?: KnownGood,
): Promise<LogTail> {
  const segments = [...listSegments(layout)];
  const lastSigned = readCheckpointEnd(layout).lastSeq;
  const surplus: number[] = [];
  for (let newest = segments.pop(); newest !== undefined; newest = segments.pop()) {
    if (known !== undefined && newest > known.made) {
      throw brokenLog(`${segmentName(newest)} was not made by this gateway: another one writes the same log`);
    }
    if (known === undefined || newest <= known.segment) {
      const scan = new TailScan(newest, signer, headBefore(layout, newest), lastSigned);
      const tornAt = await scanSegment(segmentPath(layout, newest), scan, known?.size);
      if (scan.lines > 0) {
        checkEnd(scan, lastSigned, known);
        const tail = scan.result();
        const torn = await describeTorn(segmentPath(layout, newest), tail.size, tornAt);
        return { ...tail, torn, surplus };
      }
    }
    // Made, but without a first record: a crash or failure came between.
    surplus.push(newest);
  }
  if (lastSigned > 0) throw cutOff('the log has no record', lastSigned);
  return { ...EMPTY_TAIL, work: new OpenWork(), surplus };
}

const EMPTY_TAIL: Omit<LogTail, 'work' | 'surplus'> = {
  segment: 0,
  log: undefined,
  head: { seq: 0, hash: GENESIS_HASH },
  size: 0,
  syncedSize: 0,
  latestMs: Number.NEGATIVE_INFINITY,
  lastCheckpoint: 0,
  checkpoints: [],
  torn: undefined,
};

function checkEnd(scan: TailScan, lastSigned: number, known: KnownGood | undefined): void {
  const { head, segment } = scan.result();
  const name = segmentName(segment);
  if (known !== undefined && (head.seq !== known.head.seq || head.hash !== known.head.hash)) {
    throw brokenLog(`${name} no longer ends in record ${known.head.seq}, which was written to it`);
  }
  if (lastSigned < scan.leastCopied) {
    throw brokenLog(
      `checkpoints.jsonl ends at record ${lastSigned}, but checkpoint ${scan.leastCopied} had been copied to it: it was cut`,
    );
  }
  if (lastSigned > head.seq)
    throw cutOff(`${name} ends at record ${head.seq}, line ${scan.lines}`, lastSigned);
}

function headBefore(layout: AuditLayout, segment: number): ChainHead {
  if (segment === 1) return { seq: 0, hash: GENESIS_HASH };
  const { last, completeBytes, bytes } = readLastLine(segmentPath(layout, segment - 1));
  const name = segmentName(segment - 1);
  if (last === undefined)
    throw brokenLog(`${name} is missing or empty, but ${segmentName(segment)} follows it`);
  if (completeBytes < bytes)
    throw brokenLog(`${name} ends in an incomplete record, but ${segmentName(segment)} follows it`);
  const envelope = readEnvelope(last);
  if (envelope === undefined || envelope.hash !== envelope.computed)
    throw brokenLog(`the last record of ${name} was changed`);
  return { seq: envelope.seq, hash: envelope.hash };
}

async function scanSegment(
  path: string,
  scan: TailScan,
  limit: number | undefined,
): Promise<number | undefined> {
  for await (const chunk of readChunks(path, limit)) {
    for (const line of linesOf(chunk, scan.lines + 1)) {
      if (line.torn) return line.number;
      const problem = scan.problemOf(line);
      if (problem !== undefined) {
        // A record never holds a NUL byte; blocks that were not written before a power cut read as such.
        if (line.bytes.includes(0)) return line.number;
        throw problem;
      }
      scan.accept(line);
    }
  }
  return undefined;
}

async function describeTorn(
  path: string,
  size: number,
  line: number | undefined,
): Promise<TornEnd | undefined> {
  const bytes = statSync(path).size - size;
  if (bytes <= 0) return undefined;
  const digest = createHash('sha256');
  for await (const part of createReadStream(path, { start: size })) digest.update(part as Buffer);
  return { line: line ?? 0, bytes, sha256: digest.digest('hex') };
}

function cutOff(found: string, lastSigned: number): AuditError {
  return brokenLog(
    `${found}, but a signed checkpoint of record ${lastSigned} is on file: the end of the log was cut off`,
  );
}
