import type { AccessRequest } from '../../model/access-request.ts';
import type { Decision, PermitDecision, PolicyEngine } from '../../model/decision.ts';
import type { LimitsObligation } from '../../model/obligation.ts';
import { GATEWAY_RULE } from './usage-key.ts';

/** Bounds that hold whatever the policy says (P10); absent is none. */
export type GatewayLimits = Pick<LimitsObligation, 'rows' | 'bytes' | 'timeoutMs' | 'statementsPerMinute'>;

/**
 * A policy engine whose permits oblige to these bounds as well; the policy's own may only be smaller. Sessions are opened
 * without: they are bounded by `sessionsPerPrincipal`.
 */
export function withGatewayLimits(engine: PolicyEngine, bounds: GatewayLimits): PolicyEngine {
  if (Object.keys(bounds).length === 0) return engine;
  const limits: LimitsObligation = { kind: 'limits', rule: GATEWAY_RULE, ...bounds };
  // The engine answers the same question with the same object: so does this.
  const bounded = new WeakMap<PermitDecision, PermitDecision>();
  return {
    version: engine.version,
    decide(request: AccessRequest): Decision {
      const decision = engine.decide(request);
      if (decision.effect === 'deny' || request.facts.family === 'connect') return decision;
      const known = bounded.get(decision);
      if (known !== undefined) return known;
      const permit = { ...decision, obligations: [...decision.obligations, limits] };
      bounded.set(decision, permit);
      return permit;
    },
  };
}
