import type { AccessRequest } from '../model/access-request.ts';
import type { DenyDecision, PolicyVersion } from '../model/decision.ts';
import type { Quarantine } from '../model/run-guard.ts';

/** What everything of a run that is stopped comes to. */
export function denyQuarantined(
  access: AccessRequest,
  { id, count, remainingMs }: Quarantine,
  policy: PolicyVersion,
): DenyDecision {
  return {
    effect: 'deny',
    cause: 'quarantine',
    rules: [],
    subject: access.facts.statements[0]?.summary ?? access.facts.action,
    message: `It sent what was denied ${count} times (finding ${id}). Send nothing more and tell whom you work for; an administrator can lift it`,
    retryAfterMs: remainingMs,
    alternatives: [],
    observed: [],
    policy,
  };
}
