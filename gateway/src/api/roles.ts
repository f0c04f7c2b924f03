import type { Principal } from '../model/principal.ts';

/** Groups of the config that may use the API. */
export interface ApiGroups {
  readonly readers: readonly string[];
  readonly admins: readonly string[];
}

/** What an endpoint asks for: any valid token, or one of the groups. */
export type Role = 'anyone' | 'reader' | 'admin';

/** The roles of a principal; admins are readers. Groups count as the token proves them, hints never do (P11). */
export function rolesOf(principal: Principal, groups: ApiGroups): readonly ('reader' | 'admin')[] {
  const isIn = (names: readonly string[]): boolean => principal.groups.some((group) => names.includes(group));
  if (isIn(groups.admins)) return ['reader', 'admin'];
  return isIn(groups.readers) ? ['reader'] : [];
}
