/** The plug point of obligations: one file a kind beside this one, listed by `main.ts`. */
import type { AccessRequest } from '../../model/access-request.ts';
import type { Obligation } from '../../model/obligation.ts';

/** Fulfils one kind of obligation. */
export interface ObligationFulfiller {
  readonly kind: Obligation['kind'];
  /** Whether this obligation can be fulfilled for this request; if not, the permit is void. */
  canFulfil(obligation: Obligation, access: AccessRequest): boolean;
}

/** The first obligation that nobody can fulfil. */
export function unfulfilled(
  obligations: readonly Obligation[],
  access: AccessRequest,
  fulfillers: readonly ObligationFulfiller[],
): Obligation | undefined {
  return obligations.find(
    (obligation) => !fulfillers.some((f) => f.kind === obligation.kind && f.canFulfil(obligation, access)),
  );
}
