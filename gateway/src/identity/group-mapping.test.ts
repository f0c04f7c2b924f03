import { describe, expect, it } from 'vitest';
import type { JsonObject } from '../model/json.ts';
import { IdentityError } from './errors.ts';
import { readGroupKnowledge } from './group-knowledge.ts';
import { mapGroups, readProviderGroups } from './group-mapping.ts';
import type { GroupMapping } from './issuer-config.ts';

const PASS: GroupMapping = { prefix: '' };

function groupsOf(payload: JsonObject, mapping: GroupMapping = PASS): readonly string[] {
  return mapGroups(readProviderGroups(payload, ['groups']), mapping);
}

describe('the groups of a token', () => {
  it('are sorted and named once', () => {
    expect(groupsOf({ groups: ['b', 'a', 'b', 'B'] })).toEqual(['B', 'a', 'b']);
  });

  it('are none where the claim is absent', () => {
    expect(groupsOf({})).toEqual([]);
  });

  it('may be a single text, which is one group and never split', () => {
    expect(groupsOf({ groups: 'ops admins,root' })).toEqual(['ops admins,root']);
  });

  it('become what the map says, and nothing else passes', () => {
    const map = { 'idp-dba': ['dba', 'readers'], 'idp-dev': ['readers'], dropped: [] };
    expect(groupsOf({ groups: ['idp-dev', 'idp-dba', 'dropped', 'dba'] }, { map, prefix: '' })).toEqual([
      'dba',
      'readers',
    ]);
  });

  it('pass under a prefix where the config says so, and mapped ones without it', () => {
    const mapping: GroupMapping = { map: { a: ['mapped'] }, passThrough: true, prefix: 'corp/' };
    expect(groupsOf({ groups: ['a', 'b'] }, mapping)).toEqual(['corp/b', 'mapped']);
  });

  it('are never found in the prototype of the map', () => {
    expect(groupsOf({ groups: ['constructor', '__proto__', 'toString'] }, { map: {}, prefix: '' })).toEqual(
      [],
    );
  });

  it.each([
    ['an object', { admin: true }],
    ['a number', 7],
    ['null', null],
    ['a list with an object', ['a', {}]],
    ['a list in a list', [['a']]],
    ['an empty name', ['']],
    ['a name with NUL', ['a\0b']],
    ['a name that reads backwards', ['a\u202eb']],
    ['too many', Array.from({ length: 1001 }, (_, n) => `g${n}`)],
  ])('are refused as %s', (_name, groups) => {
    expect(() => groupsOf({ groups })).toThrow(
      expect.objectContaining({ code: 'ERR_IDENTITY_GROUPS_INVALID' }),
    );
  });

  it.each([
    [{ _claim_names: { groups: 'src1' }, _claim_sources: {} }],
    [{ _claim_names: 'groups' }],
    [{ hasgroups: true }],
    [{ hasgroups: 'true', groups: ['a'] }],
  ])('are refused when the provider left them out: %j', (payload) => {
    expect(() => groupsOf(payload)).toThrow(expect.objectContaining({ code: 'ERR_IDENTITY_GROUPS_OVERAGE' }));
    expect(() => groupsOf(payload)).toThrow(IdentityError);
  });

  it('are not refused when another claim was left out', () => {
    const payload = { _claim_names: { groups: 'src1' }, hasgroups: true, roles: ['dba'] };
    expect(mapGroups(readProviderGroups(payload, ['roles']), PASS)).toEqual(['dba']);
  });
});

describe('what the mappings can produce', () => {
  const closed = {
    issuer: 'https://a.example',
    groupMapping: { map: { x: ['dba'], y: ['readers', 'dba'] }, prefix: '' },
  };

  it('is known exactly when nothing passes through', () => {
    const knowledge = readGroupKnowledge([closed]);
    expect(knowledge.producible).toEqual(['dba', 'readers']);
    expect(knowledge.canProduce('dba')).toBe(true);
    expect(knowledge.canProduce('x')).toBe(false);
    expect(knowledge.mapped).toEqual([
      { group: 'dba', issuer: 'https://a.example', from: ['x', 'y'] },
      { group: 'readers', issuer: 'https://a.example', from: ['y'] },
    ]);
  });

  it('is anything with the prefix of an issuer that passes names through', () => {
    const open = { issuer: 'https://b.example', groupMapping: { prefix: 'b/' } };
    const knowledge = readGroupKnowledge([closed, open]);
    expect(knowledge.producible).toBe('any');
    expect(['b/x', 'dba'].map(knowledge.canProduce)).toEqual([true, true]);
    expect(['b/', 'other'].map(knowledge.canProduce)).toEqual([false, false]);
  });

  it('is nothing without issuers', () => {
    expect(readGroupKnowledge([])).toMatchObject({ producible: [], mapped: [] });
  });
});
