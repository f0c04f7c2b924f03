import { describe, expect, it } from 'vitest';
import { apiSchema } from './api-schema.ts';

describe('the key `api`', () => {
  it('lets nobody in but the group admins, and answers to no further name', () => {
    expect(apiSchema.parse({ listen: '127.0.0.1:8443' })).toEqual({
      listen: { host: '127.0.0.1', port: 8443 },
      names: [],
      groups: { viewers: [], approvers: [], auditors: [], admins: ['admins'] },
    });
  });

  it('takes groups for each role, and names', () => {
    const groups = { viewers: ['staff'], approvers: ['dba'], auditors: ['auditors'], admins: ['platform'] };
    const names = ['gateway.example', '2001:db8::1'];
    expect(apiSchema.parse({ listen: '[::1]:0', groups, names })).toMatchObject({ groups, names });
  });

  it.each([
    [{}],
    [{ listen: ':8443' }],
    [{ listen: '127.0.0.1:0', groups: ['admins'] }],
    [{ listen: '127.0.0.1:0', groups: { reader: ['x'] } }],
    [{ listen: '127.0.0.1:0', groups: { viewers: [''] } }],
    [{ listen: '127.0.0.1:0', names: ['https://gateway.example'] }],
    [{ listen: '127.0.0.1:0', names: ['gateway.example:8443'] }],
    [{ listen: '127.0.0.1:0', names: ['*'] }],
    [{ listen: '127.0.0.1:0', cors: true }],
  ])('refuses %j', (value) => {
    expect(apiSchema.safeParse(value).success).toBe(false);
  });
});
