/**
 * A process that asks for access, opens and revokes it over and over, and prints what was acknowledged, until it is killed.
 * Lines: `opened <window> <end>`, `revoked <window>`.
 */
import { writeSync } from 'node:fs';
import { join } from 'node:path';
import { approvalsSchema } from '../../src/approvals/config.ts';
import { openApprovals } from '../../src/approvals/open-approvals.ts';
import { approvalSchema } from '../../src/approvals/repository.ts';
import { openAuditLog } from '../../src/audit/open-audit-log.ts';
import type { Principal } from '../../src/model/principal.ts';
import { openStore } from '../../src/store/open-store.ts';
import { createLog } from '../../src/telemetry/log.ts';

const [, , folder = '', round = ''] = process.argv;
const wall = { nowMs: (): number => Date.now() };
const audit = await openAuditLog({ folder, durability: 'synced', clock: wall });
const approvals = await openApprovals(
  { ...approvalsSchema.parse(undefined), maxOpenPerPrincipal: 10_000 },
  {
    store: openStore(join(folder, 'state.sqlite'), [approvalSchema]),
    audit,
    clocks: { wall, steady: { nowMs: () => performance.now() } },
    log: createLog('error', (line) => process.stderr.write(line), wall.nowMs),
  },
);

function somebody(subject: string, groups: readonly string[]): Principal {
  return {
    issuer: 'https://idp.example',
    subject,
    groups,
    delegation: [],
    tokenDigest: 'ab',
    expiresAtMs: Number.MAX_SAFE_INTEGER,
  };
}

const viewer = { principal: somebody('dora', ['dba']), isAdmin: false };
const offers = [
  {
    rule: 'repair',
    terms: '{}',
    phrase: 'all',
    by: ['dba'],
    count: 1,
    withinMs: 3_600_000,
    upToMs: 3_600_000,
    dimensions: [],
    unreadable: () => [],
  },
];

for (let n = 0; ; n += 1) {
  const { id, digest } = await approvals.access.ask({
    principal: somebody('alice', []),
    resource: 'shop',
    protocol: 'postgres',
    account: 'app',
    offers,
    policy: { hash: 'h' },
    only: {},
    durationMs: 3_600_000,
    justification: `${round} ${n}`,
    breakGlass: false,
  });
  const { request } = await approvals.inbox.answer(id, { verdict: 'approve', digest }, viewer);
  // Straight into the pipe: what the parent has read was acknowledged.
  writeSync(1, `opened ${request.grant} ${request.expiresMs}\n`);
  if (n % 2 === 1) continue;
  await approvals.inbox.cancel(id, viewer);
  writeSync(1, `revoked ${request.grant}\n`);
}
