/** Who may do what by the API: roles, which groups of the config give. Groups count as the token proves them, hints never do (P11). */
import type { Principal } from '../model/principal.ts';

/** What somebody is to the API. */
export type ApiRole = 'viewer' | 'approver' | 'auditor' | 'admin';

/** Groups of the config, by the role that they give. */
export interface ApiGroups {
  readonly viewers: readonly string[];
  /** Empty: whoever a rule names may answer, without a role. */
  readonly approvers: readonly string[];
  readonly auditors: readonly string[];
  readonly admins: readonly string[];
}

/**
 * What an endpoint asks for. `anyone` has a valid token, and is shown what is theirs; `reader` is a viewer or more; whoever
 * answers requests is of a group that the rule names, whatever the role.
 */
export type Role = 'anyone' | 'approver' | 'reader' | 'auditor' | 'admin';

const GIVES: readonly (readonly [keyof ApiGroups, readonly ApiRole[]])[] = [
  ['viewers', ['viewer']],
  ['approvers', ['approver']],
  ['auditors', ['viewer', 'auditor']],
  ['admins', ['viewer', 'auditor', 'admin']],
];

const ORDER: readonly ApiRole[] = ['viewer', 'approver', 'auditor', 'admin'];

/** The roles of a principal. Admins are auditors, and those are viewers; who approves is a matter of its own. */
export function rolesOf({ groups: own }: Principal, groups: ApiGroups): readonly ApiRole[] {
  const given = new Set(
    GIVES.flatMap(([name, roles]) => (own.some((group) => groups[name].includes(group)) ? roles : [])),
  );
  return ORDER.filter((role) => given.has(role));
}

/** Whether a principal may use an endpoint that asks for this. */
export function mayUse(role: Role, principal: Principal, groups: ApiGroups): boolean {
  switch (role) {
    case 'anyone':
      return true;
    case 'approver':
      return groups.approvers.length === 0 || rolesOf(principal, groups).includes('approver');
    case 'reader':
      return rolesOf(principal, groups).includes('viewer');
    case 'auditor':
    case 'admin':
      return rolesOf(principal, groups).includes(role);
  }
}

/** Which roles may use an endpoint that asks for this, for people. */
export const AUDIENCE: Readonly<Record<Role, string>> = {
  anyone: 'everybody with a valid token',
  approver: 'approvers',
  reader: 'viewers, auditors and admins',
  auditor: 'auditors and admins',
  admin: 'admins',
};
