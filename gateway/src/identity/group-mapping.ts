import type { JsonObject } from '../model/json.ts';
import { type ClaimPath, isJsonObject, readClaim } from './claim-path.ts';
import { readClaimText } from './claim-text.ts';
import { tokenError } from './errors.ts';
import type { GroupMapping } from './issuer-config.ts';

const MAX_GROUPS = 1000;

/** Whether groups that the map does not name become policy groups under their own name. */
export function passesThrough(mapping: GroupMapping): boolean {
  return mapping.passThrough ?? mapping.map === undefined;
}

/** Policy groups of a token, by the groups that the provider put into it: sorted by code unit, without duplicates. */
export function mapGroups(providerGroups: readonly string[], mapping: GroupMapping): readonly string[] {
  const groups = new Set<string>();
  for (const name of providerGroups) {
    const mapped =
      mapping.map !== undefined && Object.hasOwn(mapping.map, name) ? mapping.map[name] : undefined;
    if (mapped !== undefined) for (const group of mapped) groups.add(group);
    else if (passesThrough(mapping)) groups.add(mapping.prefix + name);
  }
  return [...groups].sort();
}

/**
 * The groups of a token as its provider names them. A single string is one group: AD FS writes it so when there is only
 * one. It is never split.
 * @throws IdentityError `ERR_IDENTITY_GROUPS_OVERAGE`, `ERR_IDENTITY_GROUPS_INVALID`.
 */
export function readProviderGroups(payload: JsonObject, path: ClaimPath): readonly string[] {
  refuseOverage(payload, path);
  const value = readClaim(payload, path);
  if (value === undefined) return [];
  const listed = Array.isArray(value) ? value : [value];
  if (listed.length > MAX_GROUPS) throw invalid(path, `has more than ${MAX_GROUPS} entries`);
  return listed.map((entry) => {
    const name = readClaimText(entry);
    if (typeof name !== 'string') throw invalid(path, 'is not a list of non-empty strings');
    return name;
  });
}

/**
 * Microsoft Entra leaves the groups out of a token that would hold too many, and says so in `_claim_names` (distributed
 * claims, OpenID Connect Core 1.0 section 5.6.2) or `hasgroups`. Reading that as "no groups" could lift a deny rule.
 */
function refuseOverage(payload: JsonObject, path: ClaimPath): void {
  const elsewhere = payload['_claim_names'];
  const isDistributed =
    elsewhere !== undefined && (!isJsonObject(elsewhere) || Object.hasOwn(elsewhere, path[0]));
  const isLeftOut =
    path[0] === 'groups' && payload['hasgroups'] !== undefined && payload['hasgroups'] !== false;
  if (!isDistributed && !isLeftOut) return;
  throw tokenError(
    'ERR_IDENTITY_GROUPS_OVERAGE',
    'the identity provider left the groups out of the token because there are too many (`_claim_names`)',
    'ask its administrator to send only groups assigned to the application, or to use application roles',
  );
}

function invalid(path: ClaimPath, problem: string): Error {
  return tokenError(
    'ERR_IDENTITY_GROUPS_INVALID',
    `the groups claim \`${path.join('.')}\` of the token ${problem}`,
    'ask the administrator of the gateway to check `claims.groups` of the issuer',
  );
}
