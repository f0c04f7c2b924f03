import type { Principal } from '../model/principal.ts';
import { mapGroups } from './group-mapping.ts';
import type { IssuerConfig } from './issuer-config.ts';

/** A principal before its provider's group names became policy groups. */
export type UngroupedPrincipal = Omit<Principal, 'groups'>;

/** What an issuer's config says about groups. */
export type IssuerGroups = Pick<IssuerConfig, 'issuer' | 'groupMapping'>;

/**
 * Principals under the group mapping of this moment. It keeps what a provider said of a principal's groups, never the token,
 * so that a changed mapping acts on who is here already (P12).
 */
export interface PrincipalGroups {
  /** Makes the principal, frozen; undefined where its issuer is not trusted, or no more. */
  principalOf(claims: UngroupedPrincipal, providerGroups: readonly string[]): Principal | undefined;
  /** The groups as the provider names them; undefined for a principal that was not made here. */
  providerGroupsOf(principal: Principal): readonly string[] | undefined;
  /**
   * The principal as it is now: the same object where nothing changed. Undefined where its issuer is trusted no more, or
   * where it was not made here, which proves nothing.
   */
  current(principal: Principal): Principal | undefined;
  /** Replaces the mappings of all issuers; one that is left out is trusted no more. */
  replace(issuers: readonly IssuerGroups[]): void;
}

interface Known {
  readonly providerGroups: readonly string[];
  /** How often the mappings had been replaced when the groups were last computed. */
  generation: number;
}

/** Makes it for the issuers of the config. */
export function createPrincipalGroups(issuers: readonly IssuerGroups[]): PrincipalGroups {
  const known = new WeakMap<Principal, Known>();
  let mappings = mappingsOf(issuers);
  let generation = 0;

  function principalOf(claims: UngroupedPrincipal, providerGroups: readonly string[]): Principal | undefined {
    const mapping = mappings.get(claims.issuer);
    if (mapping === undefined) return undefined;
    const principal = Object.freeze({
      ...claims,
      groups: Object.freeze([...mapGroups(providerGroups, mapping)]),
    });
    known.set(principal, { providerGroups, generation });
    return principal;
  }

  function current(principal: Principal): Principal | undefined {
    const entry = known.get(principal);
    if (entry === undefined || !mappings.has(principal.issuer)) return undefined;
    if (entry.generation === generation) return principal;
    const now = principalOf(principal, entry.providerGroups);
    if (now === undefined || !isSame(now.groups, principal.groups)) return now;
    entry.generation = generation;
    return principal;
  }

  return {
    principalOf,
    current,
    providerGroupsOf: (principal) => known.get(principal)?.providerGroups,
    replace(next) {
      mappings = mappingsOf(next);
      generation += 1;
    },
  };
}

function mappingsOf(issuers: readonly IssuerGroups[]): ReadonlyMap<string, IssuerConfig['groupMapping']> {
  return new Map(issuers.map(({ issuer, groupMapping }) => [issuer, groupMapping]));
}

/** Both are sorted. */
function isSame(left: readonly string[], right: readonly string[]): boolean {
  return left.length === right.length && left.every((group, index) => group === right[index]);
}
