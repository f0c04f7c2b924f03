import { type AuditFiles, writeAll } from './audit-files.ts';
import { DeviceSync } from './device-sync.ts';
import { brokenLog } from './errors.ts';
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
  readonly #syncs = new DeviceSync();

  private constructor(files: AuditFiles, fd: number) {
    this.#files = files;
    this.#fd = fd;
  }

  /**
   * Opens the file for appending: cuts a torn last line, and adds what a crash kept from being copied.
   * @param recent checkpoint lines of the newest segment, newline included, oldest first
   */
  static open(layout: AuditLayout, files: AuditFiles, recent: readonly Checkpoint[]): CheckpointFile {
    const { lastSeq, soundBytes, bytes } = readCheckpointEnd(layout);
    if (bytes > soundBytes) files.truncate(layout.checkpoints, soundBytes);
    const file = new CheckpointFile(files, files.open(layout.checkpoints, 'a', 0o600));
    file.append(recent.filter((checkpoint) => checkpoint.seq > lastSeq).map((checkpoint) => checkpoint.line));
    return file;
  }

  /** Appends checkpoint lines, newline included. */
  append(lines: readonly string[]): void {
    if (lines.length > 0) writeAll(this.#files, this.#fd, Buffer.from(lines.join('')));
  }

  /** A sync has not come back yet: the file must not be closed. */
  get isSyncing(): boolean {
    return this.#syncs.isRunning;
  }

  /** Puts the file on the device; rejects when that fails or takes longer than `limitMs`. */
  sync(limitMs: number): Promise<void> {
    return this.#syncs.run(() => this.#files.sync(this.#fd), limitMs);
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

/** The end of the file of checkpoints. */
export interface CheckpointEnd {
  /** Sequence number of the last sound checkpoint; 0 when there is none. */
  readonly lastSeq: number;
  /** Bytes up to its end; what follows was torn by a crash. */
  readonly soundBytes: number;
  readonly bytes: number;
}

/**
 * Reads the end of the file.
 * @throws AuditError `ERR_AUDIT_BROKEN` when it ends in a line that no crash can have left
 */
export function readCheckpointEnd(layout: AuditLayout): CheckpointEnd {
  const { bytes } = readLastLine(layout.checkpoints);
  let limit = bytes;
  for (;;) {
    const { last, completeBytes } = readLastLine(layout.checkpoints, limit);
    if (last === undefined) return { lastSeq: 0, soundBytes: 0, bytes };
    const envelope = readEnvelope(last);
    if (envelope !== undefined && envelope.computed === envelope.hash) {
      return { lastSeq: envelope.seq, soundBytes: completeBytes, bytes };
    }
    // Blocks that were not written before a power cut read as NUL; anything else was done by hand.
    if (!last.includes(0)) {
      throw brokenLog(
        `the last line of checkpoints.jsonl (before byte ${completeBytes}) is no checkpoint: it was changed`,
      );
    }
    limit = completeBytes - last.length - 1;
  }
}
