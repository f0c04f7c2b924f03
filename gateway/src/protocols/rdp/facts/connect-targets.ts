/** What clients may ask to open on a machine. */
import { connectFacts } from '../../../session/connect.ts';
import type { ConfiguredResource, ConnectTarget } from '../../protocol.ts';
import { findAccount, type RdpResourceConfig } from '../config.ts';

/** What clients may ask to open, the default account first. */
export function connectTargets(
  { resource, config }: ConfiguredResource<RdpResourceConfig>,
  database?: string,
): readonly ConnectTarget[] {
  if (database !== undefined) return [];
  const first = findAccount(config, undefined);
  const accounts =
    first === undefined ? config.accounts : [first, ...config.accounts.filter((one) => one !== first)];
  return accounts.map(({ name: account }) => ({
    account,
    database: '',
    facts: connectFacts(resource.name, account),
  }));
}
