import { hash } from 'node:crypto';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { intent, openLog, temporaryFolder } from './audit-fixture.ts';
import { FakeDisk } from './fake-disk.ts';

/** A log as lines, to be changed and written somewhere else. */
export interface EditableLog {
  /** Lines of each segment, without newlines. */
  readonly segments: string[][];
  /** Lines of checkpoints.jsonl. */
  checkpoints: string[];
  readonly publicKey: string;
}

/** Where a record stands: index of the segment and of the line in it. */
export interface Position {
  readonly segment: number;
  readonly line: number;
}

/** Makes a log of several segments and answers its data folder. */
export async function makeLog(records: number = 36): Promise<string> {
  const folder = temporaryFolder();
  const log = await openLog(folder, { files: new FakeDisk(), segmentBytes: 6000, checkpointEvery: 6 });
  for (let n = 1; n <= records; n += 1) await log.append([intent('ses_a', n, { effect: 'deny' })]);
  await log.close();
  return folder;
}

/** Reads a log for editing. */
export function readLog(folder: string): EditableLog {
  const segments: string[][] = [];
  for (let n = 1; ; n += 1) {
    try {
      segments.push(linesOf(join(folder, 'audit', `${String(n).padStart(8, '0')}.jsonl`)));
    } catch {
      const publicKey = readFileSync(join(folder, 'audit-signing.pub'), 'utf8');
      return { segments, checkpoints: linesOf(join(folder, 'audit', 'checkpoints.jsonl')), publicKey };
    }
  }
}

/** Writes an edited log into a new data folder. */
export function writeLog(log: EditableLog): string {
  const folder = temporaryFolder();
  mkdirSync(join(folder, 'audit'));
  writeFileSync(join(folder, 'audit-signing.pub'), log.publicKey);
  log.segments.forEach((lines, index) => {
    // An empty list stands for a segment that was removed.
    if (lines.length > 0)
      writeLines(join(folder, 'audit', `${String(index + 1).padStart(8, '0')}.jsonl`), lines);
  });
  if (log.checkpoints.length > 0) writeLines(join(folder, 'audit', 'checkpoints.jsonl'), log.checkpoints);
  return folder;
}

/** All positions of records, in order. */
export function positionsOf(log: EditableLog): readonly Position[] {
  return log.segments.flatMap((lines, segment) => lines.map((_, line) => ({ segment, line })));
}

/** The line at a position. */
export function lineAt(log: EditableLog, { segment, line }: Position): string {
  return log.segments[segment]?.[line] ?? '';
}

/** Puts another line there. */
export function setLine(log: EditableLog, { segment, line }: Position, text: string): void {
  log.segments[segment]?.splice(line, 1, text);
}

/** Sequence number of a line. */
export function seqOf(line: string): number {
  return Number(/^\{"seq":(\d+)/.exec(line)?.[1]);
}

/** The line with its hash made right again, as somebody would who knows the format. */
export function rehash(line: string): string {
  const body = line.slice(0, -75);
  return `${body},"hash":"${hash('sha256', body, 'hex')}"}`;
}

/** Makes the whole chain right again from a position on: all that is possible without the signing key. */
export function rechain(log: EditableLog, from: number): void {
  let prev: string | undefined;
  let seq = 0;
  positionsOf(log).forEach((position, index) => {
    let line = lineAt(log, position);
    if (index >= from && prev !== undefined) {
      line = line
        .replace(/^\{"seq":\d+/, `{"seq":${seq + 1}`)
        .replace(/"prev":"[0-9a-f]{64}"/, `"prev":"${prev}"`);
      line = rehash(line);
      setLine(log, position, line);
    }
    seq = seqOf(line);
    prev = line.slice(-66, -2);
  });
}

function linesOf(path: string): string[] {
  return readFileSync(path, 'utf8').trimEnd().split('\n');
}

function writeLines(path: string, lines: readonly string[]): void {
  writeFileSync(path, `${lines.join('\n')}\n`);
}
