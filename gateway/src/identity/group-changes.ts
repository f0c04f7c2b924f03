import type { IssuerConfig } from './issuer-config.ts';
import type { IssuerGroups } from './principal-groups.ts';

/** What of a changed config takes effect while the gateway runs. */
export interface GroupChanges {
  /** The issuers that stay trusted, with their new group mappings. */
  readonly trusted: readonly IssuerGroups[];
  /** Issuers that are new, or changed in more than their mapping: for these the gateway has to be started again. */
  readonly waiting: readonly string[];
}

/**
 * Compares the issuers of the running gateway with those of a new config. An issuer that is left out is trusted no more at
 * once; what widens trust waits for a restart.
 */
export function readGroupChanges(
  running: readonly IssuerConfig[],
  next: readonly IssuerConfig[],
): GroupChanges {
  const before = new Map(running.map((config) => [config.issuer, config]));
  return {
    trusted: next
      .filter(({ issuer }) => before.has(issuer))
      .map(({ issuer, groupMapping }) => ({ issuer, groupMapping })),
    waiting: next
      .filter((config) => !isSameBesideGroups(before.get(config.issuer), config))
      .map(({ issuer }) => issuer),
  };
}

/** Both come from one schema, so that their keys have one order. */
function isSameBesideGroups(before: IssuerConfig | undefined, now: IssuerConfig): boolean {
  const text = (config: IssuerConfig): string => JSON.stringify({ ...config, groupMapping: null });
  return before !== undefined && text(before) === text(now);
}
