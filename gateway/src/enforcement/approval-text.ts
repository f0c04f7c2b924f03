/** What an agent's model reads when people have to agree, or did not (design: Denial and approval contract). */
import type { DenyDecision } from '../model/decision.ts';
import { seconds } from './limits/spoken.ts';

/** The parts of the line, most important first. */
export interface ApprovalWords {
  readonly head: string;
  readonly advice: string;
  readonly guidance: string;
}

/** Longest comment of an approver that is told, in characters. */
const MAX_COMMENT = 160;

/** Words a refusal whose cause is an approval; undefined for other refusals. */
export function approvalWords(
  id: string,
  { subject, noun }: { readonly subject: string; readonly noun: string },
  denied: DenyDecision,
): ApprovalWords | undefined {
  const { approval } = denied;
  if (denied.cause !== 'approval' || approval === undefined) return undefined;
  const rule = denied.rules.slice(0, 3).join(', ');
  switch (approval.state) {
    case 'pending':
      return {
        head: `APPROVAL_PENDING [${approval.id}] ${subject}: rule ${rule} asks people first, and they were asked.`,
        advice: ' Nothing was done.',
        guidance: ` Run exactly the same ${noun} again once it is approved, within ${seconds(approval.remainingMs)}; changed in any way it needs another approval. Do other work meanwhile.`,
      };
    case 'denied':
      return {
        head: `POLICY_DENIED [${id}] ${subject}: refused by an approver [${approval.id}].`,
        advice:
          approval.comment === undefined ? '' : ` They said: ${approval.comment.slice(0, MAX_COMMENT)}.`,
        guidance: ` Do not retry this ${noun}.`,
      };
    case 'expired':
      return {
        head: `POLICY_DENIED [${id}] ${subject}: nobody answered in time [${approval.id}].`,
        advice: ' Nothing was done.',
        guidance: ' Run it again to ask again.',
      };
    case 'voided':
      return {
        head: `POLICY_DENIED [${id}] ${subject}: its approval counts no more${approval.id === undefined ? '' : ` [${approval.id}]`}.`,
        advice: ` ${approval.reason}.`,
        guidance: ' Run it again to ask again.',
      };
  }
}
