/** What steps of requests look like on the audit trail: of the approval of an exchange, or of access for a time. Pure. */
import type { Approver } from '../model/approval.ts';
import type { AuditEvent } from '../model/audit-event.ts';
import type { Principal } from '../model/principal.ts';
import { windowOf } from './access/window-of.ts';
import type { Answer, ApprovalRequest } from './request.ts';

/** A request was made. */
export function requestedRecord(request: ApprovalRequest): AuditEvent {
  const { id, digest, requester, resource, account, quorums, policy, windowMs, access } = request;
  if (access !== undefined) {
    const { rules, only, durationMs, startMs, justification, breakGlass } = access;
    const asked = { durationMs, ...(startMs === undefined ? {} : { startMs }), justification, breakGlass };
    const named = { access: id, digest, requester, resource, account, only, ...asked };
    return {
      type: 'access.requested',
      ...named,
      rules: rules.map((rule) => rule.id),
      quorums,
      policy,
      windowMs,
    };
  }
  const { session, decision, target } = request;
  const { summary } = request.view;
  const named = { approval: id, digest, session, decision, requester, resource, account, target, summary };
  return { type: 'approval.requested', ...named, quorums, policy, windowMs };
}

/** Somebody answered; and where that was the last answer needed, something was granted. */
export function answeredRecords(
  next: ApprovalRequest,
  answer: Answer,
  { tokenDigest }: Pick<Principal, 'tokenDigest'>,
): readonly AuditEvent[] {
  const { id, digest } = next;
  const { verdict, by: approver, groups, comment } = answer;
  const said = { verdict, approver, tokenDigest, groups, ...(comment === undefined ? {} : { comment }) };
  const answered: AuditEvent =
    next.access === undefined
      ? { type: 'approval.answered', approval: id, digest, ...said }
      : { type: 'access.answered', access: id, digest, ...said };
  return next.status === 'approved' ? [answered, ...grantedRecords(next)] : [answered];
}

/** Something was granted. */
export function grantedRecords(next: ApprovalRequest): readonly AuditEvent[] {
  const { id, digest, grant, quorums, policy, expiresMs, access } = next;
  if (grant === undefined) return [];
  const approvers = next.answers.filter((one) => one.verdict === 'approve').map(({ by }) => by);
  if (access === undefined) {
    const rules = quorums.map(({ rule }) => rule);
    const granted = { approval: id, digest, grant, rules, approvers, policy, expiresAtMs: expiresMs };
    return [{ type: 'approval.granted', ...granted }];
  }
  const window = windowOf(next);
  if (window === undefined) return [];
  const due = access.review === undefined ? {} : { reviewDueMs: access.review.dueMs };
  return [{ type: 'access.granted', access: id, digest, window, approvers, policy, ...due }];
}

/** A request is over, and what it granted. */
export function closedRecord(
  { id, digest, grant, access }: ApprovalRequest,
  status: 'expired' | 'voided',
  { reason, by }: { readonly reason: string; readonly by?: Approver },
): AuditEvent {
  const base = { digest, ...(grant === undefined ? {} : { grant }) };
  const why = { reason, ...(by === undefined ? {} : { by }) };
  if (access !== undefined) {
    return status === 'expired'
      ? { type: 'access.ended', access: id, ...base }
      : { type: 'access.revoked', access: id, ...base, ...why };
  }
  return status === 'expired'
    ? { type: 'approval.expired', approval: id, ...base }
    : { type: 'approval.voided', approval: id, ...base, ...why };
}
