import type { AccessRequest } from '../model/access-request.ts';
import type { Decision, DenyCause, ObservedVerdict, PolicyVersion } from '../model/decision.ts';
import type { Atom, FactsFamily, StatementFacts } from '../model/facts.ts';
import type { FilterObligation, MaskObligation, Obligation } from '../model/obligation.ts';
import { windowFor } from './access-terms.ts';
import { alternativesFor } from './alternatives.ts';
import { combineObligations } from './combine-obligations.ts';
import { type CompiledRule, isActive, isInForce, matchesAtom, mayMatchAtom } from './compiled-rule.ts';
import type { ExpressionResult } from './expression.ts';
import { createVariables, type ExpressionVariables } from './expression-variables.ts';
import { reachingFilters } from './filter-reach.ts';
import { withReachingMasks } from './mask-reach.ts';
import type { RuleIndex, ScopedRules } from './rule-index.ts';

/** One family's rules, indexed. */
export interface FamilyRules {
  readonly family: FactsFamily;
  readonly index: RuleIndex;
}

/** What {@link decide} decides by. */
export interface DecisionTable {
  readonly families: ReadonlyMap<string, FamilyRules>;
  readonly version: PolicyVersion;
}

/**
 * Decides one request (design: Policy semantics). Any atom hit by a deny rule denies; so does anything opaque, and a
 * `when` that fails. A permit needs every atom covered by at least one allow rule in all its dimensions. Obligations act
 * where a rule covers an atom, or would cover what an ambiguous name may stand for. Never throws.
 */
export function decide(table: DecisionTable, request: AccessRequest): Decision {
  try {
    const { family: name, statements } = request.facts;
    const rules = table.families.get(name);
    if (rules === undefined) {
      return refusal(table, { cause: 'default', subject: `unknown family ${name}` });
    }
    if (statements.length === 0 || statements.some(({ atoms }) => atoms.length === 0)) {
      return refusal(table, { cause: 'opaque', subject: 'nothing that could be recognised' });
    }
    const scoped = rules.index.scoped(request);
    const findings = judge(request, rules.family, scoped);
    return conclude(table, findings, {
      alternativesTo: (refused) => alternativesFor(scoped.all, request, refused),
      obligationsOf: (rules, obliging) =>
        combineObligations([
          ...withReachingMasks(request, { covering: rules, obliging, masking: scoped.masking }).filter(
            ({ kind }) => kind !== 'filter',
          ),
          ...reachingFilters(request, scoped.filtering, rules),
        ]),
    });
  } catch {
    return refusal(table, { cause: 'error', subject: 'the policy could not be evaluated' });
  }
}

/** See {@link PolicyEngine.masksFor}. Rules that only look at a time or a condition count: they say when, not whether. */
export function masksInScope(table: DecisionTable, request: AccessRequest): readonly MaskObligation[] {
  const rules = table.families.get(request.facts.family);
  if (rules === undefined) return [];
  return rules.index
    .scoped(request)
    .all.flatMap(({ obligations, mode }) =>
      mode === 'observe' ? [] : obligations.filter((one) => one.kind === 'mask'),
    );
}

/** See {@link PolicyEngine.filtersFor}. */
export function filtersInScope(table: DecisionTable, request: AccessRequest): readonly FilterObligation[] {
  const rules = table.families.get(request.facts.family);
  return rules === undefined ? [] : reachingFilters(request, rules.index.scoped(request).filtering);
}

/** A rule that had its say, with the first atom concerned; in the lists below each rule stands once. */
interface Match {
  readonly rule: CompiledRule;
  readonly atom: Atom;
}

/** What all statements of a request came to. */
interface Findings {
  readonly denied: Match[];
  readonly failed: Match[];
  readonly covering: Match[];
  /** Rules that cover no atom, and may be about one. */
  readonly obliging: Match[];
  readonly observedPermits: Match[];
  readonly observedDenials: Match[];
  /** Ids of the windows by which rules cover atoms. */
  readonly windows: Set<string>;
  /** Rules that would cover the first uncovered atom, were they opened. */
  readonly requestable: Match[];
  uncovered: Atom | undefined;
  opaque: string | undefined;
}

function judge(request: AccessRequest, family: FactsFamily, scoped: ScopedRules): Findings {
  const findings: Findings = {
    denied: [],
    failed: [],
    covering: [],
    obliging: [],
    observedPermits: [],
    observedDenials: [],
    windows: new Set(),
    requestable: [],
    uncovered: undefined,
    opaque: undefined,
  };
  const conditions = createConditions(request, family);
  const judgement: Judgement = { request, scoped, conditions, findings };
  for (const statement of request.facts.statements) {
    findings.opaque ??= statement.opaque[0];
    conditions.enter(statement);
    for (const atom of statement.atoms) {
      judgeAtom(atom, judgement);
    }
  }
  return findings;
}

interface Judgement {
  readonly request: AccessRequest;
  readonly scoped: ScopedRules;
  readonly conditions: Conditions;
  readonly findings: Findings;
}

function judgeAtom(atom: Atom, judgement: Judgement): void {
  const { request, scoped, conditions, findings } = judgement;
  let isCovered = false;
  for (const rule of scoped.deny.candidates(atom)) {
    if (isActive(rule, request) && matchesAtom(rule, atom)) {
      recordMatch(rule, atom, conditions.result(rule), findings);
    }
  }
  for (const rule of scoped.allow.candidates(atom)) {
    if (isActive(rule, request) && matchesAtom(rule, atom) && allows(rule, atom, judgement)) isCovered = true;
  }
  if (!isCovered && findings.uncovered === undefined) {
    findings.uncovered = atom;
    noteRequestable(atom, judgement);
  }
  for (const rule of scoped.obliging.candidates(atom)) {
    if (!mayMatchAtom(rule, atom) || !isActive(rule, request) || matchesAtom(rule, atom)) continue;
    // A condition that fails is no reason to let go of what the rule obliges to.
    if (conditions.result(rule) !== false) addOnce(findings.obliging, rule, atom);
  }
}

/** Whether an allow rule that is active and matches covers the atom: by its window where it needs one, and its condition. */
function allows(rule: CompiledRule, atom: Atom, { request, conditions, findings }: Judgement): boolean {
  const window = rule.access === undefined ? undefined : windowFor(rule.access, request, atom);
  if (rule.access !== undefined && window === undefined) return false;
  const result = conditions.result(rule);
  recordMatch(rule, atom, result, findings);
  if (result !== true || rule.mode !== 'enforce') return false;
  if (window !== undefined) findings.windows.add(window);
  return true;
}

/** Which rules people could open so that the atom is covered. Only where it is refused, so it may take its time. */
function noteRequestable(atom: Atom, { request, scoped, conditions, findings }: Judgement): void {
  for (const rule of scoped.allow.candidates(atom)) {
    if (rule.access === undefined || !isInForce(rule, request) || !matchesAtom(rule, atom)) continue;
    if (conditions.result(rule) === true) addOnce(findings.requestable, rule, atom);
  }
}

function recordMatch(rule: CompiledRule, atom: Atom, result: ExpressionResult, findings: Findings): void {
  if (result === false) {
    return;
  }
  const isPermit = result === true && rule.effect === 'allow';
  if (rule.mode === 'observe') {
    addOnce(isPermit ? findings.observedPermits : findings.observedDenials, rule, atom);
  } else if (result !== true) {
    addOnce(findings.failed, rule, atom);
  } else {
    addOnce(isPermit ? findings.covering : findings.denied, rule, atom);
  }
}

function addOnce(matches: Match[], rule: CompiledRule, atom: Atom): void {
  if (!matches.some((match) => match.rule === rule)) {
    matches.push({ rule, atom });
  }
}

/** Evaluates each rule's `when` at most once a statement. */
interface Conditions {
  enter(statement: StatementFacts): void;
  result(rule: CompiledRule): ExpressionResult;
}

function createConditions(request: AccessRequest, family: FactsFamily): Conditions {
  let variables: ExpressionVariables | undefined;
  let statement: StatementFacts | undefined;
  let known: Map<CompiledRule, ExpressionResult> | undefined;
  return {
    enter: (next) => {
      statement = next;
      variables = undefined;
      known = undefined;
    },
    result: (rule) => {
      if (rule.when === undefined || statement === undefined) {
        return true;
      }
      let result = known?.get(rule);
      if (result === undefined) {
        variables ??= createVariables(request, family, statement);
        result = rule.when.evaluate(variables);
        known ??= new Map();
        known.set(rule, result);
      }
      return result;
    },
  };
}

/** What is asked only once it is known whether the request is refused or permitted. */
interface Conclusions {
  alternativesTo(refused: Atom | undefined): readonly string[];
  obligationsOf(covering: readonly CompiledRule[], obliging: readonly CompiledRule[]): readonly Obligation[];
}

function conclude(
  table: DecisionTable,
  findings: Findings,
  { alternativesTo, obligationsOf }: Conclusions,
): Decision {
  const { denied, failed, covering, obliging, uncovered, opaque } = findings;
  const observed = observedVerdicts(findings);
  const [hit] = inPolicyOrder(denied);
  if (hit !== undefined) {
    const rules = inPolicyOrder(denied).map(({ rule }) => rule);
    const message = rules.find((rule) => rule.message !== undefined)?.message;
    const alternatives = alternativesTo(hit.atom);
    return refusal(table, { cause: 'rule', subject: hit.atom.label, rules, message, observed, alternatives });
  }
  const [broken] = inPolicyOrder(failed);
  if (broken !== undefined) {
    const rules = inPolicyOrder(failed).map(({ rule }) => rule);
    return refusal(table, { cause: 'error', subject: broken.atom.label, rules, observed });
  }
  if (opaque !== undefined) {
    const alternatives = alternativesTo(undefined);
    return refusal(table, { cause: 'opaque', subject: opaque, observed, alternatives });
  }
  if (uncovered !== undefined) {
    const alternatives = alternativesTo(uncovered);
    const requestable = inPolicyOrder(findings.requestable).map(({ rule }) => rule);
    return refusal(table, {
      cause: 'default',
      subject: uncovered.label,
      observed,
      alternatives,
      requestable,
    });
  }
  const rules = inPolicyOrder(covering).map(({ rule }) => rule);
  return {
    effect: 'permit',
    rules: rules.map(({ id }) => id),
    obligations: obligationsOf(
      rules,
      inPolicyOrder(obliging).map(({ rule }) => rule),
    ),
    observed,
    policy: table.version,
    ...(findings.windows.size === 0 ? {} : { windows: [...findings.windows] }),
  };
}

/** A rule that would have denied one atom would have denied the request, whatever it said of others. */
function observedVerdicts({ observedPermits, observedDenials }: Findings): readonly ObservedVerdict[] {
  const denials = new Set(observedDenials.map(({ rule }) => rule));
  const matches = [...observedDenials, ...observedPermits.filter(({ rule }) => !denials.has(rule))];
  return inPolicyOrder(matches).map(({ rule }) => ({
    rule: rule.id,
    effect: denials.has(rule) ? 'deny' : 'permit',
  }));
}

function inPolicyOrder(matches: Match[]): readonly Match[] {
  return matches.length < 2 ? matches : matches.sort((left, right) => left.rule.order - right.rule.order);
}

interface Refusal {
  readonly cause: DenyCause;
  readonly subject: string;
  readonly rules?: readonly CompiledRule[];
  readonly message?: string | undefined;
  readonly observed?: readonly ObservedVerdict[];
  readonly alternatives?: readonly string[];
  readonly requestable?: readonly CompiledRule[];
}

function refusal(table: DecisionTable, refused: Refusal): Decision {
  const requestable = (refused.requestable ?? []).flatMap(({ id, access }) =>
    access === undefined ? [] : [{ rule: id, upToMs: access.upToMs }],
  );
  return {
    effect: 'deny',
    cause: refused.cause,
    rules: (refused.rules ?? []).map((rule) => rule.id),
    subject: refused.subject,
    ...(refused.message === undefined ? {} : { message: refused.message }),
    alternatives: refused.alternatives ?? [],
    observed: refused.observed ?? [],
    policy: table.version,
    ...(requestable.length === 0 ? {} : { requestable }),
  };
}
