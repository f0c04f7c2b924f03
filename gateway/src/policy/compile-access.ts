import type { AccessWindow } from '../model/access-window.ts';
import type { Atom, FactsFamily } from '../model/facts.ts';
import type { AccessTerms } from './access-terms.ts';
import type { PlacedRule } from './compile-rule.ts';
import { type CompiledDimension, compileDimension, type NameCache } from './dimension.ts';
import { parseDurationMs } from './duration.ts';
import type { PolicyDiagnostic } from './errors.ts';
import type { AccessSource, RuleSource } from './policy-document.ts';

/** Longest window there is: what is needed for longer is a rule. */
const MAX_UP_TO_MS = 30 * 86_400_000;

type Narrowing = AccessWindow['only'];

/** What a rule's `access:` is compiled with. */
export interface AccessContext {
  /** The id that decisions name. */
  readonly rule: string;
  readonly family: FactsFamily;
  readonly names: NameCache;
  readonly problems: PolicyDiagnostic[];
}

/** Compiles the `access:` of an allow rule; undefined where it has none, or a wrong one. */
export function compileAccess(placed: PlacedRule, context: AccessContext): AccessTerms | undefined {
  const { source } = placed;
  if (!('effect' in source) || source.effect === 'deny' || source.access === undefined) return undefined;
  const { access } = source;
  const upToMs = parseDurationMs(access.upTo) ?? 0;
  checkAccess(placed, source, upToMs, context.problems);
  const { rule, family } = context;
  const compiled = remembering((only) => compileNarrowing(only, context));
  const breakGlass = breakGlassOf(access);
  return {
    rule,
    by: sorted(access.by),
    count: access.count ?? 1,
    withinMs: parseDurationMs(access.within) ?? 0,
    upToMs,
    ...(access.comment === undefined ? {} : { comment: access.comment }),
    ...(breakGlass === undefined ? {} : { breakGlass }),
    terms: termsOf(source),
    dimensions: Object.keys(family.dimensions),
    fits(only, atom) {
      const { dimensions, unreadable } = compiled(only);
      return unreadable.length === 0 && dimensions.every((dimension) => fits(dimension, atom));
    },
    unreadable: (only) => compiled(only).unreadable,
  };
}

function checkAccess(
  { file, path }: PlacedRule,
  source: RuleSource,
  upToMs: number,
  problems: PolicyDiagnostic[],
): void {
  if (source.mode === 'observe') {
    const message = '`access` has no meaning on a rule that only observes: it never permits';
    problems.push(file.atKey('ERR_POLICY_CONTRADICTION', message, path, 'access'));
  }
  if (upToMs > MAX_UP_TO_MS) {
    const message = `\`upTo\` is at most \`30d\`, got \`${source.access?.upTo ?? ''}\`: what is needed for longer is a rule of its own`;
    problems.push(file.at('ERR_POLICY_VALUE', message, [...path, 'access', 'upTo']));
  }
}

function breakGlassOf({ breakGlass }: AccessSource): AccessTerms['breakGlass'] {
  if (breakGlass === undefined) return undefined;
  return { by: sorted(breakGlass.by), reviewWithinMs: parseDurationMs(breakGlass.reviewWithin) ?? 0 };
}

interface CompiledNarrowing {
  readonly dimensions: readonly CompiledDimension[];
  readonly unreadable: readonly string[];
}

function compileNarrowing(only: Narrowing, { family, names }: AccessContext): CompiledNarrowing {
  const unreadable: string[] = [];
  const dimensions = Object.entries(only).flatMap(([name, patterns]) => {
    const dimension = Object.hasOwn(family.dimensions, name) ? family.dimensions[name] : undefined;
    // Of another family of the same resource: the window opens rules of both.
    if (dimension === undefined) return [];
    const { match } = dimension;
    const unknown = match.by === 'keyword' ? patterns.filter((word) => !match.vocabulary.includes(word)) : [];
    const compiled = compileDimension(name, dimension, { patterns, effect: 'allow', names });
    const wrong = 'matches' in compiled ? unknown : compiled.unreadable.map((index) => patterns[index] ?? '');
    unreadable.push(...wrong.map((pattern) => `${name}: ${pattern}`));
    return 'matches' in compiled ? [compiled] : [];
  });
  return { dimensions, unreadable };
}

/** Unlike a rule's own dimension it says something of what has no values: that is not what was asked for. */
function fits(dimension: CompiledDimension, atom: Atom): boolean {
  return (atom.values[dimension.name]?.length ?? 0) > 0 && dimension.matches(atom);
}

/** Windows keep what narrows them as one object for as long as they are open. */
function remembering(
  compile: (only: Narrowing) => CompiledNarrowing,
): (only: Narrowing) => CompiledNarrowing {
  const known = new WeakMap<Narrowing, CompiledNarrowing>();
  return (only) => {
    let compiled = known.get(only);
    if (compiled === undefined) {
      compiled = compile(only);
      known.set(only, compiled);
    }
    return compiled;
  };
}

/** In one order, whatever the order in the file; without what changes nothing of what is permitted. */
function termsOf(source: RuleSource): string {
  const { id: _id, message: _message, description: _description, ...meaning } = source;
  return JSON.stringify(inOrder(meaning));
}

function inOrder(value: unknown): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
  return Object.fromEntries(
    Object.entries(value)
      .toSorted(([left], [right]) => (left < right ? -1 : 1))
      .map(([key, inner]) => [key, inOrder(inner)]),
  );
}

function sorted(groups: readonly string[]): readonly string[] {
  return [...new Set(groups)].sort();
}
