import type { ClientExchange } from '../downstream/client-exchange.ts';
import { ClientStream } from '../downstream/client-stream.ts';
import { Http1Exchange } from '../downstream/http1-exchange.ts';
import { answerRefusal, type Refusal } from '../refusal.ts';
import { openStream } from './open-stream.ts';
import { placeOf } from './proxy-route.ts';
import type { TunnelConnection } from './serve-tunnel.ts';

/**
 * Answers a refused CONNECT with a tunnel whose first request gets the refusal: most clients show nothing of an answer to
 * CONNECT itself. Nothing in the tunnel leads anywhere. False where there can be none, with nothing answered.
 */
export async function refuseInTunnel(
  exchange: ClientExchange,
  refusal: Refusal,
  from: TunnelConnection,
): Promise<boolean> {
  const { listener: timeouts, services, connection } = from.how;
  const place = placeOf(exchange.head);
  if (!timeouts.denialsInTunnels || !place.ok || exchange.openTunnel === undefined) return false;
  const ends = await exchange.openTunnel();
  try {
    const opened = await openStream(ends, {
      host: place.value.host,
      scheme: undefined,
      certificates: services.hostCertificates,
      alpnProtocols: ['http/1.1'],
      timeouts,
      signal: connection.draining,
    });
    if (opened === undefined) return true;
    const client = new ClientStream(opened.stream, timeouts);
    const head = await client.nextHead();
    if (head === undefined) return true;
    await answerRefusal(new Http1Exchange(client, head, connection.draining), refusal, true);
    await client.close();
  } catch (error) {
    // It was answered: what goes wrong in it ends it.
    from.noteRefused(error);
  } finally {
    exchange.breakOff();
  }
  return true;
}
