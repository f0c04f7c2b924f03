import type { AccessRequest } from '../../model/access-request.ts';
import type { Decision, PermitDecision, PolicyEngine } from '../../model/decision.ts';
import type { LimitsObligation } from '../../model/obligation.ts';
import { GATEWAY_RULE } from './usage-key.ts';

/** Bounds that hold whatever the policy says (P10); absent is none. */
export interface GatewayLimits {
  readonly rows?: number | undefined;
  readonly bytes?: number | undefined;
  readonly timeoutMs?: number | undefined;
  readonly statementsPerMinute?: number | undefined;
}

/**
 * Makes what gives policy engines these bounds: their permits oblige to them as well, and the policy's own may only be
 * smaller. Sessions are opened without: they are bounded by `sessionsPerPrincipal`.
 */
export function createGatewayLimits({
  rows,
  bytes,
  timeoutMs,
  statementsPerMinute,
}: GatewayLimits): (engine: PolicyEngine) => PolicyEngine {
  const limits: LimitsObligation = {
    kind: 'limits',
    rule: GATEWAY_RULE,
    ...(rows === undefined ? {} : { rows }),
    ...(bytes === undefined ? {} : { bytes }),
    ...(timeoutMs === undefined ? {} : { timeoutMs }),
    ...(statementsPerMinute === undefined ? {} : { statementsPerMinute }),
  };
  if (Object.keys(limits).length === 2) return (engine) => engine;
  let last: { readonly engine: PolicyEngine; readonly bounded: PolicyEngine } | undefined;
  return (engine) => {
    if (last?.engine !== engine) last = { engine, bounded: bounded(engine, limits) };
    return last.bounded;
  };
}

function bounded(engine: PolicyEngine, limits: LimitsObligation): PolicyEngine {
  // The engine answers the same question with the same object: so does this.
  const permits = new WeakMap<PermitDecision, PermitDecision>();
  return {
    version: engine.version,
    masksFor: (request) => engine.masksFor(request),
    filtersFor: (request) => engine.filtersFor(request),
    decide(request: AccessRequest): Decision {
      const decision = engine.decide(request);
      if (decision.effect === 'deny' || request.facts.family === 'connect') return decision;
      const known = permits.get(decision);
      if (known !== undefined) return known;
      const permit = { ...decision, obligations: [...decision.obligations, limits] };
      permits.set(decision, permit);
      return permit;
    },
  };
}
