import type { AccessRequest } from '../model/access-request.ts';
import type { Decision } from '../model/decision.ts';
import type { Atom, StatementFacts } from '../model/facts.ts';
import { isOpened, windowFor } from './access-terms.ts';
import type { CompiledPolicy } from './compile.ts';
import { type CompiledRule, matchesAtom, namesObject } from './compiled-rule.ts';
import { createVariables } from './expression-variables.ts';

/** What came of one rule for a request. */
export type RuleOutcome =
  /** A deny rule that hits at least one atom. */
  | 'hits'
  /** An allow rule that covers every atom. */
  | 'covers'
  /** An allow rule that covers some atoms. */
  | 'covers-part'
  /** The rule's `when` failed; the request is denied if the rule is enforced. */
  | 'fails'
  /** The rule does not apply. */
  | 'no-match';

/** One rule's part in a decision, with each reason why it does not apply or not fully. */
export interface RuleExplanation {
  readonly rule: string;
  readonly effect: 'allow' | 'deny';
  readonly mode: 'enforce' | 'observe';
  readonly outcome: RuleOutcome;
  /** Where the rule stands: `file:line`. */
  readonly source: string;
  readonly reasons: readonly string[];
}

/** A decision, and for every rule of the family whether and why (not) it matched. */
export interface Explanation {
  readonly decision: Decision;
  /** What was judged: one phrase an atom, and what is opaque. */
  readonly asked: readonly string[];
  readonly rules: readonly RuleExplanation[];
}

/**
 * Explains a decision rule by rule and dimension by dimension. It walks all rules in order without any index, so it is
 * also the plain reading of the semantics that the indexed `decide` is tested against.
 */
export function explain(policy: CompiledPolicy, request: AccessRequest): Explanation {
  const { statements, family } = request.facts;
  const decision = policy.engine.decide(request);
  return {
    decision,
    asked: statements.flatMap(({ atoms, opaque }) => [
      ...atoms.map((atom) => atom.label),
      ...opaque.map((reason) => `opaque: ${reason}`),
    ]),
    rules: policy.rules
      .filter((rule) => rule.family === family)
      .map((rule) => withReach(explainRule(rule, request, policy), decision)),
  };
}

/** A rule that covers nothing may still have its masks and filters in the decision. */
function withReach(explained: RuleExplanation, decision: Decision): RuleExplanation {
  if (decision.effect === 'deny' || decision.rules.includes(explained.rule)) return explained;
  if (!decision.obligations.some(({ rule }) => rule === explained.rule)) return explained;
  const masks = decision.obligations.some(({ rule, kind }) => rule === explained.rule && kind === 'mask');
  const reason = masks
    ? 'its masks apply all the same: a view or function of the request may carry what they name'
    : 'its filters hold all the same: for whoever the rule may apply to';
  return { ...explained, reasons: [reason, ...explained.reasons] };
}

function explainRule(rule: CompiledRule, request: AccessRequest, policy: CompiledPolicy): RuleExplanation {
  const outOfScope = scopeReasons(rule, request);
  const found =
    outOfScope.length > 0
      ? { outcome: 'no-match' as const, reasons: outOfScope }
      : explainAtoms(rule, request, policy);
  return {
    rule: rule.id,
    effect: rule.effect,
    mode: rule.mode,
    source: `${rule.source.path}:${rule.source.line}`,
    ...found,
  };
}

function scopeReasons(rule: CompiledRule, request: AccessRequest): string[] {
  const conditions = rule.time === undefined ? rule.scope : [...rule.scope, rule.time];
  const reasons = conditions
    .filter((condition) => !condition.holds(request))
    .map((condition) => `${condition.key}: wants ${condition.wanted}; is ${condition.actual(request)}`);
  const now = request.context.nowMs;
  if (now < rule.activeFromMs) {
    reasons.push('not yet active');
  }
  if (now >= rule.activeUntilMs) {
    reasons.push('expired');
  }
  if (rule.access !== undefined && !isOpened(rule.access, request)) {
    reasons.push(`access: closed; ${rule.access.by.join(', ')} may open it on request`);
  }
  return reasons;
}

interface AtomTally {
  matched: number;
  total: number;
  failed: boolean;
  readonly reasons: Set<string>;
}

function explainAtoms(
  rule: CompiledRule,
  request: AccessRequest,
  policy: CompiledPolicy,
): { readonly outcome: RuleOutcome; readonly reasons: readonly string[] } {
  const tally: AtomTally = { matched: 0, total: 0, failed: false, reasons: new Set() };
  for (const statement of request.facts.statements) {
    const matching = statement.atoms.filter(
      (atom) => matchesAtom(rule, atom) && isWithin(rule, request, atom),
    );
    const result = matching.length === 0 ? false : evaluate(rule, { request, statement, policy });
    tally.total += statement.atoms.length;
    tally.matched += result === true ? matching.length : 0;
    tally.failed ||= typeof result === 'object';
    if (matching.length > 0 && result !== true) {
      const why = typeof result === 'object' ? `fails: ${result.error}` : 'is false';
      tally.reasons.add(`when: \`${rule.when?.source.trim() ?? ''}\` ${why}`);
    }
    for (const atom of statement.atoms) {
      if (!isWithin(rule, request, atom))
        tally.reasons.add(`access: what was opened is narrower; \`${atom.label}\` is outside of it`);
      mismatches(rule, atom).forEach((reason) => tally.reasons.add(reason));
    }
  }
  return { outcome: outcomeOf(rule, tally), reasons: [...tally.reasons] };
}

function outcomeOf(rule: CompiledRule, tally: AtomTally): RuleOutcome {
  if (tally.failed) {
    return 'fails';
  }
  if (tally.matched === 0) {
    return 'no-match';
  }
  if (rule.effect === 'deny') {
    return 'hits';
  }
  return tally.matched === tally.total ? 'covers' : 'covers-part';
}

function evaluate(
  rule: CompiledRule,
  {
    request,
    statement,
    policy,
  }: { request: AccessRequest; statement: StatementFacts; policy: CompiledPolicy },
): boolean | { readonly error: string } {
  const family = policy.families.get(rule.family);
  if (rule.when === undefined || family === undefined) {
    return true;
  }
  return rule.when.evaluate(createVariables(request, family, statement));
}

function isWithin({ access }: CompiledRule, request: AccessRequest, atom: Atom): boolean {
  return access === undefined || windowFor(access, request, atom) !== undefined;
}

function mismatches(rule: CompiledRule, atom: Atom): string[] {
  const elsewhere = namesObject(rule, atom)
    ? []
    : [`${rule.objects.join(', ')}: the rule is about these; \`${atom.label}\` is on none of them`];
  const differing = rule.dimensions
    .filter((dimension) => !dimension.matches(atom))
    .map(({ name, patterns }) => {
      const values = atom.values[name] ?? [];
      const has = values.length === 0 ? 'none' : values.join(', ');
      return `${name}: wants ${patterns.join(', ')}; \`${atom.label}\` has ${has}`;
    });
  const unsaid = rule.unnamed
    .filter((name) => (atom.values[name] ?? []).length > 0)
    .map(
      (name) => `${name}: the rule does not name it; \`${atom.label}\` has ${atom.values[name]?.join(', ')}`,
    );
  return [...elsewhere, ...differing, ...unsaid];
}
