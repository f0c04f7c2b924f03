import type { AccessRequest } from '../model/access-request.ts';
import type { DenyDecision, PermitDecision } from '../model/decision.ts';

/** What a permit becomes when one of its obligations cannot be fulfilled; the reason is told to the agent. */
export function denyUnfulfilled(
  permit: PermitDecision,
  access: AccessRequest,
  missing: { readonly rule: string; readonly reason: string },
): DenyDecision {
  return {
    effect: 'deny',
    cause: 'obligation',
    rules: [missing.rule],
    subject: access.facts.statements[0]?.summary ?? access.facts.action,
    message: missing.reason,
    alternatives: [],
    observed: permit.observed,
    policy: permit.policy,
  };
}
