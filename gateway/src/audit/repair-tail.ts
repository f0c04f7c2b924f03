import { closeSync, openSync, readSync } from 'node:fs';
import { type AuditFiles, writeAll } from './audit-files.ts';
import { type AuditLayout, segmentPath } from './layout.ts';
import type { LogTail } from './log-tail.ts';

const PIECE_BYTES = 1024 * 1024;

/**
 * Makes the disk what {@link readLogTail} found good: cuts the torn end, removes segments without a record, and
 * writes again every byte that was not synced for certain, then syncs.
 *
 * After a failed sync the kernel may hold pages as clean that never reached the device, so that a second sync
 * would report success for nothing. Writing the same bytes again makes them dirty again.
 */
export async function repairTail(layout: AuditLayout, files: AuditFiles, tail: LogTail): Promise<void> {
  for (const segment of tail.surplus) files.remove(segmentPath(layout, segment));
  if (tail.surplus.length > 0) await files.syncFolder(layout.auditFolder);
  if (tail.segment === 0) return;
  const path = segmentPath(layout, tail.segment);
  if (tail.torn !== undefined) files.truncate(path, tail.size);
  const fd = files.open(path, 'r+', 0o600);
  try {
    rewrite(files, path, fd, tail);
    await files.sync(fd);
  } finally {
    files.close(fd);
  }
}

function rewrite(files: AuditFiles, path: string, fd: number, tail: LogTail): void {
  const source = openSync(path, 'r');
  try {
    const piece = Buffer.allocUnsafe(PIECE_BYTES);
    for (let at = tail.syncedSize; at < tail.size; ) {
      const count = readSync(source, piece, 0, Math.min(PIECE_BYTES, tail.size - at), at);
      if (count === 0) throw new Error(`${path} became shorter while it was repaired`);
      writeAll(files, fd, piece.subarray(0, count), at);
      at += count;
    }
  } finally {
    closeSync(source);
  }
}
