/** A connection of HTTP/1.1: requests one after the other, answers in their order. */
import { type ConnectionServices, HttpConnection } from '../connection.ts';
import type { Tunnel } from '../proxy/opened-tunnel.ts';
import { encodeRefusal, errorRefusal } from '../refusal.ts';
import type { ClientExchange } from './client-exchange.ts';
import { ClientStream } from './client-stream.ts';
import { Http1Exchange } from './http1-exchange.ts';
import { serveHttp2 } from './http2/http2-connection.ts';

/** Serves requests until one side has enough. Never rejects for what a client did. */
export async function serveHttp1(client: ClientStream, how: ConnectionServices): Promise<void> {
  // Another token, or another resource, ends the session and opens the next.
  const cut = (exchanges: readonly ClientExchange[]): void => {
    if (!exchanges.some((exchange) => exchange instanceof Http1Exchange && exchange.isSwitched))
      client.destroy();
  };
  const connection = new HttpConnection(how, {
    version: 'HTTP/1.1',
    most: 1,
    cut,
    requests: ({ stream, isHttp2 }, tunnel) =>
      isHttp2
        ? serveHttp2(stream, how, { connection, tunnel })
        : serveRequests(new ClientStream(stream, how.listener), connection, tunnel),
  });
  try {
    await serveRequests(client, connection);
  } finally {
    await connection.close(how.connection.draining.aborted ? 'gateway-stopped' : 'client-closed');
  }
}

/** The requests of a connection, or of a tunnel in it, and the end behind them. */
async function serveRequests(
  client: ClientStream,
  connection: HttpConnection,
  tunnel?: Tunnel,
): Promise<void> {
  const { draining } = connection.how.connection;
  const drain = (): void => {
    if (client.isBetween) client.destroy();
  };
  if (draining.aborted) drain();
  draining.addEventListener('abort', drain, { once: true });
  try {
    await serveAll(client, connection, tunnel);
  } finally {
    draining.removeEventListener('abort', drain);
  }
  await client.close();
}

async function serveAll(
  client: ClientStream,
  connection: HttpConnection,
  tunnel: Tunnel | undefined,
): Promise<void> {
  const { draining } = connection.how.connection;
  // One that begins while the gateway stops has asked for nothing yet.
  while (!draining.aborted) {
    const head = await nextHead(client, connection);
    if (head === undefined) return;
    const exchange = new Http1Exchange(client, head, draining);
    await connection.serve(exchange, tunnel);
    if (!exchange.isReusable || client.gone.aborted) return;
    // An offer of a protocol that was not taken up.
    if (head.upgrade !== undefined) client.resume();
  }
}

/** Where framing is lost there is no next request: that is said once. */
async function nextHead(
  client: ClientStream,
  connection: HttpConnection,
): ReturnType<ClientStream['nextHead']> {
  try {
    return await client.nextHead();
  } catch (error) {
    if (!client.gone.aborted) {
      connection.noteRefused(error);
      await client.write(encodeRefusal(errorRefusal(error))).catch(() => client.destroy());
    }
    return undefined;
  }
}
