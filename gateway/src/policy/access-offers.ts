import type { AccessRequest } from '../model/access-request.ts';
import type { AccessOffer, AccessPolicy } from '../model/access-window.ts';
import type { CompiledPolicy } from './compile.ts';
import type { CompiledRule } from './compiled-rule.ts';

/** Who would be let in, where, and when that is looked at. */
export interface OfferScope extends Pick<AccessRequest, 'principal' | 'resource' | 'account'> {
  readonly nowMs: number;
}

/** The rules that people may open to a principal there, in policy order. Calendars count when the window is used. */
export function accessOffers(
  { rules }: Pick<CompiledPolicy, 'rules'>,
  scope: OfferScope,
): readonly AccessOffer[] {
  const { principal, resource, account, nowMs } = scope;
  const request: AccessRequest = {
    principal,
    resource,
    account,
    facts: { family: '', action: '', statements: [] },
    context: { nowMs, sessionId: '', sourceAddress: '', hints: {} },
  };
  return rules.flatMap((rule) =>
    rule.access !== undefined &&
    nowMs < rule.activeUntilMs &&
    rule.scope.every((condition) => condition.holds(request))
      ? [offerOf(rule, rule.access)]
      : [],
  );
}

/** The policy as access requests see it. */
export function accessPolicy({ rules, version }: Pick<CompiledPolicy, 'rules' | 'version'>): AccessPolicy {
  return {
    version,
    stands: ({ id, terms }) => rules.some((rule) => rule.id === id && rule.access?.terms === terms),
  };
}

function offerOf(
  { phrase, family, description }: CompiledRule,
  access: NonNullable<CompiledRule['access']>,
): AccessOffer {
  const { rule, terms, by, count, withinMs, upToMs, comment, breakGlass, dimensions } = access;
  return {
    rule,
    terms,
    phrase: phrase === '' ? family : phrase,
    ...(description === undefined ? {} : { description }),
    by,
    count,
    withinMs,
    upToMs,
    ...(comment === undefined ? {} : { comment }),
    ...(breakGlass === undefined ? {} : { breakGlass }),
    dimensions,
    unreadable: (only) => access.unreadable(only),
  };
}
