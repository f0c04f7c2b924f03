/**
 * Serves HTTP clients: one `serve` a connection, from its first byte to its last. Every failure is answered in HTTP and
 * recorded; none leaves this file.
 */
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import type { TLSSocket } from 'node:tls';
import type { Connection } from '../../listener/listener.ts';
import { upgradeToTls } from '../../listener/tls-upgrade.ts';
import { GatewayError } from '../../model/gateway-error.ts';
import type { ConfiguredResource, ProtocolServer, ProtocolServices } from '../protocol.ts';
import { ChunkSource } from './chunk-source.ts';
import type { HttpConfig, HttpResourceConfig } from './config.ts';
import { Destinations } from './destinations/destinations.ts';
import { ClientStream } from './downstream/client-stream.ts';
import { serveHttp1 } from './downstream/http1-connection.ts';
import { serveHttp2 } from './downstream/http2/http2-connection.ts';
import { HttpError } from './errors.ts';
import type { HttpListenerConfig } from './listener-config.ts';
import { encodeRefusal, errorRefusal } from './refusal.ts';
import { ResourceFacts } from './resource-facts.ts';
import { Upstreams } from './upstream/services.ts';

/** First byte of a TLS record that holds a handshake (RFC 8446 section 5.1). */
const TLS_HANDSHAKE = 0x16;
/** A bound for a connection on which nothing comes; the listener's own is earlier. */
const FIRST_BYTE_MS = 120_000;

/** How a client that knows that HTTP/2 is spoken begins (RFC 9113 section 3.4); with TLS it says so in the handshake. */
const PREFACE = 'PRI * HTTP/2.0\r\n';

interface Opened {
  readonly stream: Duplex;
  /** TLS version; undefined without TLS. */
  readonly tls: string | undefined;
  readonly isHttp2: boolean;
}

/** Serves the connections of one HTTP listener. */
export class HttpServer implements ProtocolServer {
  readonly #services: ProtocolServices<HttpResourceConfig>;
  readonly #listener: HttpListenerConfig;
  readonly #upstreams: Upstreams;
  readonly #facts: ResourceFacts;
  readonly #destinations: Destinations | undefined;

  constructor(services: ProtocolServices<HttpConfig>, listener: HttpListenerConfig) {
    this.#services = ofServices(services);
    this.#listener = listener;
    this.#upstreams = new Upstreams(services);
    this.#facts = new ResourceFacts(services.log);
    this.#destinations = listener.forwardProxy ? openProxy(services) : undefined;
  }

  async serve(socket: Socket, connection: Connection): Promise<void> {
    let stream: Duplex = socket;
    try {
      const opened = await this.#open(socket, connection);
      if (opened === undefined) return;
      stream = opened.stream;
      const how = {
        services: this.#services,
        listener: this.#listener,
        upstreams: this.#upstreams,
        facts: this.#facts,
        destinations: this.#destinations,
        connection,
        tls: opened.tls,
      };
      if (opened.isHttp2) await serveHttp2(stream, how);
      else await serveHttp1(new ClientStream(stream, this.#listener), how);
    } catch (error) {
      this.#services.log.warn('connection refused', {
        code: error instanceof GatewayError ? error.code : 'ERR_INTERNAL',
        reason: error instanceof Error ? error.message : String(error),
        address: connection.remoteAddress,
      });
      if (!stream.destroyed && !stream.writableEnded && error instanceof HttpError) {
        stream.end(encodeRefusal(errorRefusal(error)));
      } else stream.destroy();
    }
  }

  /** TLS where the first byte begins it, plaintext where that is permitted. Undefined when nothing came. */
  async #open(socket: Socket, connection: Connection): Promise<Opened | undefined> {
    const first = await firstChunk(socket);
    if (first === undefined) return undefined;
    socket.unshift(first);
    if (first[0] === TLS_HANDSHAKE) {
      const how = { signal: connection.handshake, start: 'implicit' } as const;
      const stream: TLSSocket = await upgradeToTls(socket, this.#services.tls, how);
      return { stream, tls: stream.getProtocol() ?? 'unknown', isHttp2: stream.alpnProtocol === 'h2' };
    }
    if (this.#listener.allowLoopbackPlaintext && isLoopback(connection.remoteAddress)) {
      return { stream: socket, tls: undefined, isHttp2: first.toString('latin1').startsWith(PREFACE) };
    }
    throw new HttpError('ERR_HTTP_PLAINTEXT', 400, 'TLS is required: use an https URL');
  }
}

async function firstChunk(socket: Socket): Promise<Buffer | undefined> {
  const source = new ChunkSource(socket);
  const chunk = await source.next(FIRST_BYTE_MS);
  source.release();
  return Buffer.isBuffer(chunk) ? chunk : undefined;
}

function isLoopback(address: string): boolean {
  return address === '::1' || /^127(\.\d{1,3}){3}$/.test(address);
}

/** The places of a proxy; what its clients and its operator have to know is in the log. */
function openProxy({
  resources,
  hostCertificates,
  log,
}: Pick<ProtocolServices<HttpConfig>, 'resources' | 'hostCertificates' | 'log'>): Destinations {
  const destinations = new Destinations(resources);
  for (const place of destinations.ambiguities) {
    log.warn('more than one resource names a destination: it is refused', { place });
  }
  hostCertificates.open().then(
    () => log.info('clients of the proxy have to trust its CA', { caFile: hostCertificates.caFile }),
    (error: unknown) => {
      const reason = error instanceof Error ? error.message : String(error);
      log.error('no certificates for the proxy: tunnels cannot be opened', { reason });
    },
  );
  return destinations;
}

/** Names lead to services; resources that are many places are reached by the names of these. */
function ofServices(services: ProtocolServices<HttpConfig>): ProtocolServices<HttpResourceConfig> {
  const isService = (
    found: ConfiguredResource<HttpConfig> | undefined,
  ): found is ConfiguredResource<HttpResourceConfig> =>
    found !== undefined && !('destinations' in found.config);
  return {
    ...services,
    resources: services.resources.filter(isService),
    findResource(name) {
      const found = services.findResource(name);
      return isService(found) ? found : undefined;
    },
  };
}
