import { denyUnfulfilled } from '../enforcement/deny-unfulfilled.ts';
import { unfulfilled } from '../enforcement/obligations/index.ts';
import { createMaskFulfiller } from '../enforcement/obligations/mask.ts';
import type { AccessRequest } from '../model/access-request.ts';
import type { Decision } from '../model/decision.ts';
import { protocols } from '../protocols/index.ts';

/** Names of the protocols whose relay masks. */
const MASKING: ReadonlySet<string> = new Set(
  protocols.filter(({ fulfils }) => fulfils.masks).map(({ name }) => name),
);

/**
 * The decision that a client meets: a permit whose masks cannot be kept for what is asked is a denial, as the gate has
 * it. Approvals and limits depend on people and counters, and stay obligations.
 */
export function afterMasks(decision: Decision, request: AccessRequest): Decision {
  if (decision.effect === 'deny') return decision;
  const masks = decision.obligations.filter(({ kind }) => kind === 'mask');
  if (masks.length === 0) return decision;
  const fulfiller = createMaskFulfiller(MASKING);
  const missing = unfulfilled(masks, request, [fulfiller]);
  return missing === undefined ? decision : denyUnfulfilled(decision, request, missing);
}
