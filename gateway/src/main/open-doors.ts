/** The doors of a gateway: from the resources of the plan to the listeners of their protocols. */

import { ListenerError } from '../listener/errors.ts';
import { addressBytes, normalizeAddress } from '../listener/ip-address.ts';
import { openSocketPair } from '../listener/socket-pair.ts';
import type { Door, Doors } from '../protocols/doors.ts';
import type { ConfiguredResource } from '../protocols/protocol.ts';
import type { OpenListener } from './open-listeners.ts';
import { protocolNamed } from './protocol-named.ts';

const HTTP_PORT = 80;

/** @param listeners those that are bound by the time a door is opened */
export function openDoors(
  resources: Iterable<ConfiguredResource<object>>,
  listeners: readonly OpenListener[],
): Doors {
  const byAddress = new Map<string, Door[]>();
  for (const configured of resources) {
    const { doctor, connectTargets } = protocolNamed(configured.resource.protocol);
    const door: Door = { resource: configured.resource, targets: connectTargets(configured) };
    const host = doctor.host(configured.config);
    for (const target of doctor.directTargets(configured.config, host)) {
      const { port } = new URL(target);
      for (const name of new Set([keyOf(host), keyOf(configured.resource.name)])) {
        const key = `${name} ${port === '' ? HTTP_PORT : port}`;
        byAddress.set(key, [...(byAddress.get(key) ?? []), door]);
      }
    }
  }
  return {
    find(host, port) {
      const found = byAddress.get(`${keyOf(host)} ${port}`) ?? [];
      const protocols = new Set(found.map(({ resource }) => resource.protocol));
      // INVARIANT: where two protocols may be meant, none is.
      return protocols.size === 1 ? found : [];
    },
    async open({ resource }, sourceAddress) {
      const found = listeners.find(({ protocol }) => protocol === resource.protocol);
      if (found === undefined) {
        const message = `there is no listener for ${resource.protocol}`;
        throw new ListenerError('ERR_LISTENER_PAIR', message, {
          source: 'downstream',
          publicMessage: message,
        });
      }
      const [near, far] = await openSocketPair();
      found.listener.adopt(far, sourceAddress);
      return near;
    },
  };
}

/** A name as it is compared: no two ways to write one address. */
function keyOf(host: string): string {
  const name = host.toLowerCase().replace(/^\[(.*)\]$/, '$1');
  const bytes = addressBytes(normalizeAddress(name));
  // IPv4 mapped into IPv6 (RFC 4291 section 2.5.5.2), in digits of either kind.
  return bytes === undefined
    ? name
    : Buffer.from(bytes)
        .toString('hex')
        .replace(/^0{20}ffff(?=.{8}$)/, '');
}
