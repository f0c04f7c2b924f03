import { join } from 'node:path';
import type { AuditEvent } from '../model/audit-event.ts';
import { type AuditFiles, writeAll } from './audit-files.ts';
import type { LogEnvironment } from './log-environment.ts';
import { type KnownGood, type LogTail, readLogTail } from './log-tail.ts';
import type { OpenWork } from './open-work.ts';
import { repairTail } from './repair-tail.ts';

const PROBE_BYTES = 64 * 1024;

/**
 * Makes the files whole after a failure: everything that was not written in full is cut, what was not synced is
 * written again, and the chain is read back and must end where this process knows it to.
 * @throws what the disk throws, or AuditError `ERR_AUDIT_BROKEN` when the chain is not what was written
 */
export async function recoverLog(env: LogEnvironment, good: KnownGood): Promise<LogTail> {
  const { layout, files, signer } = env;
  await probe(join(layout.auditFolder, 'probe.tmp'), files);
  const tail = await readLogTail(layout, signer, good);
  await repairTail(layout, files, tail);
  return tail;
}

/** A cheap answer to whether the disk takes bytes again, before a whole segment is read. */
async function probe(path: string, files: AuditFiles): Promise<void> {
  const fd = files.open(path, 'a', 0o600);
  try {
    writeAll(files, fd, Buffer.alloc(PROBE_BYTES));
    await files.sync(fd);
  } finally {
    files.close(fd);
    files.remove(path);
  }
}

/**
 * The events that end what callers were told is not recorded, although it is on file: it was written, but the sync
 * failed. Nothing was forwarded for it.
 */
export function refusedEndings(refused: readonly AuditEvent[], work: OpenWork): readonly AuditEvent[] {
  const reason = 'the record could not be synced, so nothing was forwarded';
  const endings: AuditEvent[] = [];
  for (const event of refused) {
    if (event.type === 'exchange.intent' && work.hasExchange(event.exchange)) {
      const { session, exchange } = event;
      endings.push({
        type: 'exchange.outcome',
        session,
        exchange,
        status: 'cancelled',
        result: { reason },
        durationMs: 0,
      });
    }
    if (event.type === 'session.opened') {
      const open = work.session(event.session);
      if (open !== undefined)
        endings.push({ type: 'session.closed', session: event.session, reason, ...open });
    }
  }
  return endings;
}
