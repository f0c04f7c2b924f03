import { describe, expect, it } from 'vitest';
import { createPrincipalGroups, type UngroupedPrincipal } from './principal-groups.ts';

const CLAIMS: UngroupedPrincipal = {
  issuer: 'https://idp.example',
  subject: 'agent-1',
  agent: 'bot',
  delegation: [],
  tokenDigest: 'ab'.repeat(16),
  expiresAtMs: 1_000,
};
const mapped = (map: Readonly<Record<string, readonly string[]>>) => [
  { issuer: CLAIMS.issuer, groupMapping: { map, prefix: '' } },
];

describe('principals under a changing group mapping', () => {
  it('P12: follow the mapping of this moment, by what their provider said of them', () => {
    const groups = createPrincipalGroups(mapped({ 'idp-data': ['data-agents'] }));
    const principal = groups.principalOf(CLAIMS, ['idp-data', 'other']);
    if (principal === undefined) throw new Error('no principal');
    expect(principal.groups).toEqual(['data-agents']);
    expect(groups.providerGroupsOf(principal)).toEqual(['idp-data', 'other']);

    groups.replace(mapped({ 'idp-data': ['readers'], other: ['dba'] }));
    const now = groups.current(principal);
    expect(now).toEqual({ ...principal, groups: ['dba', 'readers'] });
    expect(now !== undefined && groups.current(now)).toBe(now);
    expect(principal.groups).toEqual(['data-agents']);
  });

  it('are the same object as long as nothing changes for them, so that decisions can be remembered', () => {
    const groups = createPrincipalGroups(mapped({ a: ['x'] }));
    const principal = groups.principalOf(CLAIMS, ['a']);
    if (principal === undefined) throw new Error('no principal');
    expect(groups.current(principal)).toBe(principal);
    groups.replace(mapped({ a: ['x'], b: ['y'] }));
    expect(groups.current(principal)).toBe(principal);
    expect(Object.isFrozen(principal) && Object.isFrozen(principal.groups)).toBe(true);
  });

  it('P12: are nobody once their issuer is trusted no more, and come back with it', () => {
    const groups = createPrincipalGroups(mapped({ a: ['x'] }));
    const principal = groups.principalOf(CLAIMS, ['a']);
    if (principal === undefined) throw new Error('no principal');
    groups.replace([]);
    expect(groups.current(principal)).toBeUndefined();
    expect(groups.principalOf(CLAIMS, ['a'])).toBeUndefined();
    groups.replace(mapped({ a: ['x'] }));
    expect(groups.current(principal)).toBe(principal);
  });

  it('P11: a principal that was made elsewhere, or copied, is nobody', () => {
    const groups = createPrincipalGroups(mapped({ a: ['x'] }));
    const principal = groups.principalOf(CLAIMS, ['a']);
    if (principal === undefined) throw new Error('no principal');
    expect(groups.current({ ...principal, groups: ['admins'] })).toBeUndefined();
    expect(groups.providerGroupsOf({ ...principal })).toBeUndefined();
  });
});
