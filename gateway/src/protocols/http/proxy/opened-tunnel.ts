/** A tunnel that the gateway opens: it stands in for the place that the client named, and serves the requests in it. */
import type { Destination } from '../destinations/destinations.ts';
import type { TunnelEnds } from '../downstream/client-exchange.ts';
import type { FoundClaim } from '../downstream/token.ts';
import { type OpenedStream, openStream, type StreamOpening } from './open-stream.ts';

/** Where requests inside of a tunnel are for, and who asks. */
export interface Tunnel {
  readonly found: FoundClaim;
  readonly destination: Destination;
  /** Why all that is asked in it is refused: it names another place than it leads to. */
  readonly misdirection: string | undefined;
}

/** What a tunnel is opened with. */
export interface Opening extends Omit<StreamOpening, 'host' | 'scheme'> {
  readonly found: FoundClaim;
  readonly destination: Destination;
  /** Serves the requests in it to their end. */
  readonly requests: (opened: OpenedStream, tunnel: Tunnel) => Promise<void>;
}

/** Serves a tunnel to its end. Rejects where it cannot be opened; nothing was forwarded then. */
export async function serveOpened(ends: TunnelEnds, opening: Opening): Promise<void> {
  const { found, destination, requests } = opening;
  const { scheme, authority } = destination;
  const opened = await openStream(ends, { ...opening, scheme, host: authority.host });
  if (opened === undefined) return;
  const { serverName } = opened;
  const misdirection =
    serverName === undefined || serverName === authority.host
      ? undefined
      : 'a TLS server name that is not the host of the tunnel';
  await requests(opened, { found, destination, misdirection });
}
