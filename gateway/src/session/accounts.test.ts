import { expect, test } from 'vitest';
import { accountConflicts, accountName, connectTargets, findAccount } from './accounts.ts';

const one = { accounts: [{ name: 'app' }] };
const two = { accounts: [{ name: 'app' }, { name: 'reader' }], defaultAccount: 'reader' };

test('the default account answers where none is named, and no name makes up an account', () => {
  expect([findAccount(one, undefined)?.name, findAccount(two, undefined)?.name]).toEqual(['app', 'reader']);
  expect(findAccount({ accounts: two.accounts }, undefined)).toBeUndefined();
  for (const name of ['postgres', '', 'APP', '__proto__']) expect(findAccount(one, name)).toBeUndefined();
});

test('the default account is offered first, and nothing on a database that is not there', () => {
  const offered = connectTargets({ resource: { name: 'box' }, config: two });
  expect(offered.map(({ account, facts }) => [account, facts.statements[0]?.summary])).toEqual([
    ['reader', 'connect to box as account reader'],
    ['app', 'connect to box as account app'],
  ]);
  expect(connectTargets({ resource: { name: 'box' }, config: two }, 'sales')).toEqual([]);
});

test('a name that stands twice and a default that is none are told by where they stand', () => {
  expect(accountConflicts(one)).toEqual([]);
  expect(accountConflicts(two)).toEqual([]);
  expect(accountConflicts({ accounts: [...two.accounts, { name: 'app' }] })).toEqual([
    { message: 'another account has this name', at: ['accounts', 2, 'name'] },
    { message: 'say which of the accounts is the default', at: ['defaultAccount'] },
  ]);
  expect(accountConflicts({ ...one, defaultAccount: 'reader' })).toEqual([
    { message: 'no account has this name', at: ['defaultAccount'] },
  ]);
});

test('P11: no name of an account can be taken for another part of a login name', () => {
  for (const name of ['a+b', '', '.a', 'a b', 'a\0', 'x'.repeat(64)]) {
    expect(accountName.safeParse(name).success, JSON.stringify(name)).toBe(false);
  }
  expect(accountName.safeParse('deploy-bot.2').success).toBe(true);
});
