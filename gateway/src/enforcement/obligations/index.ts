/** The plug point of obligations: one file a kind beside this one, listed by `main.ts`. */
import type { AccessRequest } from '../../model/access-request.ts';
import type { Obligation } from '../../model/obligation.ts';

/** Fulfils one kind of obligation. */
export interface ObligationFulfiller {
  readonly kind: Obligation['kind'];
  /**
   * Whether this obligation can be fulfilled for this request; if not, the permit is void. A text says why not, and
   * what to do instead: it is told to the agent, so it names nothing that the request does not name.
   */
  canFulfil(obligation: Obligation, access: AccessRequest): boolean | string;
}

/** An obligation that nobody can fulfil. */
export interface Unfulfilled {
  readonly rule: string;
  readonly kind: Obligation['kind'];
  /** For the agent. */
  readonly reason: string;
}

/** The first obligation that nobody can fulfil. */
export function unfulfilled(
  obligations: readonly Obligation[],
  access: AccessRequest,
  fulfillers: readonly ObligationFulfiller[],
): Unfulfilled | undefined {
  for (const obligation of obligations) {
    const { rule, kind } = obligation;
    let why: string | undefined;
    const isFulfilled = fulfillers.some((fulfiller) => {
      const answer = fulfiller.kind === kind && fulfiller.canFulfil(obligation, access);
      if (typeof answer === 'string') why ??= answer;
      return answer === true;
    });
    if (isFulfilled) continue;
    return {
      rule,
      kind,
      reason: why ?? `rule ${rule} asks for ${kind}, which this gateway cannot fulfil here`,
    };
  }
  return undefined;
}
