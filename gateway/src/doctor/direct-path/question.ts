import { lookup } from 'node:dns/promises';
import { hostname } from 'node:os';
import type { Plan } from '../../config/schema.ts';
import { configuredResources } from '../checks/resources.ts';
import type { ProbeQuestion } from './challenge.ts';

/** What a probe has to look at: each resource by its name and by each address of it, and where the gateway listens. */
export async function questionOf(plan: Plan, gateway: readonly string[]): Promise<ProbeQuestion> {
  const targets = new Set<string>();
  for (const { protocol, configured } of configuredResources(plan)) {
    const host = protocol.doctor.host(configured.config);
    // A proxy for places that its config lists by pattern has no host of its own.
    if (host === '') continue;
    // A name that means nothing at the agent's place closes no way: the address may still be reachable.
    const found = await lookup(host, { all: true }).catch(() => []);
    for (const place of new Set([host, ...found.map(({ address }) => address)])) {
      for (const target of protocol.doctor.directTargets(configured.config, place)) targets.add(target);
    }
  }
  return { targets: [...targets], controls: gateway.length > 0 ? gateway : listenAddresses(plan) };
}

function listenAddresses({ listeners, tls }: Plan): readonly string[] {
  return listeners
    .filter(({ listen }) => listen.port !== 0)
    .flatMap(({ listen: { host, port } }) => {
      const hosts = host === '0.0.0.0' || host === '::' ? [hostname(), ...tls.names] : [host];
      return hosts.map((name) => `${name.includes(':') ? `[${name}]` : name}:${port}`);
    });
}
