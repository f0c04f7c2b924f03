/** Watches the health of the resources that have one place to look at, each by its own protocol. */

import { probeTarget } from '../doctor/direct-path/probe.ts';
import type { ConfiguredResource } from '../protocols/protocol.ts';
import { ResourceWatch, type WatchedResource } from '../resource-watch/resource-watch.ts';
import type { Parts } from './parts.ts';
import { protocolNamed } from './protocol-named.ts';

/** Begins to look, until `undo` is disposed. */
export function openWatch(
  { resources, clock, log }: Pick<Parts, 'resources' | 'clock' | 'log'>,
  undo: DisposableStack | AsyncDisposableStack,
): ResourceWatch {
  const watch = new ResourceWatch([...resources.values()].flatMap(watched), { clock, log });
  undo.defer(() => watch.close());
  watch.start();
  return watch;
}

function watched({ resource, config }: ConfiguredResource<object>): readonly WatchedResource[] {
  const { doctor } = protocolNamed(resource.protocol);
  // All targets of a resource are at one address.
  const [target] = doctor.directTargets(config, doctor.host(config));
  if (target === undefined) return [];
  return [{ name: resource.name, probe: () => probeTarget(target) }];
}
