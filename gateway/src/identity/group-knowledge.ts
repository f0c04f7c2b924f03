import { passesThrough } from './group-mapping.ts';
import type { IssuerConfig } from './issuer-config.ts';

/** A policy group that an issuer's map names. */
interface MappedGroup {
  readonly group: string;
  readonly issuer: string;
  /** Provider groups that lead to it, sorted. */
  readonly from: readonly string[];
}

/** What the issuers' mappings say about policy groups, for `policy check`. */
export interface GroupKnowledge {
  /** Every policy group a token can bring, sorted; `any` when an issuer passes names through. */
  readonly producible: 'any' | readonly string[];
  /** Whether some issuer can bring this group: mapped, or passed through with the issuer's prefix. */
  readonly canProduce: (group: string) => boolean;
  /** Groups that a map names, by issuer and then by name: candidates for "mapped, but no rule uses it". */
  readonly mapped: readonly MappedGroup[];
}

/** Reads the mappings of all issuers; no token and no identity provider is asked. */
export function readGroupKnowledge(
  issuers: readonly Pick<IssuerConfig, 'issuer' | 'groupMapping'>[],
): GroupKnowledge {
  const mapped = issuers.flatMap(mappedGroups);
  const names = new Set(mapped.map((entry) => entry.group));
  const prefixes = issuers
    .filter((issuer) => passesThrough(issuer.groupMapping))
    .map((issuer) => issuer.groupMapping.prefix);
  return {
    producible: prefixes.length > 0 ? 'any' : [...names].sort(),
    canProduce: (group) =>
      names.has(group) || prefixes.some((prefix) => group.startsWith(prefix) && group.length > prefix.length),
    mapped,
  };
}

function mappedGroups(issuer: Pick<IssuerConfig, 'issuer' | 'groupMapping'>): readonly MappedGroup[] {
  const sources = new Map<string, string[]>();
  for (const [from, groups] of Object.entries(issuer.groupMapping.map ?? {})) {
    for (const group of new Set(groups)) sources.set(group, [...(sources.get(group) ?? []), from]);
  }
  return [...sources]
    .map(([group, from]) => ({ group, issuer: issuer.issuer, from: from.sort() }))
    .sort((a, b) => (a.group < b.group ? -1 : 1));
}
