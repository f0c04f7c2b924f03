/**
 * A process that asks for approvals whose notices its webhook does not take, and prints `asked <approval>` for each that was
 * acknowledged, until it is killed.
 */
import { writeSync } from 'node:fs';
import { join } from 'node:path';
import { approvalsSchema } from '../../src/approvals/config.ts';
import { openApprovals } from '../../src/approvals/open-approvals.ts';
import { approvalSchema } from '../../src/approvals/repository.ts';
import { openAuditLog } from '../../src/audit/open-audit-log.ts';
import { openStore } from '../../src/store/open-store.ts';
import { createLog } from '../../src/telemetry/log.ts';

const [, , folder = '', url = ''] = process.argv;
process.env['HOOK_SECRET'] = 's3cret-of-the-receiver-0123456789abcdef';
const wall = { nowMs: (): number => Date.now() };
const webhooks = [{ name: 'chat', url, secret: { env: 'HOOK_SECRET' } }];
const approvals = await openApprovals(approvalsSchema.parse({ webhooks, maxOpenPerPrincipal: 10_000 }), {
  store: openStore(join(folder, 'state.sqlite'), [approvalSchema]),
  audit: await openAuditLog({ folder, durability: 'synced', clock: wall }),
  clocks: { wall, steady: { nowMs: () => performance.now() } },
  log: createLog('error', (line) => process.stderr.write(line), wall.nowMs),
});

for (let n = 0; ; n += 1) {
  const text = `UPDATE t SET a = ${n} WHERE id = 1 -- ${process.pid}`;
  const asked = await approvals.desk.ask(
    {
      binding: {
        issuer: 'https://idp.example',
        subject: 'alice',
        delegation: [],
        resource: 'shop',
        protocol: 'postgres',
        account: 'app',
        target: 'shop',
        text,
        parameters: [],
        settings: {},
        objects: [],
      },
      grounds: () => ({
        rules: ['r'],
        obligations: [{ kind: 'approval', rule: 'r', by: ['dba'], count: 1, withinMs: 3_600_000 }],
        policy: { hash: 'h' },
      }),
      view: { summary: 'UPDATE on t', text, parameters: [] },
      session: 'ses_1',
      decision: 'dec_1',
    },
    { waitMs: 0 },
  );
  // Straight into the pipe: what the parent has read was acknowledged.
  if (asked.state === 'pending') writeSync(1, `asked ${asked.id}\n`);
}
