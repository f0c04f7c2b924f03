/** Other names of machines, by which clients may ask for them. */
import type { ConfiguredResource, ProtocolServices, ResourceFault } from '../protocol.ts';
import type { SshResourceConfig } from './config.ts';

type Machine = ConfiguredResource<SshResourceConfig>;

/** The machine of that name, or of that alias. Host names mind no case (RFC 4343), names of resources do. */
export function findMachine(
  name: string,
  { findResource, resources }: Pick<ProtocolServices<SshResourceConfig>, 'findResource' | 'resources'>,
): Machine | undefined {
  const alias = name.toLowerCase();
  return findResource(name) ?? resources.find(({ config }) => config.aliases?.includes(alias) === true);
}

/** What is wrong with the aliases of these resources: one that two have, or that is another's name, would be anybody's. */
export function aliasFaults(resources: readonly Machine[]): readonly ResourceFault[] {
  const taken = new Set(resources.map(({ resource }) => resource.name.toLowerCase()));
  return resources.flatMap(({ resource, config: { aliases = [] } }) =>
    aliases.flatMap((alias) => {
      if (!taken.has(alias)) {
        taken.add(alias);
        return [];
      }
      const message = `${alias} is the name or an alias of a resource already`;
      return [{ resource: resource.name, key: 'aliases', message }];
    }),
  );
}
