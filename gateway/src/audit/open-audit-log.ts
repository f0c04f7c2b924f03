import { mkdirSync } from 'node:fs';
import type { AuditEvent, Durability } from '../model/audit-event.ts';
import type { Clock } from '../model/clock.ts';
import { type AuditFiles, diskFiles } from './audit-files.ts';
import { type DataFolderLock, lockDataFolder } from './data-folder-lock.ts';
import { AuditError, auditError, causeText } from './errors.ts';
import { type AuditLayout, auditLayout, listSegments } from './layout.ts';
import { DEFAULT_LIMITS, type LogEnvironment, type LogLimits } from './log-environment.ts';
import { type LogTail, readLogTail } from './log-tail.ts';
import { type AuditLogFile, LogWriter } from './log-writer.ts';
import type { AuditMark } from './record.ts';
import { repairTail } from './repair-tail.ts';
import { exportPublicKey, loadSigningKey } from './signing-key.ts';

/** Why a session that the last process left open ended. */
export const GATEWAY_DIED = 'gateway died';

/** How to open the audit log. Limits not given are those of {@link DEFAULT_LIMITS}. */
export interface AuditLogOptions extends Partial<LogLimits> {
  /** The gateway's data folder; made when missing. The log is in `audit/` inside. */
  readonly folder: string;
  /** What `append` waits for when the call does not say. */
  readonly durability: Durability;
  readonly clock: Clock;
  /** Stands in for the disk in tests. */
  readonly files?: AuditFiles;
  /** Told once for each failure: from then on every append rejects until {@link onRecovery}. */
  readonly onFailure?: (error: AuditError) => void;
  /** Told when the log works again after a failure. */
  readonly onRecovery?: () => void;
}

/**
 * Opens the audit log for this process alone (P4): locks the folder, verifies the newest segment, cuts a torn end and
 * records that it did, ends what the last process left open, and begins a new segment.
 *
 * @throws AuditError `ERR_AUDIT_LOCKED`, `ERR_AUDIT_BROKEN` with the position, `ERR_AUDIT_KEY`,
 *   `ERR_AUDIT_UNREADABLE`, `ERR_AUDIT_UNWRITABLE`
 */
export async function openAuditLog(options: AuditLogOptions): Promise<AuditLogFile> {
  const layout = auditLayout(options.folder);
  makeFolder(layout);
  const lock = lockDataFolder(layout);
  try {
    return await openLocked(options, layout, lock);
  } catch (error) {
    lock.release();
    throw error;
  }
}

async function openLocked(
  options: AuditLogOptions,
  layout: AuditLayout,
  lock: DataFolderLock,
): Promise<AuditLogFile> {
  const files = options.files ?? diskFiles;
  const signer = loadSigningKey(layout, listSegments(layout).length > 0);
  const tail = await readLogTail(layout, signer);
  exportPublicKey(layout, signer.pem);
  await repairTail(layout, files, tail).catch((cause: unknown) => {
    throw cause instanceof AuditError
      ? cause
      : auditError(
          'ERR_AUDIT_UNWRITABLE',
          `cannot repair the end of the audit log: ${causeText(cause)}; free space or mend the disk`,
          cause,
        );
  });
  const env: LogEnvironment = {
    layout,
    files,
    signer,
    clock: options.clock,
    durability: options.durability,
    limits: limitsOf(options),
    onFailure: options.onFailure ?? (() => {}),
    onRecovery: options.onRecovery ?? (() => {}),
  };
  const writer = new LogWriter(env, lock);
  await writer.start(tail, [...repairs(tail), ...tail.work.endings(GATEWAY_DIED, tail.latestMs)]);
  return writer;
}

function repairs(tail: LogTail): readonly (AuditEvent | AuditMark)[] {
  return tail.torn === undefined ? [] : [{ type: 'audit.repaired', segment: tail.segment, ...tail.torn }];
}

function limitsOf(options: AuditLogOptions): LogLimits {
  return {
    segmentBytes: options.segmentBytes ?? DEFAULT_LIMITS.segmentBytes,
    checkpointEvery: options.checkpointEvery ?? DEFAULT_LIMITS.checkpointEvery,
    checkpointMs: options.checkpointMs ?? DEFAULT_LIMITS.checkpointMs,
    recordBytes: options.recordBytes ?? DEFAULT_LIMITS.recordBytes,
    pendingBytes: options.pendingBytes ?? DEFAULT_LIMITS.pendingBytes,
    heldCharacters: options.heldCharacters ?? DEFAULT_LIMITS.heldCharacters,
    stallMs: options.stallMs ?? DEFAULT_LIMITS.stallMs,
    recoverMs: options.recoverMs ?? DEFAULT_LIMITS.recoverMs,
  };
}

function makeFolder(layout: AuditLayout): void {
  try {
    mkdirSync(layout.auditFolder, { recursive: true, mode: 0o700 });
  } catch (cause) {
    throw auditError(
      'ERR_AUDIT_UNREADABLE',
      `cannot make ${layout.auditFolder}: ${causeText(cause)}; check the owner and mode of the data folder`,
      cause,
    );
  }
}
