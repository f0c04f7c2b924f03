import type { ApprovalEvent } from '../event-feed.ts';
import { missingIn } from '../quorum.ts';
import type { AskedAccess } from '../request.ts';

/** The body of a notice. Without `includeText` it holds names and the one-line summary, no statement and no values (P5). */
export function payload({ id, type, atMs, request }: ApprovalEvent, includeText: boolean): string {
  const { view, quorums, answers, requester } = request;
  const missing = missingIn(quorums, answers);
  return JSON.stringify({
    id,
    type: eventName({ type, request }),
    at: new Date(atMs).toISOString(),
    approval: {
      id: request.id,
      status: request.status,
      digest: request.digest,
      summary: view.summary,
      rows: view.rows,
      requester,
      resource: request.resource,
      account: request.account,
      target: request.target,
      quorums: quorums.map((quorum, index) => ({ ...quorum, missing: missing[index] })),
      answers: answers.map(({ by, verdict, atMs: answeredMs }) => ({
        by,
        verdict,
        at: new Date(answeredMs).toISOString(),
      })),
      createdAt: new Date(request.createdMs).toISOString(),
      expiresAt: new Date(request.expiresMs).toISOString(),
      policy: request.policy,
      session: request.session,
      decision: request.decision,
      ...(request.access === undefined ? {} : { access: accessOf(request.access) }),
      ...(includeText
        ? {
            text: view.text,
            textLength: view.textLength,
            parameters: view.parameters,
            furtherParameters: view.furtherParameters,
            effects: view.effects,
            before: view.before,
          }
        : {}),
    },
  });
}

/** `approval.granted`; of access for a time `access.granted`. */
export function eventName({ type, request }: Pick<ApprovalEvent, 'type' | 'request'>): string {
  return `${request.access === undefined ? 'approval' : 'access'}.${type}`;
}

function accessOf({ rules, only, durationMs, fromMs, untilMs, breakGlass, review }: AskedAccess): object {
  const iso = (ms: number): string => new Date(ms).toISOString();
  return {
    rules: rules.map(({ id }) => id),
    only,
    durationMs,
    breakGlass,
    ...(fromMs === undefined || untilMs === undefined ? {} : { from: iso(fromMs), until: iso(untilMs) }),
    ...(review === undefined
      ? {}
      : { reviewDue: iso(review.dueMs), isReviewed: review.closed !== undefined }),
  };
}
