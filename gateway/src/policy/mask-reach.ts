import type { AccessRequest } from '../model/access-request.ts';
import type { Carrier, FieldUse } from '../model/facts.ts';
import type { MaskObligation, Obligation } from '../model/obligation.ts';
import type { CompiledRule } from './compiled-rule.ts';

/**
 * Masks reach through views and functions: where a request uses one that may carry a column, every allow rule in scope
 * that masks the column obliges, whether or not it covers anything, unless a covering rule vouches for the view or
 * function. A calendar or `when` of such a rule says when it permits, not when its masks hold.
 */
export function withReachingMasks(
  request: AccessRequest,
  covering: readonly CompiledRule[],
  masking: readonly CompiledRule[],
): readonly Obligation[] {
  const own = covering.flatMap(({ obligations }) => obligations);
  const carried = carriedUses(request);
  if (carried.length === 0 || (masking.length === 0 && own.every(({ kind }) => kind !== 'mask'))) return own;
  const vouchers = covering.filter(({ vouches }) => vouches);
  const vouched = carried.filter((use) => vouchers.some((rule) => vouchesFor(rule, use)));
  const open = vouched.length === 0 ? carried : carried.filter((use) => !vouched.includes(use));
  const reaching = masking
    .filter((rule) => !covering.includes(rule) && isInForce(rule, request.context.nowMs))
    .flatMap((rule) => masksFor(rule, open));
  return vouchedBy([...own, ...reaching], vouched);
}

const NONE: readonly FieldUse[] = [];

function carriedUses(request: AccessRequest): readonly FieldUse[] {
  let found: FieldUse[] | undefined;
  for (const { fields } of request.facts.statements) {
    for (const use of fields ?? NONE) {
      if (use.as !== 'carried') continue;
      found ??= [];
      found.push(use);
    }
  }
  return found ?? NONE;
}

/** Whether a rule names, in the dimension of the view or function, all that it may be. */
function vouchesFor(rule: CompiledRule, { by }: FieldUse): boolean {
  if (by === undefined) return false;
  const dimension = rule.dimensions.find(({ name }) => name === by.dimension);
  return dimension?.matches({ label: '', values: { [by.dimension]: by.names } }) === true;
}

function isInForce(rule: CompiledRule, nowMs: number): boolean {
  return nowMs >= rule.activeFromMs && nowMs < rule.activeUntilMs;
}

function masksFor(rule: CompiledRule, uses: readonly FieldUse[]): readonly MaskObligation[] {
  return rule.masks
    .filter(({ columns }) => uses.some(({ names }) => names.some((name) => columns.mayMatch(name))))
    .map(({ obligation }) => obligation);
}

function vouchedBy(obligations: readonly Obligation[], uses: readonly FieldUse[]): readonly Obligation[] {
  if (uses.length === 0) return obligations;
  const vouched = uses.flatMap(({ by }): readonly Carrier[] => (by === undefined ? [] : [by]));
  return obligations.map((obligation) =>
    obligation.kind === 'mask' ? { ...obligation, vouched } : obligation,
  );
}
