/** What an approval is bound to, as digests. */
import type { ApprovalBinding, ApprovalGrounds } from '../model/approval.ts';
import type { ApprovalObligation, Obligation } from '../model/obligation.ts';
import { byUnits, type Canonical, canonicalDigest } from './canonical.ts';

/** SHA-256 over everything that makes a request this request; hex. */
export function bindingDigest(binding: ApprovalBinding): string {
  const { issuer, subject, agent, run, resource, protocol, account, target, text } = binding;
  return canonicalDigest('approval-binding-v1', {
    issuer,
    subject,
    agent,
    delegation: binding.delegation.map((actor) => ({ subject: actor.subject, issuer: actor.issuer })),
    run,
    resource,
    protocol,
    account,
    target,
    text,
    parameters: binding.parameters.map(({ type, value }) => ({ type, value })),
    settings: { ...binding.settings },
    objects: [...new Set(binding.objects)].toSorted(byUnits),
  });
}

/**
 * Tells whether two decisions oblige to the same: rules and obligations, in any order. How long a client waits is no
 * part of it, and neither is the policy's hash: a policy that changed elsewhere leaves approvals alone.
 */
export function groundsDigest(grounds: Pick<ApprovalGrounds, 'rules' | 'obligations'>): string {
  return canonicalDigest('approval-grounds-v1', {
    rules: [...new Set(grounds.rules)].toSorted(byUnits),
    obligations: grounds.obligations.map(obligationDigest).toSorted(byUnits),
  });
}

/** Those of the obligations that ask for approval. */
export function approvalsIn(obligations: readonly Obligation[]): readonly ApprovalObligation[] {
  return obligations.filter((obligation) => obligation.kind === 'approval');
}

function obligationDigest(obligation: Obligation): string {
  const meaning: Record<string, unknown> = { ...obligation };
  delete meaning['waitMs'];
  // Obligations are plain data of the policy.
  return canonicalDigest('obligation-v1', meaning as Canonical);
}
