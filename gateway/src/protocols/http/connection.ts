/** What one client connection may do: requests, each with the session of who asks, and the gateway's own answers. */
import { exchangeLimits } from '../../enforcement/limits/exchange-limits.ts';
import type { Connection } from '../../listener/listener.ts';
import { GatewayError } from '../../model/gateway-error.ts';
import type { JsonObject } from '../../model/json.ts';
import type { Identified } from '../../session/identify.ts';
import type { ProtocolServices } from '../protocol.ts';
import type { HttpResourceConfig } from './config.ts';
import { ConnectionSessions, type SessionsOptions } from './connection-sessions.ts';
import type { Destinations } from './destinations/destinations.ts';
import type { ClientExchange } from './downstream/client-exchange.ts';
import { metadataUrl, resourceMetadata, type SeenAt } from './downstream/resource-metadata.ts';
import { type Route, routeOf } from './downstream/route.ts';
import { type FoundClaim, findClaim, refuseElsewhere } from './downstream/token.ts';
import { HttpError } from './errors.ts';
import type { HttpFactsOptions } from './facts/http-facts.ts';
import type { WebSocketOffer } from './facts/request-form.ts';
import type { HttpListenerConfig } from './listener-config.ts';
import { destinationOf } from './proxy/destination-of.ts';
import type { Opening, Tunnel } from './proxy/opened-tunnel.ts';
import { isForProxy, routeTo } from './proxy/proxy-route.ts';
import { refuseInTunnel } from './proxy/refuse-in-tunnel.ts';
import { serveTunnel } from './proxy/serve-tunnel.ts';
import { answerDocument, answerRefusal, denialOf, errorRefusal, type Refusal } from './refusal.ts';
import { type HeldBody, holdBody } from './relay/body-window.ts';
import { forward } from './relay/forward.ts';
import { HeldBytes, mostHeld } from './relay/held-bytes.ts';
import { judge } from './relay/judge.ts';
import { judgeable } from './relay/request.ts';
import { unsupported } from './relay/websocket/switch-to-socket.ts';
import type { ResourceFacts } from './resource-facts.ts';
import { HttpSession } from './session.ts';
import type { Upstreams } from './upstream/services.ts';
import type { RequestHead } from './wire/head/request-head.ts';
import { offersWebSocket, readWebSocketRequest } from './wire/websocket/handshake.ts';

const FORBIDDEN = 403;

/** What a connection works with. */
export interface ConnectionServices {
  readonly services: ProtocolServices<HttpResourceConfig>;
  readonly listener: HttpListenerConfig;
  readonly upstreams: Upstreams;
  readonly facts: ResourceFacts;
  /** Places that clients may name; absent where the listener is no proxy. */
  readonly destinations: Destinations | undefined;
  readonly connection: Connection;
  /** TLS version; undefined without TLS. */
  readonly tls: string | undefined;
}

/** What differs between versions of HTTP. */
export type VersionOptions = Pick<SessionsOptions, 'version' | 'most' | 'cut'> & {
  /** Serves the requests inside of a tunnel; absent where there are none. */
  readonly requests?: Opening['requests'];
};

/** Who asks, and where. */
interface Asked {
  readonly found: FoundClaim;
  readonly route: Route;
}

/** A request whose body is held as far as it is looked at. */
interface Carrying {
  readonly exchange: ClientExchange;
  readonly session: HttpSession;
  readonly asked: Asked;
  readonly webSocket: WebSocketOffer | undefined;
  readonly options: HttpFactsOptions;
  readonly held: HeldBody;
}

/** A connection, whatever version of HTTP it speaks. */
export class HttpConnection {
  readonly how: ConnectionServices;
  readonly #sessions: ConnectionSessions;
  readonly #memory = new HeldBytes();
  readonly #requests: VersionOptions['requests'];

  constructor(how: ConnectionServices, { requests, ...sessions }: VersionOptions) {
    this.how = how;
    this.#requests = requests;
    const { services, connection, tls } = how;
    this.#sessions = new ConnectionSessions({ services, connection, tls, ...sessions });
  }

  /** Serves one request: answers it in every case, or breaks it off. Whether it was heard, and not refused unread. Never rejects. */
  async serve(exchange: ClientExchange, tunnel?: Tunnel): Promise<boolean> {
    const { head } = exchange;
    const isProxied = tunnel === undefined && this.how.destinations !== undefined && isForProxy(head);
    const seenAt = this.#seenAt(tunnel !== undefined || isProxied);
    try {
      const document = this.#metadata(head, seenAt);
      if (document !== undefined) {
        await answerDocument(exchange, document);
        return true;
      }
      const asked = await this.#asked(head, tunnel, isProxied);
      const { found, route } = asked;
      let isHeard = true;
      await this.#sessions.within(exchange, { claim: found.claim, route }, async (opened) => {
        if (opened instanceof HttpSession) {
          if (!isProxied || head.method !== 'CONNECT') await this.#exchange(exchange, opened, asked);
          else await serveTunnel({ exchange, session: opened, ...asked }, this, this.#requests);
        } else {
          isHeard = false;
          await this.#refuse(exchange, denialOf(opened), isProxied);
        }
      });
      return isHeard;
    } catch (error) {
      this.noteRefused(error);
      if (!exchange.gone.aborted) {
        const metadata = seenAt === undefined ? undefined : metadataUrl(head, seenAt);
        const refusal = errorRefusal(error, { isProxied, metadata });
        await this.#refuse(exchange, refusal, isProxied).catch(() => exchange.breakOff());
      }
      return false;
    }
  }

  /** Refuses what is not heard, and all that may come behind it. Rejects when the client is gone. */
  async #refuse(exchange: ClientExchange, refusal: Refusal, isProxied: boolean): Promise<void> {
    const isTunnel = isProxied && exchange.head.method === 'CONNECT' && refusal.status === FORBIDDEN;
    if (isTunnel && (await refuseInTunnel(exchange, refusal, this))) return;
    await answerRefusal(exchange, refusal, true);
  }

  /** Ends its sessions on record. */
  close(reason: string): Promise<void> {
    return this.#sessions.close(reason);
  }

  noteRefused(error: unknown): void {
    this.how.services.log.warn('request refused', {
      code: error instanceof GatewayError ? error.code : 'ERR_INTERNAL',
      reason: error instanceof Error ? error.message : String(error),
      address: this.how.connection.remoteAddress,
    });
  }

  /** Undefined for a proxy, whose resources the client knows under the names of others. */
  #seenAt(isProxy: boolean): SeenAt | undefined {
    const { tls, listener } = this.how;
    return isProxy ? undefined : { scheme: tls === undefined ? 'http' : 'https', hosts: listener.hosts };
  }

  /** What who has no token may know of a resource. Who has one asks for what the service has there. */
  #metadata(head: RequestHead, seenAt: SeenAt | undefined): JsonObject | undefined {
    if (seenAt === undefined) return undefined;
    const { listener, services } = this.how;
    const document = resourceMetadata(head, seenAt, services.issuers);
    if (document === undefined) return undefined;
    const places = ['proxy-authorization', 'authorization', listener.tokenHeader ?? 'authorization'];
    return places.some((name) => head.fields.only(name) !== undefined) ? undefined : document;
  }

  async #asked(head: RequestHead, tunnel: Tunnel | undefined, isProxied: boolean): Promise<Asked> {
    const { destinations, listener, services, connection } = this.how;
    if (tunnel !== undefined) {
      const { found, destination, misdirection } = tunnel;
      // It was for the gateway alone, and requests in here are not.
      refuseElsewhere(found.claim, 'proxy-authorization', head.fields, head.target.raw);
      return { found, route: routeTo(destination, head, misdirection) };
    }
    const found = this.#claimOf(head, isProxied);
    if (destinations === undefined || !isProxied) return { found, route: routeOf(head, listener.hosts) };
    const prove = (): Promise<Identified> => this.#sessions.prove(found.claim, '', '');
    const { remoteAddress: sourceAddress } = connection;
    const destination = await destinationOf({ head, destinations, prove, services, sourceAddress });
    return { found, route: routeTo(destination, head) };
  }

  async #exchange(exchange: ClientExchange, session: HttpSession, asked: Asked): Promise<void> {
    const { head, gone } = exchange;
    const webSocket = offeredSocket(exchange);
    const { config } = session.start.configured;
    const options = await this.how.facts.of(config);
    const most = mostHeld(head, config);
    const room =
      this.#memory.take(most) ?? (await this.#memory.wait(most, AbortSignal.any([gone, session.over])));
    try {
      const held = await holdBody(exchange, config);
      room.shrink(held.bytes + (held.decoded?.ok === true ? held.decoded.value.length : 0));
      await this.#carryOut({ exchange, session, asked, webSocket, options, held });
    } finally {
      room.shrink(0);
    }
  }

  async #carryOut({ exchange, session, asked, webSocket, options, held }: Carrying): Promise<void> {
    const { listener, upstreams, services, tls } = this.how;
    const { found, route } = asked;
    const { head } = exchange;
    const { config, resource } = session.start.configured;
    const scheme = route.destination?.scheme ?? (tls === undefined ? 'http' : 'https');
    const own = ownHeaders(found, listener, config);
    const request = judgeable({ head, held, route, scheme, own, webSocket }, options);
    const { gate } = services;
    const tools = services.maskTools(resource.name);
    const judged = await judge(request, session, { gate, gone: exchange.gone, tools });
    if ('denied' in judged) {
      await answerRefusal(exchange, denialOf(judged.denied));
      return;
    }
    const { permit, obligations, mask, inScope } = judged;
    if (!request.form.ok) {
      // Shadow mode lets pass what it would deny, but there is nothing that could be sent.
      gate.settle(permit, { status: 'error', result: { reason: 'unreadable' } });
      const message = `the request cannot be read: ${request.form.reason}`;
      await answerRefusal(exchange, errorRefusal(new HttpError('ERR_HTTP_NOT_SUPPORTED', 400, message)));
      return;
    }
    const { draining } = this.how.connection;
    const clientIdleMs = listener.idleTimeoutMs;
    const outcome = await forward(permit, {
      client: exchange,
      session,
      request,
      form: request.form.value,
      prefix: route.prefix,
      upstreams,
      limits: exchangeLimits(obligations),
      mask,
      inScope,
      socket: webSocket && { gate, tools, options, obligations, draining, clientIdleMs },
    });
    gate.settle(permit, outcome);
  }

  #claimOf(head: RequestHead, isProxied: boolean): FoundClaim {
    const { tokenHeader } = this.how.listener;
    const found = findClaim(head.fields, head.target.raw, { tokenHeader, isProxied });
    if (found !== undefined) return found;
    // Who said nothing of himself has not tried to authenticate, and must not fill the audit.
    throw new HttpError(
      'ERR_HTTP_NO_TOKEN',
      401,
      isProxied
        ? 'send your access token to this proxy in Proxy-Authorization: as the password of Basic (https://x:TOKEN@proxy), or as a Bearer token'
        : 'send your access token as a Bearer token in Authorization, or in Proxy-Authorization where the service needs Authorization',
    );
  }
}

/** The WebSocket that a request offers. What is not served is said before anything is judged. @throws HttpError, WebSocketError */
function offeredSocket({ head, switchProtocols }: ClientExchange): WebSocketOffer | undefined {
  if (head.method === 'CONNECT') {
    throw new HttpError(
      'ERR_HTTP_NOT_SUPPORTED',
      501,
      'CONNECT is not served here: use the URL of a resource',
    );
  }
  if (!offersWebSocket(head)) return undefined;
  if (switchProtocols === undefined) throw unsupported();
  return { protocols: readWebSocketRequest(head).protocols };
}

/** Headers that are for the gateway, or that it writes itself. */
function ownHeaders(
  { header }: FoundClaim,
  { tokenHeader }: HttpListenerConfig,
  { clientAuthorization, credential }: HttpResourceConfig,
): ReadonlySet<string> {
  const own = new Set([header, 'proxy-authorization']);
  if (tokenHeader !== undefined) own.add(tokenHeader);
  if (clientAuthorization === 'drop') own.add('authorization');
  if ('header' in credential) own.add(credential.header.name.toLowerCase());
  return own;
}
