/** The upstream logins of a resource, where it may have several: how they are named, chosen and offered. */
import { z } from 'zod';
import type { Facts } from '../model/facts.ts';
import { connectFacts } from './connect.ts';

/** What every resource with logins says of them, whatever a login has besides its name. */
export interface Accounts<Account extends { readonly name: string } = { readonly name: string }> {
  readonly accounts: readonly Account[];
  /** Account used when the client names none; may be absent if there is one account. */
  readonly defaultAccount?: string;
}

/** Names that fit into the login names of clients, `ACCOUNT+RESOURCE`. */
export const accountName: z.ZodString = z
  .string()
  .regex(/^[A-Za-z0-9_][A-Za-z0-9_.-]{0,62}$/, 'an account name has letters, digits, _ . - only');

/** What is wrong with the names, and where it stands in the config of the resource. */
export function accountConflicts({
  accounts,
  defaultAccount,
}: Accounts): readonly { readonly message: string; readonly at: readonly (string | number)[] }[] {
  const names = accounts.map(({ name }) => name);
  const repeated = names.flatMap((name, index) =>
    names.indexOf(name) === index
      ? []
      : [{ message: 'another account has this name', at: ['accounts', index, 'name'] }],
  );
  const at = ['defaultAccount'];
  if (defaultAccount === undefined && names.length > 1) {
    return [...repeated, { message: 'say which of the accounts is the default', at }];
  }
  if (defaultAccount !== undefined && !names.includes(defaultAccount)) {
    return [...repeated, { message: 'no account has this name', at }];
  }
  return repeated;
}

/** The account of that name, or the default one for undefined; undefined where there is none. */
export function findAccount<Account extends { readonly name: string }>(
  { accounts, defaultAccount }: Accounts<Account>,
  name: string | undefined,
): Account | undefined {
  const wanted = name ?? defaultAccount;
  if (wanted === undefined) return accounts.length === 1 ? accounts[0] : undefined;
  return accounts.find((account) => account.name === wanted);
}

/** Names of all accounts, the default one first. */
export function accountNames(config: Accounts): readonly string[] {
  const first = findAccount(config, undefined);
  const ordered =
    first === undefined ? config.accounts : [first, ...config.accounts.filter((one) => one !== first)];
  return ordered.map(({ name }) => name);
}

/** What clients may ask to open on a resource without databases, the default account first. */
export function connectTargets(
  { resource, config }: { readonly resource: { readonly name: string }; readonly config: Accounts },
  database?: string,
): readonly { readonly account: string; readonly database: string; readonly facts: Facts }[] {
  if (database !== undefined) return [];
  return accountNames(config).map((account) => ({
    account,
    database: '',
    facts: connectFacts(resource.name, account),
  }));
}
