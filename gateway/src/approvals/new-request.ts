import { randomBytes } from 'node:crypto';
import type { ApprovalAsk, ApprovalGrounds } from '../model/approval.ts';
import type { ApprovalRequested } from '../model/audit-event.ts';
import { approvalsIn, groundsDigest } from './digest.ts';
import { quorumsOf } from './quorum.ts';
import type { ApprovalRequest } from './request.ts';
import { keptView } from './view.ts';

/** Makes the request that an ask opens. The shortest window of the obligations counts. */
export function newRequest(
  { binding, view, session, decision }: ApprovalAsk,
  digest: string,
  grounds: ApprovalGrounds,
  nowMs: number,
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
    view: keptView(view),
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

/** Its record. */
export function requestedEvent(request: ApprovalRequest): ApprovalRequested {
  const { id, digest, session, decision, requester, resource, account, target, quorums, policy, windowMs } =
    request;
  return {
    type: 'approval.requested',
    approval: id,
    digest,
    session,
    decision,
    requester,
    resource,
    account,
    target,
    summary: request.view.summary,
    quorums,
    policy,
    windowMs,
  };
}

/** An id that nobody can guess: 144 random bits. */
export function newId(prefix: 'apr' | 'grt'): string {
  return `${prefix}_${randomBytes(18).toString('base64url')}`;
}
