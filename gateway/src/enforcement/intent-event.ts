import type { ExchangeIntent } from '../model/audit-event.ts';
import type { ObservedVerdict } from '../model/decision.ts';
import type { Facts } from '../model/facts.ts';
import type { Obligation } from '../model/obligation.ts';
import { inferencesOf } from './obligations/inference.ts';
import type { Intent, Verdict } from './verdict.ts';

type Mutable<T> = { -readonly [Key in keyof T]: T[Key] };

/** The record of an intent. On the hot path: one object, no copies. */
export function intentEvent(intent: Intent): ExchangeIntent {
  const { verdict, access, request, summary } = intent;
  const { decision, id } = verdict;
  const session = access.context.sessionId;
  const event: Mutable<ExchangeIntent> = {
    type: 'exchange.intent',
    session,
    exchange: `${session}.${id.slice(id.lastIndexOf('_') + 1)}`,
    request,
    summary,
    effect: decision.effect,
    decision: id,
    rules: decision.rules,
    policy: decision.policy,
  };
  if (decision.effect === 'deny') event.cause = decision.cause;
  if (decision.effect === 'permit') {
    const inferred = recordedInferences(access.facts, decision.obligations);
    if (inferred.length > 0) event.inference = inferred;
  }
  if (verdict.grant !== undefined) event.grant = verdict.grant.id;
  if (decision.effect === 'permit' && decision.windows !== undefined) event.windows = decision.windows;
  const observed = observedVerdicts(verdict);
  if (observed.length > 0) event.observed = observed;
  return event;
}

function observedVerdicts({ decision, shadow }: Verdict): readonly ObservedVerdict[] {
  if (shadow === undefined) return decision.observed;
  return [...decision.observed, { rule: shadow.rules[0] ?? `(${shadow.cause})`, effect: 'deny' }];
}

function recordedInferences(
  facts: Facts,
  obligations: readonly Obligation[],
): NonNullable<ExchangeIntent['inference']> {
  // Nearly always: no rule wants it.
  if (!obligations.some((one) => one.kind === 'mask' && one.inference === 'audit')) return [];
  return inferencesOf(facts, obligations)
    .filter(({ inference }) => inference === 'audit')
    .map(({ columns, use, rule }) => ({ columns, use, rule }));
}
