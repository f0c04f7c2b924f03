import type { AccessRequest } from '../model/access-request.ts';
import type { Decision } from '../model/decision.ts';
import type { Facts } from '../model/facts.ts';
import type { Principal } from '../model/principal.ts';
import type { Resource } from '../model/resource.ts';
import type { CompiledRule } from './compiled-rule.ts';

interface Remembered {
  readonly principal: Principal;
  readonly resource: Resource;
  readonly account: string;
  readonly decision: Decision;
}

/**
 * Gives the last decision on the same facts again where the same asks (P7: deciding is pure, so it is the same). Only
 * for rules that look at nothing but principal, resource, account and facts: one rule with a calendar, an end or a
 * `when` that mentions `context` switches it off. Facts are told by identity: the reader of statements keeps them.
 */
export function withMemo(
  rules: readonly CompiledRule[],
  decide: (request: AccessRequest) => Decision,
): (request: AccessRequest) => Decision {
  if (rules.some(dependsOnContext)) return decide;
  const known = new WeakMap<Facts, Remembered>();
  return (request) => {
    if (!isObject(request) || !isObject(request.facts)) return decide(request);
    const { principal, resource, account, facts, context } = request;
    // Windows come and go with the time.
    if (context?.windows !== undefined) return decide(request);
    const last = known.get(facts);
    if (last?.principal === principal && last.resource === resource && last.account === account) {
      return last.decision;
    }
    const decision = decide(request);
    known.set(facts, { principal, resource, account, decision });
    return decision;
  };
}

function dependsOnContext(rule: CompiledRule): boolean {
  return (
    rule.time !== undefined ||
    rule.activeFromMs !== Number.NEGATIVE_INFINITY ||
    rule.activeUntilMs !== Number.POSITIVE_INFINITY ||
    rule.when?.source.includes('context') === true
  );
}

/** Facts come from protocols: what is no object cannot be remembered, and is denied by the decision itself. */
function isObject(value: unknown): boolean {
  return typeof value === 'object' && value !== null;
}
