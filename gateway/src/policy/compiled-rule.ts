import type { Atom } from '../model/facts.ts';
import type { MaskObligation, Obligation } from '../model/obligation.ts';
import type { ColumnPatterns } from '../names/column-patterns.ts';
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
  readonly when?: { readonly source: string; readonly evaluate: CompiledExpression };
  readonly message?: string;
  readonly obligations: readonly Obligation[];
  /** The masks among them that name columns, of a rule that is enforced. */
  readonly masks: readonly { readonly obligation: MaskObligation; readonly columns: ColumnPatterns }[];
  /** The author vouches that the views and functions it names hand out nothing that a mask is for. */
  readonly vouches: boolean;
  /** What an allow permits, in a few words: `SELECT on analytics.*`. */
  readonly phrase: string;
}

/** Says whether a rule has any effect at an instant: neither expired nor outside its window or calendar. */
export function isActive(rule: CompiledRule, request: Parameters<ScopeCondition['holds']>[0]): boolean {
  const now = request.context.nowMs;
  return (
    now >= rule.activeFromMs &&
    now < rule.activeUntilMs &&
    (rule.time === undefined || rule.time.holds(request))
  );
}

/** Says whether all dimensions of a rule match an atom: for an allow by covering it, for a deny by hitting it. */
export function matchesAtom(rule: CompiledRule, atom: Atom): boolean {
  return rule.dimensions.every((dimension) => dimension.matches(atom));
}
