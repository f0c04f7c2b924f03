/** Approvals as the API tells them, each viewer what is theirs to know. */
import type { SeenRequest } from '../approvals/approvals-inbox.ts';
import { missingIn } from '../approvals/quorum.ts';
import type { ApiApproval, ApiApprovalDetail } from './contract/approval.ts';

/** Without statement and values: for lists and streams. */
export function toApproval({ request, remainingMs, cannotAnswer, isOnlyOwn }: SeenRequest): ApiApproval {
  const missing = missingIn(request.quorums, request.answers);
  return {
    id: request.id,
    status: request.status,
    summary: request.view.summary,
    resource: request.resource,
    protocol: request.protocol,
    account: request.account,
    target: request.target,
    requester: request.requester,
    quorums: request.quorums.map((quorum, index) => ({ ...quorum, missing: missing[index] ?? 0 })),
    ...(request.view.rows === undefined ? {} : { rows: request.view.rows }),
    answers: request.answers.map(({ by, verdict, comment, atMs }) => ({
      ...(isOnlyOwn ? {} : { by }),
      verdict,
      comment,
      at: time(atMs),
    })),
    digest: request.digest,
    createdAt: time(request.createdMs),
    expiresAt: time(request.expiresMs),
    remainingMs: Math.floor(remainingMs),
    ...(request.closedMs === undefined ? {} : { closedAt: time(request.closedMs) }),
    ...(request.reason === undefined ? {} : { reason: request.reason }),
    canAnswer: cannotAnswer === undefined,
    ...(cannotAnswer === undefined ? {} : { cannotAnswer }),
  };
}

/** All of it. */
export function toApprovalDetail(seen: SeenRequest): ApiApprovalDetail {
  const { view, policy, session, decision } = seen.request;
  const { text, textLength, parameters, furtherParameters, effects, before } = view;
  return {
    ...toApproval(seen),
    text,
    textLength,
    parameters,
    furtherParameters,
    effects: effects ?? [],
    before: (before ?? []).map(({ atMs, ...one }) => ({ ...one, at: time(atMs) })),
    policy,
    session,
    decision,
  };
}

function time(ms: number): string {
  return new Date(ms).toISOString();
}
