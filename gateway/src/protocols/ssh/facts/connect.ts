/** Opening a session on a machine, as the policy judges it: family `connect`, before the machine is dialled. */
import type { AccessRequest } from '../../../model/access-request.ts';
import type { Facts } from '../../../model/facts.ts';
import { openingAsk } from '../../../model/opening-ask.ts';
import type { ConfiguredResource, ConnectTarget } from '../../protocol.ts';
import { findAccount, type SshResourceConfig } from '../config.ts';

/** Facts of opening a session. A machine has no databases, so no rule that names some covers it. */
export function connectFacts(resource: string, account: string): Facts {
  const summary = `connect to ${resource} as account ${account}`;
  const statement = { summary, atoms: [{ label: summary, values: {} }], attributes: {}, opaque: [] };
  return { family: 'connect', action: 'connect', statements: [statement] };
}

/** What clients may ask to open, the default account first. */
export function connectTargets(
  { resource, config }: ConfiguredResource<SshResourceConfig>,
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

/** What an approval of a session is bound to, and what its approvers see. */
export function connectAsk(access: AccessRequest): ReturnType<typeof openingAsk> {
  return openingAsk(access, 'open a session');
}
