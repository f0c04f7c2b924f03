import type { Identified } from '../../../session/identify.ts';
import type { ProtocolServices } from '../../protocol.ts';
import type { Destination, Destinations } from '../destinations/destinations.ts';
import type { RequestHead } from '../wire/head/request-head.ts';
import { placeOf, unknownDestination } from './proxy-route.ts';

/** Who asks for a place, and what the answer depends on. */
export interface PlaceAsked {
  readonly head: RequestHead;
  readonly destinations: Destinations;
  /** Proves who asks: nobody else is told which places there are. */
  readonly prove: () => Promise<Identified>;
  readonly services: Pick<ProtocolServices<unknown>, 'audit'>;
  readonly sourceAddress: string;
}

/** The place that a request of a proxy's client names. Rejects with HttpError 403, on record, where no resource does (P3). */
export async function destinationOf(asked: PlaceAsked): Promise<Destination> {
  const { head, destinations, prove, services, sourceAddress } = asked;
  const place = placeOf(head);
  const scheme = head.target.form === 'absolute' ? head.target.scheme : undefined;
  const found = place.ok ? destinations.find(place.value, scheme) : undefined;
  if (found?.kind === 'found') return found.destination;
  const { principal } = await prove();
  const { host, port } = place.ok ? place.value : head.authority;
  const destination = port === undefined ? host : `${host}:${port}`;
  const reason = !place.ok
    ? place.reason
    : found?.kind === 'ambiguous'
      ? 'more than one resource names it'
      : undefined;
  await services.audit.append([
    {
      type: 'destination.refused',
      protocol: 'http',
      principal,
      sourceAddress,
      destination,
      reason: reason ?? 'no resource names it',
    },
  ]);
  throw unknownDestination(destination, reason);
}
