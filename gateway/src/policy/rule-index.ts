import type { AccessRequest } from '../model/access-request.ts';
import type { FactsFamily } from '../model/facts.ts';
import type { Principal } from '../model/principal.ts';
import { type AtomIndex, createAtomIndex } from './atom-index.ts';
import type { CompiledRule } from './compiled-rule.ts';
import type { NameCache } from './dimension.ts';

/** The rules of one family that apply to one principal on one resource and account, ready to be asked by atom. */
export interface ScopedRules {
  readonly deny: AtomIndex;
  readonly allow: AtomIndex;
  /** All of them, in policy order. */
  readonly all: readonly CompiledRule[];
  /** Those that mask columns. */
  readonly masking: readonly CompiledRule[];
  /** Those that filter rows. */
  readonly filtering: readonly CompiledRule[];
  /** Allow rules that are enforced and oblige to something. */
  readonly obliging: AtomIndex;
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
export function createRuleIndex(
  rules: readonly CompiledRule[],
  family: FactsFamily,
  names: NameCache,
): RuleIndex {
  const byGroup = bucketByGroup(rules);
  const indexed = createSharing(family, names);
  const remembered = new WeakMap<Principal, RememberedScope[]>();
  return {
    scoped: (request) => {
      const { principal, resource, account } = request;
      let scopes = remembered.get(principal);
      const known = scopes?.find((scope) => scope.resource === resource && scope.account === account);
      if (known !== undefined) {
        return known.rules;
      }
      const found = indexed(scopeRules(byGroup, request));
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

function scopeRules(buckets: GroupBuckets, request: AccessRequest): readonly CompiledRule[] {
  const found = new Set<CompiledRule>();
  for (const group of [NO_GROUP, ...request.principal.groups]) {
    const bucket = buckets.get(group);
    for (const rule of [...(bucket?.anyName ?? []), ...(bucket?.byName.get(request.resource.name) ?? [])]) {
      found.add(rule);
    }
  }
  return [...found]
    .filter((rule) => rule.scope.every((condition) => condition.holds(request)))
    .sort((left, right) => left.order - right.order);
}

const MAX_SHARED = 256;

/** Indexes a list of rules; principals to whom the same rules apply share one index. */
function createSharing(
  family: FactsFamily,
  names: NameCache,
): (rules: readonly CompiledRule[]) => ScopedRules {
  const shared = new Map<string, ScopedRules>();
  return (all) => {
    const key = all.map((rule) => rule.order).join();
    let scoped = shared.get(key);
    if (scoped === undefined) {
      const index = (isMeant: (rule: CompiledRule) => boolean): AtomIndex =>
        createAtomIndex(all.filter(isMeant), family, names);
      scoped = {
        all,
        deny: index(({ effect }) => effect === 'deny'),
        allow: index(({ effect }) => effect === 'allow'),
        masking: all.filter(({ masks }) => masks.length > 0),
        filtering: all.filter(({ filters }) => filters),
        obliging: index(
          ({ effect, mode, obligations }) =>
            effect === 'allow' && mode === 'enforce' && obligations.length > 0,
        ),
      };
      if (shared.size >= MAX_SHARED) {
        shared.clear();
      }
      shared.set(key, scoped);
    }
    return scoped;
  };
}

function append(map: Map<string, CompiledRule[]>, key: string, rule: CompiledRule): void {
  const list = map.get(key);
  if (list === undefined) {
    map.set(key, [rule]);
  } else {
    list.push(rule);
  }
}
