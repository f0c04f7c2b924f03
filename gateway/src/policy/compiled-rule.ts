import type { Atom } from '../model/facts.ts';
import type { MaskObligation, Obligation } from '../model/obligation.ts';
import type { ColumnPatterns } from '../names/column-patterns.ts';
import { type AccessTerms, isOpened } from './access-terms.ts';
import type { CompiledDimension } from './dimension.ts';
import type { CompiledExpression } from './expression.ts';
import type { ScopeCondition } from './scope.ts';

/** A rule, a freeze or a preset's rule, ready to be evaluated. */
export interface CompiledRule {
  readonly id: string;
  readonly effect: 'allow' | 'deny';
  readonly family: string;
  readonly mode: 'enforce' | 'observe';
  /** Position in policy order: files by name, then rules as written; presets last. */
  readonly order: number;
  readonly source: { readonly path: string; readonly line: number };
  readonly description?: string;
  readonly preset?: string;
  /** Who and where: depends on principal, resource and account only. */
  readonly scope: readonly ScopeCondition[];
  /** The literal parts of the scope that an index may use; absent means any. */
  readonly groups?: readonly string[];
  readonly resourceNames?: readonly string[];
  readonly time?: ScopeCondition;
  /** Milliseconds since the epoch, inclusive; a freeze's beginning. */
  readonly activeFromMs: number;
  /** Milliseconds since the epoch, exclusive; an `expires:` or a freeze's end. */
  readonly activeUntilMs: number;
  readonly dimensions: readonly CompiledDimension[];
  /** Names of those dimensions that are no closed vocabulary: on what, not which operation. */
  readonly objects: readonly string[];
  /** Dimensions that an allow rule has to restrict, and that this one does not: it covers nothing with values in them. */
  readonly unnamed: readonly string[];
  readonly when?: { readonly source: string; readonly evaluate: CompiledExpression };
  readonly message?: string;
  readonly obligations: readonly Obligation[];
  /** The masks among them that name columns, of a rule that is enforced. */
  readonly masks: readonly { readonly obligation: MaskObligation; readonly columns: ColumnPatterns }[];
  /** Its row filters hold; an observed rule's do not. */
  readonly filters: boolean;
  /** The author vouches that the views and functions it names hand out nothing that a mask or a filter is for. */
  readonly vouches: boolean;
  /** It permits nothing but to whom people opened it. */
  readonly access?: AccessTerms;
  /** What an allow permits, in a few words: `SELECT on analytics.*`. */
  readonly phrase: string;
}

/** Says whether a rule has any effect at an instant: neither expired nor outside its window or calendar, nor closed. */
export function isActive(rule: CompiledRule, request: Parameters<ScopeCondition['holds']>[0]): boolean {
  return isInForce(rule, request) && (rule.access === undefined || isOpened(rule.access, request));
}

/** The same of a rule that people may open, opened or not. */
export function isInForce(rule: CompiledRule, request: Parameters<ScopeCondition['holds']>[0]): boolean {
  const now = request.context.nowMs;
  return (
    now >= rule.activeFromMs &&
    now < rule.activeUntilMs &&
    (rule.time === undefined || rule.time.holds(request))
  );
}

/** Says whether a rule matches an atom: an allow by covering it, a deny by hitting it (see {@link Atom}). */
export function matchesAtom(rule: CompiledRule, atom: Atom): boolean {
  return (
    namesObject(rule, atom) &&
    namesExplicit(rule, atom) &&
    rule.dimensions.every((dimension) => dimension.matches(atom))
  );
}

/**
 * Whether an allow rule may be about an atom that it does not cover: it would cover one of the objects that an ambiguous
 * name stands for, or one of the columns. It permits nothing then, but its obligations act.
 */
export function mayMatchAtom(rule: CompiledRule, atom: Atom): boolean {
  return namesObject(rule, atom) && rule.dimensions.every((dimension) => dimension.mayMatch(atom));
}

/**
 * False where an allow rule restricts objects and none of them is the atom's own: it would match by having nothing to
 * compare. A deny rule never matches without a value.
 */
export function namesObject({ effect, objects }: CompiledRule, { values, details }: Atom): boolean {
  return (
    effect === 'deny' ||
    objects.length === 0 ||
    objects.some((name) => (values[name]?.length ?? 0) > 0 && details?.includes(name) !== true)
  );
}

/** False where an atom has values in a dimension that allow rules have to restrict, and this one does not. */
export function namesExplicit({ unnamed }: CompiledRule, { values }: Atom): boolean {
  return unnamed.every((name) => (values[name]?.length ?? 0) === 0);
}
