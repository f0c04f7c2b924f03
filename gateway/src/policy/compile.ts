import type { AccessRequest } from '../model/access-request.ts';
import type { PolicyEngine, PolicyVersion } from '../model/decision.ts';
import type { FactsFamily } from '../model/facts.ts';
import { compileCalendars } from './compile-calendars.ts';
import { compileRule, type PlacedRule, ruleId } from './compile-rule.ts';
import type { CompiledRule } from './compiled-rule.ts';
import { type DecisionTable, decide, filtersInScope, masksInScope } from './decide.ts';
import { withMemo } from './decision-memo.ts';
import { createNameCache } from './dimension.ts';
import type { PolicyDiagnostic, PolicyErrors } from './errors.ts';
import { createExpressionCompiler, EXPRESSION_VARIABLES, proveStrictness } from './expression.ts';
import type { GroupsKnowledge } from './groups-knowledge.ts';
import { lintPolicy } from './lint.ts';
import { type LoadedFile, loadPolicyFiles, loadPreset } from './load.ts';
import { type PolicyPreset, protocolOfPreset } from './preset.ts';
import { compileRepeats, type RepeatsPolicy } from './repeats.ts';
import { createRuleIndex } from './rule-index.ts';
import { SCOPE_KEYS } from './schema.ts';
import type { PolicyFile } from './source-file.ts';
import { switchPresets } from './switch-presets.ts';

/** What a policy is compiled against. */
export interface CompileOptions {
  readonly families: readonly FactsFamily[];
  readonly presets: readonly PolicyPreset[];
  readonly version: PolicyVersion;
  /** Names that `detect:` of a mask may use: the gateway's detectors and the patterns of the config. None unless said. */
  readonly detectors?: readonly string[];
  /** What the config says about groups; without it groups are not checked. */
  readonly groups?: GroupsKnowledge;
  /** For warnings about expired rules only, in milliseconds since the epoch; without it none are given. */
  readonly nowMs?: number;
}

/** A policy that was accepted as a whole. */
export interface CompiledPolicy {
  readonly ok: true;
  readonly engine: PolicyEngine;
  readonly version: PolicyVersion;
  readonly warnings: readonly PolicyDiagnostic[];
  /** All rules in policy order, those of presets and freezes included. */
  readonly rules: readonly CompiledRule[];
  readonly ruleCount: number;
  /** Names of the presets that are on. */
  readonly presets: readonly string[];
  readonly families: ReadonlyMap<string, FactsFamily>;
  /** What comes of denied statements that are repeated. */
  readonly repeats: RepeatsPolicy;
}

const NAME_CACHE_CAPACITY = 10_000;

/**
 * Compiles a policy from the contents of its files. All errors are reported at once; with any error nothing is
 * compiled. Pure: no file is read and no clock is asked.
 */
export function compilePolicy(
  files: readonly PolicyFile[],
  options: CompileOptions,
): CompiledPolicy | PolicyErrors {
  proveStrictness();
  checkFamilies(options.families);
  const problems: PolicyDiagnostic[] = [];
  const loaded = loadPolicyFiles(files, options.families, problems);
  const switched = switchPresets(loaded, options.presets, problems);
  const presets = switched.flatMap((preset) => {
    const file = loadPreset(preset, options.families, problems);
    return file === undefined ? [] : [{ preset, file }];
  });
  const placed = [
    ...loaded.flatMap((file) => placedRules(file)),
    ...presets.flatMap(({ preset, file }) => placedRules(file, preset)),
  ];
  const rules = compileRules(placed, [...loaded, ...presets.map(({ file }) => file)], { options, problems });
  const repeats = compileRepeats(loaded, problems);
  if (problems.length > 0) {
    return { ok: false, errors: problems.sort(byPlace) };
  }
  const { groups, nowMs, families } = options;
  const warnings = lintPolicy(placed, { loaded, groups, nowMs, families }).sort(byPlace);
  return assemble(rules, options, { warnings, repeats, presets: presets.map(({ preset }) => preset.name) });
}

/** Throws TypeError for families that would shadow a variable, a scope key or one another: a mistake in code. */
function checkFamilies(families: readonly FactsFamily[]): void {
  const names = new Set<string>(EXPRESSION_VARIABLES);
  for (const { name, dimensions } of families) {
    if (names.has(name)) {
      throw new TypeError(`the family name ${name} is taken`);
    }
    names.add(name);
    const taken = Object.keys(dimensions).find((dimension) => SCOPE_KEYS.includes(dimension));
    if (taken !== undefined) {
      throw new TypeError(`the dimension ${name}.${taken} has the name of a scope key`);
    }
  }
}

function assemble(
  rules: readonly CompiledRule[],
  options: CompileOptions,
  extra: Pick<CompiledPolicy, 'warnings' | 'presets' | 'repeats'>,
): CompiledPolicy {
  const families = new Map(options.families.map((family) => [family.name, family]));
  const names = createNameCache(NAME_CACHE_CAPACITY);
  const table: DecisionTable = {
    version: options.version,
    families: new Map(
      options.families.map((family) => {
        const own = rules.filter((rule) => rule.family === family.name);
        return [family.name, { family, index: createRuleIndex(own, family, names) }];
      }),
    ),
  };
  return {
    ok: true,
    engine: {
      version: options.version,
      decide: withMemo(rules, (request: AccessRequest) => decide(table, request)),
      masksFor: (request) => masksInScope(table, request),
      filtersFor: (request) => filtersInScope(table, request),
    },
    version: options.version,
    rules,
    ruleCount: rules.length,
    families,
    ...extra,
  };
}

function placedRules({ file, document }: LoadedFile, preset?: PolicyPreset): PlacedRule[] {
  const protocol = preset === undefined ? undefined : protocolOfPreset(preset);
  const origin = {
    ...(preset === undefined ? {} : { preset: preset.name }),
    ...(protocol === undefined ? {} : { protocol }),
  };
  const place = (key: 'freezes' | 'rules'): PlacedRule[] =>
    (document[key] ?? []).flatMap((source, index) =>
      source === undefined ? [] : [{ file, path: [key, index], source, ...origin }],
    );
  return [...place('freezes'), ...place('rules')];
}

function compileRules(
  placed: readonly PlacedRule[],
  files: readonly LoadedFile[],
  context: { readonly options: CompileOptions; readonly problems: PolicyDiagnostic[] },
): CompiledRule[] {
  const { options, problems } = context;
  const environment = {
    families: new Map(options.families.map((family) => [family.name, family])),
    expressions: new Map(options.families.map((family) => [family.name, createExpressionCompiler(family)])),
    calendars: compileCalendars(files, problems),
    names: createNameCache(NAME_CACHE_CAPACITY),
    detectors: options.detectors ?? [],
  };
  const seen = new Map<string, PlacedRule>();
  return placed.flatMap((entry, order) => {
    const id = ruleId(entry);
    const earlier = seen.get(id);
    if (earlier !== undefined) {
      const where = `${earlier.file.path}:${earlier.file.lineOf([...earlier.path, 'id'])}`;
      const message = `duplicate rule id \`${id}\`, first used at ${where}`;
      problems.push(entry.file.at('ERR_POLICY_DUPLICATE', message, [...entry.path, 'id']));
    }
    seen.set(id, earlier ?? entry);
    return compileRule(entry, environment, { problems, order }) ?? [];
  });
}

function byPlace(left: PolicyDiagnostic, right: PolicyDiagnostic): number {
  return (
    (left.path < right.path ? -1 : left.path > right.path ? 1 : 0) ||
    left.line - right.line ||
    left.column - right.column
  );
}
