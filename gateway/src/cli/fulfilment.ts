import { denyUnfulfilled } from '../enforcement/deny-unfulfilled.ts';
import { unfulfilled } from '../enforcement/obligations/index.ts';
import { createLimitsFulfiller } from '../enforcement/obligations/limits.ts';
import { createMaskFulfiller } from '../enforcement/obligations/mask.ts';
import type { AccessRequest } from '../model/access-request.ts';
import type { Decision } from '../model/decision.ts';
import type { Obligation } from '../model/obligation.ts';
import { protocols } from '../protocols/index.ts';

/** Names of the protocols whose relay masks. */
const MASKING: ReadonlySet<string> = new Set(
  protocols.filter(({ fulfils }) => fulfils.masks).map(({ name }) => name),
);

/** Bounds on changed rows alone are asked about here. */
const LIMITS = createLimitsFulfiller({
  metered: new Set(protocols.map(({ name }) => name)),
  changes: new Map(
    protocols.flatMap(({ name, fulfils: { changes } }) =>
      changes === undefined ? [] : [[name, changes] as const],
    ),
  ),
});

/**
 * The decision that a client meets: a permit whose masks, or whose bound on changed rows, cannot be kept for what is asked is
 * a denial, as the gate has it. Approvals and the other limits depend on people and counters, and stay obligations.
 */
export function asFulfilled(decision: Decision, request: AccessRequest): Decision {
  if (decision.effect === 'deny') return decision;
  const asked = decision.obligations.filter(isToldByFacts);
  if (asked.length === 0) return decision;
  const missing = unfulfilled(asked, request, [createMaskFulfiller(MASKING), LIMITS]);
  return missing === undefined ? decision : denyUnfulfilled(decision, request, missing);
}

function isToldByFacts(obligation: Obligation): boolean {
  return (
    obligation.kind === 'mask' || (obligation.kind === 'limits' && obligation.affectedRows !== undefined)
  );
}
