import type { AccessRequest } from '../../model/access-request.ts';

/** Rule id of the bounds that the config sets for everybody. No policy file can use it: ids hold no parenthesis. */
export const GATEWAY_RULE = '(gateway)';

/**
 * What one rule's counters are kept by: issuer and subject, the run that the token proves (without one, the agent),
 * and the resource. Nothing that a client says of itself, and nothing that a new connection changes. The bounds of the
 * config count for the principal as a whole.
 */
export function usageKey({ principal, resource }: AccessRequest, rule: string): string {
  const { issuer, subject, run, agent } = principal;
  if (rule === GATEWAY_RULE) return JSON.stringify([rule, issuer, subject]);
  const who = run === undefined ? ['agent', agent ?? ''] : ['run', run];
  return JSON.stringify([rule, issuer, subject, ...who, resource.name]);
}

/** What open sessions are counted by. */
export function sessionOwner({ principal, resource }: AccessRequest): string {
  return JSON.stringify([principal.issuer, principal.subject, resource.name]);
}
