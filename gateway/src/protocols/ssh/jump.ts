/** Machines that are reached by way of others: `jump` of a resource names the one that opens the connection. */

import { findAccount } from '../../session/accounts.ts';
import type { ConfiguredResource, ResourceFault } from '../protocol.ts';
import type { SshAccount, SshResourceConfig } from './config.ts';

/** The machine that connections lead through, and the login of the gateway there. */
export interface JumpHost {
  readonly name: string;
  readonly config: SshResourceConfig;
  readonly account: SshAccount;
}

/** Finds resources of SSH by name. */
export type FindMachine = (name: string) => Pick<ConfiguredResource<SshResourceConfig>, 'config'> | undefined;

/** Longest way, in jump hosts. */
const MOST_JUMPS = 4;

/** The jump host of a resource; undefined where it has none, `fault` where it cannot be used. */
export function findJump(
  { jump }: SshResourceConfig,
  find: FindMachine,
): JumpHost | undefined | { readonly fault: string } {
  if (jump === undefined) return undefined;
  const [name = '', accountName] = jump.split('+').reverse();
  const found = find(name);
  if (found === undefined) return { fault: `no resource of ssh has the name ${name}` };
  const account = findAccount(found.config, accountName);
  if (account === undefined)
    return { fault: `resource ${name} has no account ${accountName ?? ''}`.trimEnd() };
  return { name, config: found.config, account };
}

/** What is wrong with the jump hosts of these resources: each has to be there, and no way may be endless. */
export function jumpFaults(
  resources: readonly ConfiguredResource<SshResourceConfig>[],
): readonly ResourceFault[] {
  const find: FindMachine = (name) => resources.find(({ resource }) => resource.name === name);
  return resources.flatMap(({ resource, config }) => {
    let at: SshResourceConfig = config;
    for (let count = 0; count <= MOST_JUMPS; count += 1) {
      const jump = findJump(at, find);
      if (jump === undefined) return [];
      // Of a resource further on: it is told there.
      if ('fault' in jump)
        return count === 0 ? [{ resource: resource.name, key: 'jump', message: jump.fault }] : [];
      at = jump.config;
    }
    const message = `leads through more than ${MOST_JUMPS} machines, or in a circle`;
    return [{ resource: resource.name, key: 'jump', message }];
  });
}
