import type { ConnectionServices } from '../connection.ts';
import type { ClientExchange } from '../downstream/client-exchange.ts';
import type { Route } from '../downstream/route.ts';
import type { FoundClaim } from '../downstream/token.ts';
import { HttpError } from '../errors.ts';
import { answerRefusal, denialOf } from '../refusal.ts';
import type { HttpSession } from '../session.ts';
import { serveOpaque } from './opaque-tunnel.ts';
import { type Opening, serveOpened } from './opened-tunnel.ts';

/** A CONNECT whose session is open. */
export interface TunnelAsked {
  readonly exchange: ClientExchange;
  readonly session: HttpSession;
  readonly found: FoundClaim;
  readonly route: Route;
}

/** The connection that a tunnel is in. */
export interface TunnelConnection {
  readonly how: ConnectionServices;
  noteRefused(error: unknown): void;
}

/**
 * Answers CONNECT and serves the tunnel to its end. Rejects where there is none, with nothing answered.
 * @param requests serves the requests in it; undefined where the connection can be no tunnel
 */
export async function serveTunnel(
  { exchange, session, found, route: { destination } }: TunnelAsked,
  connection: TunnelConnection,
  requests: Opening['requests'] | undefined,
): Promise<void> {
  const { upstreams, services, listener: timeouts, connection: accepted } = connection.how;
  const { gate, hostCertificates: certificates, tls } = services;
  if (destination === undefined || exchange.openTunnel === undefined || requests === undefined) {
    const message = 'CONNECT is served over HTTP/1.1 alone';
    throw new HttpError('ERR_HTTP_NOT_SUPPORTED', 501, message);
  }
  if (!destination.isInspected) {
    const refused = await serveOpaque({ exchange, session, destination, gate, upstreams, timeouts });
    if (refused !== undefined) await answerRefusal(exchange, denialOf(refused), true);
    return;
  }
  const ends = await exchange.openTunnel();
  try {
    const signal = AbortSignal.any([session.over, accepted.draining]);
    const { alpnProtocols } = tls;
    await serveOpened(ends, { found, destination, certificates, alpnProtocols, timeouts, signal, requests });
  } catch (error) {
    // It was answered, and is the client's: what goes wrong in it ends it.
    connection.noteRefused(error);
  } finally {
    exchange.breakOff();
  }
}
