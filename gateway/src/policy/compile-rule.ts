import type { FactsFamily } from '../model/facts.ts';
import type { Obligation } from '../model/obligation.ts';
import { compileColumnPatterns } from '../names/column-patterns.ts';
import type { Calendar } from './calendar.ts';
import { compileAccess } from './compile-access.ts';
import { compileDimensions } from './compile-dimensions.ts';
import { compileObligations } from './compile-obligations.ts';
import type { CompiledRule } from './compiled-rule.ts';
import { didYouMean } from './did-you-mean.ts';
import type { NameCache } from './dimension.ts';
import type { PolicyDiagnostic } from './errors.ts';
import type { ExpressionCompiler } from './expression.ts';
import { parseInstant } from './instant.ts';
import { permittedPhrase } from './permitted-phrase.ts';
import type { FreezeSource, MatchSource, RuleSource } from './policy-document.ts';
import { compileScope, type ScopeCondition, timeCondition } from './scope.ts';
import type { SourceFile, SourcePath } from './source-file.ts';
import { isTimeZone } from './wall-clock.ts';

/** What rules are compiled against. */
export interface RuleEnvironment {
  readonly families: ReadonlyMap<string, FactsFamily>;
  readonly expressions: ReadonlyMap<string, ExpressionCompiler>;
  readonly calendars: ReadonlyMap<string, Calendar>;
  readonly names: NameCache;
  /** Names that `detect:` may use. */
  readonly detectors: readonly string[];
}

/** One rule-like entry of a file, with its place. */
export interface PlacedRule {
  readonly file: SourceFile;
  readonly path: SourcePath;
  readonly source: RuleSource | FreezeSource;
  /** Name of the preset it comes from. */
  readonly preset?: string;
  /** Protocol the preset is bound to. */
  readonly protocol?: string;
}

/** Compiles one rule or freeze; problems are added to `problems` and the rule is then left out. */
export function compileRule(
  placed: PlacedRule,
  environment: RuleEnvironment,
  sink: { readonly problems: PolicyDiagnostic[]; readonly order: number },
): CompiledRule | undefined {
  const { file, path, source } = placed;
  const family = environment.families.get(source.on);
  if (family === undefined) {
    return undefined;
  }
  const before = sink.problems.length;
  const effect = 'effect' in source ? source.effect : 'deny';
  const match: MatchSource = withProtocol(source.match ?? {}, placed.protocol);
  const time = compileTime(placed, environment, sink.problems);
  const window = compileWindow(placed, sink.problems);
  const dimensions = compileDimensions(placed, family, { effect, environment, problems: sink.problems });
  const when = compileWhen(placed, environment, sink.problems);
  const obligations = compileObligations(placed, {
    rule: ruleId(placed),
    detectors: environment.detectors,
    problems: sink.problems,
  });
  const access = compileAccess(placed, {
    rule: ruleId(placed),
    family,
    names: environment.names,
    problems: sink.problems,
  });
  if (sink.problems.length > before) {
    return undefined;
  }
  const literalResources = match.resources?.every((name) => !name.includes('*'))
    ? match.resources
    : undefined;
  return {
    id: ruleId(placed),
    effect,
    family: family.name,
    mode: source.mode ?? 'enforce',
    order: sink.order,
    source: { path: file.path, line: file.lineOf([...path, 'id']) },
    ...(source.description === undefined ? {} : { description: source.description }),
    ...(placed.preset === undefined ? {} : { preset: placed.preset }),
    scope: compileScope(match, effect),
    ...(match.groups === undefined ? {} : { groups: match.groups }),
    ...(literalResources === undefined ? {} : { resourceNames: literalResources }),
    ...(time === undefined ? {} : { time }),
    ...window,
    dimensions,
    objects: dimensions.filter(({ keywords }) => keywords === undefined).map(({ name }) => name),
    unnamed: effect === 'deny' ? [] : unnamedDimensions(family, match),
    ...(when === undefined ? {} : { when }),
    ...(source.message === undefined ? {} : { message: source.message }),
    obligations,
    ...reachOf(source.mode, obligations),
    vouches: 'effect' in source && source.unmasked === true,
    ...(access === undefined ? {} : { access }),
    phrase: permittedPhrase(family, dimensions, obligations),
  };
}

/** What acts on requests that the rule does not cover, too; of an observed rule nothing does. */
function reachOf(
  mode: 'enforce' | 'observe' | undefined,
  obligations: readonly Obligation[],
): Pick<CompiledRule, 'masks' | 'filters'> {
  if (mode === 'observe') return { masks: [], filters: false };
  return { masks: columnMasks(obligations), filters: obligations.some(({ kind }) => kind === 'filter') };
}

function unnamedDimensions({ dimensions }: FactsFamily, match: MatchSource): readonly string[] {
  return Object.entries(dimensions)
    .filter(([name, { explicit }]) => explicit === true && match[name] === undefined)
    .map(([name]) => name);
}

function columnMasks(obligations: readonly Obligation[]): CompiledRule['masks'] {
  return obligations.flatMap((obligation) =>
    obligation.kind === 'mask' && obligation.columns.length > 0
      ? [{ obligation, columns: compileColumnPatterns(obligation.columns) }]
      : [],
  );
}

/** The id that decisions name: with the preset's name in front for a preset's rule. */
export function ruleId(placed: PlacedRule): string {
  return placed.preset === undefined ? placed.source.id : `${placed.preset}#${placed.source.id}`;
}

function withProtocol(match: MatchSource, protocol: string | undefined): MatchSource {
  return protocol === undefined || match.protocols !== undefined
    ? match
    : { ...match, protocols: [protocol] };
}

function compileTime(
  { file, path, source }: PlacedRule,
  environment: RuleEnvironment,
  problems: PolicyDiagnostic[],
): ScopeCondition | undefined {
  const time = source.match?.time;
  if (time === undefined) {
    return undefined;
  }
  const name = typeof time === 'string' ? time : time.not;
  const calendar = environment.calendars.get(name);
  if (calendar === undefined) {
    const help = didYouMean(name, environment.calendars.keys()) || '; declare it under `calendars`';
    problems.push(
      file.at('ERR_POLICY_UNKNOWN_NAME', `no calendar \`${name}\`${help}`, [...path, 'match', 'time']),
    );
    return undefined;
  }
  return timeCondition(calendar, typeof time === 'string');
}

function compileWindow(
  { file, path, source }: PlacedRule,
  problems: PolicyDiagnostic[],
): { readonly activeFromMs: number; readonly activeUntilMs: number } {
  if ('effect' in source) {
    const until =
      source.expires === undefined ? Number.POSITIVE_INFINITY : parseInstant(source.expires, 'end');
    if (until === undefined) {
      const message = 'expected a date, or a date-time with offset such as `2027-01-31T12:00:00Z`';
      problems.push(file.at('ERR_POLICY_VALUE', message, [...path, 'expires']));
    }
    return { activeFromMs: Number.NEGATIVE_INFINITY, activeUntilMs: until ?? Number.NEGATIVE_INFINITY };
  }
  if (source.timezone !== undefined && !isTimeZone(source.timezone)) {
    problems.push(
      file.at('ERR_POLICY_UNKNOWN_NAME', `no time zone \`${source.timezone}\``, [...path, 'timezone']),
    );
    return { activeFromMs: 0, activeUntilMs: 0 };
  }
  const from = parseInstant(source.from, 'start', source.timezone);
  const until = parseInstant(source.until, 'end', source.timezone);
  for (const [key, value] of [
    ['from', from],
    ['until', until],
  ] as const) {
    if (value === undefined) {
      const message = 'expected a date, or a date-time with an offset or with `timezone` beside it';
      problems.push(file.at('ERR_POLICY_VALUE', message, [...path, key]));
    }
  }
  if (from !== undefined && until !== undefined && until <= from) {
    problems.push(
      file.at('ERR_POLICY_CONTRADICTION', 'the freeze ends before it begins', [...path, 'until']),
    );
  }
  return { activeFromMs: from ?? 0, activeUntilMs: until ?? 0 };
}

function compileWhen(
  { file, path, source }: PlacedRule,
  environment: RuleEnvironment,
  problems: PolicyDiagnostic[],
): CompiledRule['when'] {
  const compile = environment.expressions.get(source.on);
  if (source.when === undefined || compile === undefined) {
    return undefined;
  }
  const compiled = compile(source.when);
  if (compiled.ok) {
    return { source: source.when, evaluate: compiled.evaluate };
  }
  for (const problem of compiled.problems) {
    problems.push(file.inString(problem.message, [...path, 'when'], problem.start, problem.end));
  }
  return undefined;
}
