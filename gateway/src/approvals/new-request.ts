import { randomBytes } from 'node:crypto';
import type { ApprovalAsk, ApprovalGrounds, RowPreview } from '../model/approval.ts';
import { approvalsIn, groundsDigest } from './digest.ts';
import { quorumsOf } from './quorum.ts';
import type { ApprovalRequest } from './request.ts';
import { keptView } from './view.ts';

/** Makes the request that an ask opens. The shortest window of the obligations counts. */
export function newRequest(
  { binding, view, session, decision, before }: ApprovalAsk,
  digest: string,
  grounds: ApprovalGrounds,
  nowMs: number,
  rows?: RowPreview,
): ApprovalRequest {
  const { issuer, subject, agent, delegation, run, resource, protocol, account, target } = binding;
  const obligations = approvalsIn(grounds.obligations);
  const windowMs = Math.min(...obligations.map(({ withinMs }) => withinMs));
  return {
    id: newId('apr'),
    digest,
    grounds: groundsDigest(grounds),
    status: 'open',
    requester: { issuer, subject, agent, delegation, run },
    resource,
    protocol,
    account,
    target,
    view: keptView(view, { rows, before }),
    quorums: quorumsOf(obligations),
    policy: grounds.policy,
    session,
    decision,
    createdMs: nowMs,
    expiresMs: nowMs + windowMs,
    windowMs,
    remainingMs: windowMs,
    answers: [],
    version: 1,
  };
}

/** An id that nobody can guess: 144 random bits. */
export function newId(prefix: 'apr' | 'acc' | 'grt'): string {
  return `${prefix}_${randomBytes(18).toString('base64url')}`;
}
