import type { AccessRequest } from '../model/access-request.ts';
import type { Carrier, FieldUse } from '../model/facts.ts';
import type { MaskObligation, Obligation } from '../model/obligation.ts';
import { splitColumnName } from '../names/column-patterns.ts';
import type { CompiledRule } from './compiled-rule.ts';

/**
 * Masks reach through views and functions, whatever is done with what comes through them: where a request uses one that may carry a column, every allow rule in scope
 * that masks the column obliges, whether or not it covers anything, unless a covering rule vouches for the view or
 * function. A calendar or `when` of such a rule says when it permits, not when its masks hold.
 */
export function withReachingMasks(
  request: AccessRequest,
  rules: {
    readonly covering: readonly CompiledRule[];
    /** Those that may be about an atom; they oblige, and vouch for nothing. */
    readonly obliging: readonly CompiledRule[];
    readonly masking: readonly CompiledRule[];
  },
): readonly Obligation[] {
  const { covering, obliging, masking } = rules;
  const bound = obliging.length === 0 ? covering : [...new Set([...covering, ...obliging])];
  const own = bound.flatMap(({ obligations }) => obligations);
  const carried = carriedUses(request);
  if (carried.length === 0 || (masking.length === 0 && own.every(({ kind }) => kind !== 'mask'))) return own;
  const vouchers = covering.filter(({ vouches }) => vouches);
  const vouched = carried.filter((use) => vouchers.some((rule) => vouchesFor(rule, use)));
  const open = vouched.length === 0 ? carried : carried.filter((use) => !vouched.includes(use));
  const reaching = masking.filter((rule) => !bound.includes(rule) && isInForce(rule, request.context.nowMs));
  return vouchedBy([...own, ...masksFor(reaching, open, masking)], vouched);
}

const NONE: readonly FieldUse[] = [];

function carriedUses(request: AccessRequest): readonly FieldUse[] {
  let found: FieldUse[] | undefined;
  for (const { fields } of request.facts.statements) {
    for (const use of fields ?? NONE) {
      if (use.as !== 'carried' && use.by === undefined) continue;
      found ??= [];
      found.push(use);
    }
  }
  return found ?? NONE;
}

/** Whether a rule names, in the dimension of the view or function, all that it may be. */
function vouchesFor(rule: CompiledRule, { by }: FieldUse): boolean {
  if (by === undefined || by.isMade === true || by.names.length === 0) return false;
  const dimension = rule.dimensions.find(({ name }) => name === by.dimension);
  return dimension?.matches({ label: '', values: { [by.dimension]: by.names } }) === true;
}

function isInForce(rule: CompiledRule, nowMs: number): boolean {
  return nowMs >= rule.activeFromMs && nowMs < rule.activeUntilMs;
}

/** For the masking rules of a scope: which of their masks a use of a view or function meets. */
type Met = WeakMap<FieldUse, ReadonlySet<MaskObligation>>;

const known = new WeakMap<readonly CompiledRule[], Met>();

function masksFor(
  rules: readonly CompiledRule[],
  uses: readonly FieldUse[],
  scope: readonly CompiledRule[],
): readonly MaskObligation[] {
  const met = known.get(scope) ?? new WeakMap<FieldUse, ReadonlySet<MaskObligation>>();
  known.set(scope, met);
  const sets = uses.map((use) => {
    const masks = met.get(use) ?? masksMeeting(use, scope);
    met.set(use, masks);
    return masks;
  });
  return rules.flatMap(({ masks }) =>
    masks.flatMap(({ obligation }) => (sets.some((set) => set.has(obligation)) ? [obligation] : [])),
  );
}

function masksMeeting({ names }: FieldUse, scope: readonly CompiledRule[]): ReadonlySet<MaskObligation> {
  const met = new Set<MaskObligation>();
  for (const name of names) {
    const mayBe = splitColumnName(name);
    for (const { masks } of scope) {
      for (const { obligation, columns } of masks) if (columns.mayMatch(mayBe)) met.add(obligation);
    }
  }
  return met;
}

function vouchedBy(obligations: readonly Obligation[], uses: readonly FieldUse[]): readonly Obligation[] {
  if (uses.length === 0) return obligations;
  const vouched = uses.flatMap(({ by }): readonly Carrier[] => (by === undefined ? [] : [by]));
  return obligations.map((obligation) =>
    obligation.kind === 'mask' ? { ...obligation, vouched } : obligation,
  );
}
