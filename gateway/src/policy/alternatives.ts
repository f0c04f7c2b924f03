import type { AccessRequest } from '../model/access-request.ts';
import type { Atom } from '../model/facts.ts';
import { type CompiledRule, isActive } from './compiled-rule.ts';

const MAX_ALTERNATIVES = 3;

/**
 * Says what a principal may do instead of what was refused: phrases of the enforced allow rules that apply to it here and
 * now, those nearest to the refused atom first. Rules of presets are left out: they permit what drivers send.
 */
export function alternativesFor(
  scoped: readonly CompiledRule[],
  request: AccessRequest,
  refused: Atom | undefined,
): readonly string[] {
  const offered = scoped.filter(
    (rule) =>
      rule.effect === 'allow' &&
      rule.mode === 'enforce' &&
      rule.preset === undefined &&
      rule.phrase !== '' &&
      isActive(rule, request),
  );
  const ranked = offered.map((rule) => ({ rule, near: refused === undefined ? 0 : nearness(rule, refused) }));
  ranked.sort((left, right) => right.near - left.near || left.rule.order - right.rule.order);
  return [...new Set(ranked.map(({ rule }) => rule.phrase))].slice(0, MAX_ALTERNATIVES);
}

/** In how many dimensions a rule fits what was refused; one without values fits nothing. */
function nearness(rule: CompiledRule, refused: Atom): number {
  return rule.dimensions.filter(
    (dimension) => (refused.values[dimension.name]?.length ?? 0) > 0 && dimension.matches(refused),
  ).length;
}
