/** A process that opens the audit log of a folder and holds it until it is killed. */
import { openAuditLog } from '../../src/audit/open-audit-log.ts';

const [, , folder = ''] = process.argv;
const log = await openAuditLog({ folder, durability: 'synced', clock: { nowMs: () => Date.now() } });
process.send?.('open');
process.on('disconnect', () => void log.close());
