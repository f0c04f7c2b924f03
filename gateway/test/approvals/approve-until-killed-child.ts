/**
 * A process that asks for approvals, approves and uses them over and over, and prints what was acknowledged, until it is
 * killed. Lines: `requested <approval>`, `approved <approval>`, `granted <grant>`.
 */
import { writeSync } from 'node:fs';
import { join } from 'node:path';
import { approvalsSchema } from '../../src/approvals/config.ts';
import { openApprovals } from '../../src/approvals/open-approvals.ts';
import { approvalSchema } from '../../src/approvals/repository.ts';
import { openAuditLog } from '../../src/audit/open-audit-log.ts';
import type { ApprovalAsk, ApprovalOutcome } from '../../src/model/approval.ts';
import { openStore } from '../../src/store/open-store.ts';
import { createLog } from '../../src/telemetry/log.ts';

const [, , folder = ''] = process.argv;
const wall = { nowMs: (): number => Date.now() };
const audit = await openAuditLog({ folder, durability: 'synced', clock: wall });
const approvals = await openApprovals(approvalsSchema.parse(undefined), {
  store: openStore(join(folder, 'state.sqlite'), [approvalSchema]),
  audit,
  clocks: { wall, steady: { nowMs: () => performance.now() } },
  log: createLog('error', (line) => process.stderr.write(line), wall.nowMs),
});
const principal = {
  issuer: 'https://idp.example',
  subject: 'dora',
  groups: ['dba'],
  delegation: [],
  tokenDigest: 'ab',
  expiresAtMs: 0,
};
const viewer = { principal, isAdmin: true };

/** Straight into the pipe: what the parent has read was acknowledged. */
function say(line: string): void {
  writeSync(1, `${line}\n`);
}

function askFor(text: string): ApprovalAsk {
  const obligations = [{ kind: 'approval', rule: 'r', by: ['dba'], count: 1, withinMs: 3_600_000 }] as const;
  return {
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
    grounds: () => ({ rules: ['r'], obligations, policy: { hash: 'h' } }),
    view: { summary: 'UPDATE on t', text, parameters: [] },
    session: 'ses_1',
    decision: 'dec_1',
  };
}

/** What somebody does who got a grant: forwarding stands for the line. */
function use(outcome: ApprovalOutcome): void {
  if (outcome.state === 'granted') say(`granted ${outcome.grant.id}`);
}

async function writer(name: string): Promise<never> {
  for (;;) {
    const ask = askFor(name);
    const first = await approvals.desk.ask(ask, { waitMs: 0 });
    use(first);
    if (first.state !== 'pending') continue;
    say(`requested ${first.id}`);
    const { request } = await approvals.inbox.show(first.id, viewer);
    await approvals.inbox.answer(first.id, { verdict: 'approve', digest: request.digest }, viewer);
    say(`approved ${first.id}`);
    const racing = await Promise.all([1, 2].map(() => approvals.desk.ask(ask, { waitMs: 0 })));
    for (const outcome of racing) use(outcome);
  }
}

await Promise.all(['a', 'b', 'c'].map(writer));
