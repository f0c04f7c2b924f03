import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import { auditError, causeText } from './errors.ts';
import type { AuditLayout } from './layout.ts';

/** SQLite's result code for a file that another connection holds. */
const SQLITE_BUSY = 5;
/** Longer than a reader's glance at the lock lasts. */
const WAIT_MS = 250;

/** Holds the data folder until released or until the process is gone. */
export interface DataFolderLock {
  release(): void;
}

/**
 * Takes the data folder for this process alone.
 *
 * Node has no file lock of its own; SQLite's exclusive transaction is one (fcntl on POSIX, LockFileEx on Windows).
 * The kernel drops it with the process, so kill -9 leaves nothing behind, and it holds between containers that
 * share a volume, where a process id says nothing. `gateway.pid` is only there for the message.
 * @throws AuditError `ERR_AUDIT_LOCKED` with the process that holds it, `ERR_AUDIT_UNREADABLE`
 */
export function lockDataFolder(layout: AuditLayout): DataFolderLock {
  const database = openLock(layout, { timeout: WAIT_MS });
  try {
    database.exec('BEGIN EXCLUSIVE');
  } catch (cause) {
    database.close();
    if (!isBusy(cause)) throw unusable(layout, cause);
    throw auditError(
      'ERR_AUDIT_LOCKED',
      `${layout.dataFolder} is in use by another gateway (${holderOf(layout)}); stop that one, or give this one its own data folder`,
      cause,
    );
  }
  try {
    writeFileSync(layout.holder, `${JSON.stringify({ pid: process.pid })}\n`, { mode: 0o644 });
  } catch (cause) {
    database.close();
    throw unusable(layout, cause);
  }
  let held = true;
  return {
    release: () => {
      if (held) database.close();
      held = false;
    },
  };
}

/** Whether a living process holds the data folder. Leaves no trace. */
export function isDataFolderLocked(layout: AuditLayout): boolean {
  if (!existsSync(layout.lock)) return false;
  const database = openLock(layout, { readOnly: true });
  try {
    database.prepare('SELECT count(*) FROM sqlite_schema').get();
    return false;
  } catch (cause) {
    if (isBusy(cause)) return true;
    throw unusable(layout, cause);
  } finally {
    database.close();
  }
}

function openLock(
  layout: AuditLayout,
  options: { readonly timeout?: number; readonly readOnly?: boolean },
): DatabaseSync {
  try {
    return new DatabaseSync(layout.lock, options);
  } catch (cause) {
    throw unusable(layout, cause);
  }
}

function isBusy(cause: unknown): boolean {
  return cause instanceof Error && 'errcode' in cause && cause.errcode === SQLITE_BUSY;
}

function unusable(layout: AuditLayout, cause: unknown): Error {
  return auditError(
    'ERR_AUDIT_UNREADABLE',
    `cannot use the lock ${layout.lock}: ${causeText(cause)}; check the folder's owner, mode and free space`,
    cause,
  );
}

function holderOf(layout: AuditLayout): string {
  try {
    const { pid } = JSON.parse(readFileSync(layout.holder, 'utf8')) as { pid: unknown };
    return `pid ${String(pid)}`;
  } catch {
    return 'pid unknown';
  }
}
