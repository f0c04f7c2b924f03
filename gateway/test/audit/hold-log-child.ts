/** A process that opens the audit log of a folder and holds it until it is killed, or says why it cannot. */
import { AuditError } from '../../src/audit/errors.ts';
import { openAuditLog } from '../../src/audit/open-audit-log.ts';

const [, , folder = ''] = process.argv;
try {
  const log = await openAuditLog({ folder, durability: 'synced', clock: { nowMs: () => Date.now() } });
  process.on('disconnect', () => void log.close());
  process.send?.('open');
} catch (error) {
  process.send?.(error instanceof AuditError ? error.code : String(error));
  process.disconnect();
}
