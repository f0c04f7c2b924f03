import type { ApprovalEvent } from '../event-feed.ts';
import { missingIn } from '../quorum.ts';

/** The body of a notice. Without `includeText` it holds names and the one-line summary, no statement and no values (P5). */
export function payload({ id, type, atMs, request }: ApprovalEvent, includeText: boolean): string {
  const { view, quorums, answers, requester } = request;
  const missing = missingIn(quorums, answers);
  return JSON.stringify({
    id,
    type: `approval.${type}`,
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
