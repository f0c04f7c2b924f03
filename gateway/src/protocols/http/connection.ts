/** What one client connection may do: requests, each with the session of who asks, and the gateway's own answers. */
import { exchangeLimits } from '../../enforcement/limits/exchange-limits.ts';
import type { Connection } from '../../listener/listener.ts';
import { GatewayError } from '../../model/gateway-error.ts';
import type { ProtocolServices } from '../protocol.ts';
import type { HttpResourceConfig } from './config.ts';
import { ConnectionSessions, type SessionsOptions } from './connection-sessions.ts';
import type { ClientExchange } from './downstream/client-exchange.ts';
import { type Route, routeOf } from './downstream/route.ts';
import { type FoundClaim, findClaim } from './downstream/token.ts';
import { HttpError } from './errors.ts';
import type { WebSocketOffer } from './facts/request-form.ts';
import type { HttpListenerConfig } from './listener-config.ts';
import { answerRefusal, denialOf, errorRefusal } from './refusal.ts';
import { holdBody } from './relay/body-window.ts';
import { forward } from './relay/forward.ts';
import { judge } from './relay/judge.ts';
import { judgeable } from './relay/request.ts';
import { unsupported } from './relay/websocket/switch-to-socket.ts';
import type { ResourceFacts } from './resource-facts.ts';
import { HttpSession } from './session.ts';
import type { Upstreams } from './upstream/services.ts';
import type { RequestHead } from './wire/head/request-head.ts';
import { offersWebSocket, readWebSocketRequest } from './wire/websocket/handshake.ts';

/** What a connection works with. */
export interface ConnectionServices {
  readonly services: ProtocolServices<HttpResourceConfig>;
  readonly listener: HttpListenerConfig;
  readonly upstreams: Upstreams;
  readonly facts: ResourceFacts;
  readonly connection: Connection;
  /** TLS version; undefined without TLS. */
  readonly tls: string | undefined;
}

/** A connection, whatever version of HTTP it speaks. */
export class HttpConnection {
  readonly how: ConnectionServices;
  readonly #sessions: ConnectionSessions;

  constructor(how: ConnectionServices, sessions: Pick<SessionsOptions, 'version' | 'most' | 'cut'>) {
    this.how = how;
    const { services, connection, tls } = how;
    this.#sessions = new ConnectionSessions({ services, connection, tls, ...sessions });
  }

  /** Serves one request: answers it in every case, or breaks it off. Whether it was heard, and not refused unread. Never rejects. */
  async serve(exchange: ClientExchange): Promise<boolean> {
    try {
      const { head } = exchange;
      const found = this.#claimOf(head);
      const route = routeOf(head, this.how.listener.hosts);
      let isHeard = true;
      await this.#sessions.within(exchange, { claim: found.claim, route }, async (opened) => {
        if (opened instanceof HttpSession) await this.#exchange(exchange, opened, found, route);
        else {
          isHeard = false;
          await answerRefusal(exchange, denialOf(opened), true);
        }
      });
      return isHeard;
    } catch (error) {
      this.noteRefused(error);
      if (!exchange.gone.aborted) {
        await answerRefusal(exchange, errorRefusal(error), true).catch(() => exchange.breakOff());
      }
      return false;
    }
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

  async #exchange(
    exchange: ClientExchange,
    session: HttpSession,
    found: FoundClaim,
    route: Route,
  ): Promise<void> {
    const { listener, upstreams, facts, services, tls } = this.how;
    const { head } = exchange;
    const webSocket = offeredSocket(exchange);
    const { config, resource } = session.start.configured;
    const options = await facts.of(config);
    const held = await holdBody(exchange, config);
    const scheme = tls === undefined ? 'http' : 'https';
    const own = ownHeaders(found, listener, config);
    const request = judgeable({ head, held, route, scheme, own, webSocket }, options);
    const { gate } = services;
    const tools = services.maskTools(resource.name);
    const judged = await judge(request, session, { gate, gone: exchange.gone, tools });
    if ('denied' in judged) {
      await answerRefusal(exchange, denialOf(judged.denied));
      return;
    }
    const { permit, obligations, mask } = judged;
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
      socket: webSocket && { gate, tools, options, obligations, draining, clientIdleMs },
    });
    gate.settle(permit, outcome);
  }

  #claimOf(head: RequestHead): FoundClaim {
    const { listener } = this.how;
    const found = findClaim(head.fields, head.target.raw, listener.tokenHeader);
    if (found !== undefined) return found;
    // Who said nothing of himself has not tried to authenticate, and must not fill the audit.
    throw new HttpError(
      'ERR_HTTP_NO_TOKEN',
      401,
      'send your access token as a Bearer token in Authorization, or in Proxy-Authorization where the service needs Authorization',
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
