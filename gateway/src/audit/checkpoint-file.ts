import { type AuditFiles, writeAll } from './audit-files.ts';
import type { AuditLayout } from './layout.ts';
import { readLastLine } from './line-reader.ts';
import { readEnvelope } from './record.ts';

/**
 * `checkpoints.jsonl`: a second copy of every checkpoint record, byte for byte, written after the segment was
 * synced. A segment that ends before the last of them was cut.
 */
export class CheckpointFile {
  readonly #files: AuditFiles;
  readonly #fd: number;

  private constructor(files: AuditFiles, fd: number) {
    this.#files = files;
    this.#fd = fd;
  }

  /**
   * Opens the file for appending: cuts a torn last line, and adds what a crash kept from being copied.
   * @param recent checkpoint lines of the newest segment, newline included, oldest first
   */
  static open(layout: AuditLayout, files: AuditFiles, recent: readonly Checkpoint[]): CheckpointFile {
    const { last, completeBytes, bytes } = readLastLine(layout.checkpoints);
    if (bytes > completeBytes) files.truncate(layout.checkpoints, completeBytes);
    const lastSeq = last === undefined ? 0 : (readEnvelope(last)?.seq ?? 0);
    const file = new CheckpointFile(files, files.open(layout.checkpoints, 'a', 0o600));
    file.append(recent.filter((checkpoint) => checkpoint.seq > lastSeq).map((checkpoint) => checkpoint.line));
    return file;
  }

  /** Appends checkpoint lines, newline included. */
  append(lines: readonly string[]): void {
    if (lines.length > 0) writeAll(this.#files, this.#fd, Buffer.from(lines.join('')));
  }

  /** Puts the file on the device. */
  sync(): Promise<void> {
    return this.#files.sync(this.#fd);
  }

  /** Closes the file. */
  close(): void {
    this.#files.close(this.#fd);
  }
}

/** A checkpoint record as it stands in a segment. */
export interface Checkpoint {
  readonly seq: number;
  /** The line, newline included. */
  readonly line: string;
}

/** The sequence number of the last complete checkpoint on file; 0 when there is none. */
export function lastCheckpointSeq(layout: AuditLayout): number {
  const { last } = readLastLine(layout.checkpoints);
  return last === undefined ? 0 : (readEnvelope(last)?.seq ?? 0);
}
