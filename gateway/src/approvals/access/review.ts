/** The review of what was opened in an emergency. */
import type { AuditEvent } from '../../model/audit-event.ts';
import type { Principal } from '../../model/principal.ts';
import { ApprovalError } from '../errors.ts';
import { quorumGroupsOf } from '../quorum.ts';
import type { ApprovalRequest } from '../request.ts';

/** The request with its review closed. @throws ApprovalError where there is none that is open */
export function withReview(
  request: ApprovalRequest,
  by: Principal,
  said: { readonly comment: string; readonly nowMs: number },
): { readonly next: ApprovalRequest; readonly record: AuditEvent } {
  const { id, digest, access } = request;
  if (access?.review === undefined) {
    throw new ApprovalError(
      'ERR_APPROVALS_CLOSED',
      'it was not opened in an emergency: there is nothing to review',
    );
  }
  if (access.review.closed !== undefined) {
    throw new ApprovalError('ERR_APPROVALS_CLOSED', 'the request is reviewed already');
  }
  const { issuer, subject, tokenDigest } = by;
  const { comment, nowMs } = said;
  const review = { ...access.review, closed: { by: { issuer, subject }, comment, atMs: nowMs } };
  const groups = quorumGroupsOf(by, request.quorums);
  return {
    next: { ...request, access: { ...access, review }, version: request.version + 1 },
    record: {
      type: 'access.reviewed',
      access: id,
      digest,
      by: { issuer, subject },
      tokenDigest,
      groups,
      comment,
    },
  };
}

/** The request with its review noted as overdue, where it is so now and was not noted; undefined otherwise. */
export function withOverdue(
  request: ApprovalRequest,
  nowMs: number,
): { readonly next: ApprovalRequest; readonly record: AuditEvent } | undefined {
  const { id, digest, access, requester, resource } = request;
  const review = access?.review;
  if (access === undefined || review === undefined) return undefined;
  if (review.closed !== undefined || review.isOverdue || nowMs < review.dueMs) return undefined;
  const next = { ...request, access: { ...access, review: { ...review, isOverdue: true } } };
  return {
    next: { ...next, version: request.version + 1 },
    record: { type: 'access.review-overdue', access: id, digest, requester, resource, dueMs: review.dueMs },
  };
}
