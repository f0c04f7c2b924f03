import type { AccessRequest } from '../model/access-request.ts';
import type { Atom, FactsFamily } from '../model/facts.ts';
import type { Principal } from '../model/principal.ts';
import type { CompiledRule } from './compiled-rule.ts';

/** The rules of one family that apply to one principal on one resource and account, ready to be asked by atom. */
export interface ScopedRules {
  readonly deny: KeywordIndex;
  readonly allow: KeywordIndex;
  /** All of them, in policy order. */
  readonly all: readonly CompiledRule[];
}

/** Finds the rules that could match an atom, by the words of its closed vocabularies. */
export interface KeywordIndex {
  candidates(atom: Atom): readonly CompiledRule[];
}

/** Finds the rules that apply to a request's principal, resource and account. */
export interface RuleIndex {
  scoped(request: AccessRequest): ScopedRules;
}

const MAX_SCOPES_PER_PRINCIPAL = 16;

/**
 * Indexes the rules of one family: by group and literal resource name to find what can apply to a principal at all, then
 * by keyword to find what can match an atom. The first step is remembered with the principal object, which lives as
 * long as its session; the memory goes with it.
 *
 * INVARIANT: an index leaves out only rules that cannot match; `explain` evaluates without it and must agree.
 */
export function createRuleIndex(rules: readonly CompiledRule[], family: FactsFamily): RuleIndex {
  const byGroup = bucketByGroup(rules);
  const remembered = new WeakMap<Principal, RememberedScope[]>();
  return {
    scoped: (request) => {
      const { principal, resource, account } = request;
      let scopes = remembered.get(principal);
      const known = scopes?.find((scope) => scope.resource === resource && scope.account === account);
      if (known !== undefined) {
        return known.rules;
      }
      const found = scopeRules(byGroup, request, family);
      if (scopes === undefined || scopes.length >= MAX_SCOPES_PER_PRINCIPAL) {
        scopes = [];
        remembered.set(principal, scopes);
      }
      scopes.push({ resource, account, rules: found });
      return found;
    },
  };
}

interface RememberedScope {
  readonly resource: AccessRequest['resource'];
  readonly account: string;
  readonly rules: ScopedRules;
}

/** Rules that need none of the groups stand under the empty name, which is no group. */
type GroupBuckets = ReadonlyMap<string, ResourceBuckets>;

interface ResourceBuckets {
  readonly byName: Map<string, CompiledRule[]>;
  readonly anyName: CompiledRule[];
}

const NO_GROUP = '';

function bucketByGroup(rules: readonly CompiledRule[]): GroupBuckets {
  const buckets = new Map<string, ResourceBuckets>();
  for (const rule of rules) {
    for (const group of rule.groups ?? [NO_GROUP]) {
      let bucket = buckets.get(group);
      if (bucket === undefined) {
        bucket = { byName: new Map(), anyName: [] };
        buckets.set(group, bucket);
      }
      if (rule.resourceNames === undefined) {
        bucket.anyName.push(rule);
      }
      for (const name of rule.resourceNames ?? []) {
        append(bucket.byName, name, rule);
      }
    }
  }
  return buckets;
}

function scopeRules(buckets: GroupBuckets, request: AccessRequest, family: FactsFamily): ScopedRules {
  const found = new Set<CompiledRule>();
  for (const group of [NO_GROUP, ...request.principal.groups]) {
    const bucket = buckets.get(group);
    for (const rule of [...(bucket?.anyName ?? []), ...(bucket?.byName.get(request.resource.name) ?? [])]) {
      found.add(rule);
    }
  }
  const all = [...found]
    .filter((rule) => rule.scope.every((condition) => condition.holds(request)))
    .sort((left, right) => left.order - right.order);
  return {
    all,
    deny: createKeywordIndex(
      all.filter((rule) => rule.effect === 'deny'),
      family,
    ),
    allow: createKeywordIndex(
      all.filter((rule) => rule.effect === 'allow'),
      family,
    ),
  };
}

interface KeywordBuckets {
  readonly dimension: string;
  readonly byWord: Map<string, CompiledRule[]>;
  /** All rules of this dimension: an atom without values in it is covered by every allow. */
  readonly all: CompiledRule[];
}

function createKeywordIndex(rules: readonly CompiledRule[], family: FactsFamily): KeywordIndex {
  const unindexed: CompiledRule[] = [];
  const dimensions = Object.entries(family.dimensions)
    .filter(([, dimension]) => dimension.match.by === 'keyword')
    .map(([dimension]): KeywordBuckets => ({ dimension, byWord: new Map(), all: [] }));
  for (const rule of rules) {
    const restricted = rule.dimensions.filter((dimension) => dimension.keywords !== undefined);
    const narrowest = restricted.sort((left, right) => left.patterns.length - right.patterns.length)[0];
    const buckets = dimensions.find((candidate) => candidate.dimension === narrowest?.name);
    if (buckets === undefined) {
      unindexed.push(rule);
      continue;
    }
    buckets.all.push(rule);
    for (const word of new Set(narrowest?.patterns)) {
      append(buckets.byWord, word, rule);
    }
  }
  const used = dimensions.filter((buckets) => buckets.all.length > 0);
  return { candidates: (atom) => collect(atom, used, unindexed) };
}

/** Most atoms find one list, which is given as it is; it must not be changed. */
function collect(
  atom: Atom,
  dimensions: readonly KeywordBuckets[],
  unindexed: readonly CompiledRule[],
): readonly CompiledRule[] {
  let found = unindexed;
  for (const buckets of dimensions) {
    const more = bucketsFor(atom.values[buckets.dimension], buckets);
    if (more.length > 0) {
      found = found.length === 0 ? more : [...found, ...more];
    }
  }
  return found;
}

const NO_RULES: readonly CompiledRule[] = [];

function bucketsFor(values: readonly string[] | undefined, buckets: KeywordBuckets): readonly CompiledRule[] {
  if (values === undefined || values.length === 0) {
    return buckets.all;
  }
  const [first] = values;
  return values.length === 1
    ? (buckets.byWord.get(first ?? '') ?? NO_RULES)
    : [...new Set(values.flatMap((value) => buckets.byWord.get(value) ?? NO_RULES))];
}

function append(map: Map<string, CompiledRule[]>, key: string, rule: CompiledRule): void {
  const list = map.get(key);
  if (list === undefined) {
    map.set(key, [rule]);
  } else {
    list.push(rule);
  }
}
