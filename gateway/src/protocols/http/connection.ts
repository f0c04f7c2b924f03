/** One client connection: requests one after the other, each with the session of who asks. */
import { exchangeLimits } from '../../enforcement/limits/exchange-limits.ts';
import type { Connection } from '../../listener/listener.ts';
import { GatewayError } from '../../model/gateway-error.ts';
import type { ProtocolServices } from '../protocol.ts';
import type { HttpResourceConfig } from './config.ts';
import type { ClientStream } from './downstream/client-stream.ts';
import { claimDigest, type Identified, identify } from './downstream/identify.ts';
import { type Route, routeOf, unknownResource } from './downstream/route.ts';
import { type Claim, type FoundClaim, findClaim } from './downstream/token.ts';
import { HttpError } from './errors.ts';
import type { HttpListenerConfig } from './listener-config.ts';
import { type Answered, denialOf, encodeRefusal, errorRefusal, type Refusal } from './refusal.ts';
import { holdBody } from './relay/body-window.ts';
import { forward, refuseUnsupported } from './relay/forward.ts';
import { judge } from './relay/judge.ts';
import { judgeable } from './relay/request.ts';
import type { ResourceFacts } from './resource-facts.ts';
import { HttpSession } from './session.ts';
import type { Upstreams } from './upstream/services.ts';
import type { RequestHead } from './wire/head/request-head.ts';

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

/** A connection from its first request to its end. */
export class HttpConnection {
  readonly #client: ClientStream;
  readonly #how: ConnectionServices;
  #session: HttpSession | undefined;
  #isDraining = false;

  constructor(client: ClientStream, how: ConnectionServices) {
    this.#client = client;
    this.#how = how;
  }

  /** Serves requests until one side has enough. Never rejects for what a client did. */
  async run(): Promise<void> {
    const { draining } = this.#how.connection;
    const drain = (): void => {
      this.#isDraining = true;
      if (this.#client.isBetween) this.#client.destroy();
    };
    if (draining.aborted) drain();
    draining.addEventListener('abort', drain, { once: true });
    let reason = 'client-closed';
    try {
      await this.#serveAll();
      if (this.#isDraining) reason = 'gateway-stopped';
    } finally {
      draining.removeEventListener('abort', drain);
      await this.#session?.close(reason);
    }
    await this.#client.close();
  }

  async #serveAll(): Promise<void> {
    for (;;) {
      let head: RequestHead | undefined;
      try {
        head = await this.#client.nextHead();
        if (head === undefined) return;
        if (await this.#serve(head)) return;
      } catch (error) {
        // Where framing is lost, or a body was not read, there is no next request.
        await this.#answerError(error, head);
        return;
      }
    }
  }

  /** Serves one request; whether the connection ends behind it. */
  async #serve(head: RequestHead): Promise<boolean> {
    const { listener, upstreams, facts, services, tls } = this.#how;
    const client = this.#client;
    const found = this.#claimOf(head);
    const route = routeOf(head, listener.hosts);
    const session = await this.#sessionFor(found.claim, route, head);
    if (session === undefined) return true;
    refuseUnsupported(head);
    const { config } = session.start.configured;
    const options = await facts.of(config);
    const held = await holdBody(client, head, config.inspectionBytes);
    const scheme = tls === undefined ? 'http' : 'https';
    const own = ownHeaders(found, listener, config);
    const request = judgeable({ head, held, route, scheme, own }, options);
    const judged = await judge(request, session, {
      gate: services.gate,
      gone: client.gone,
      tools: services.maskTools(session.start.configured.resource.name),
    });
    if ('denied' in judged) return this.#refuse(denialOf(judged.denied), head);
    const { permit, obligations, mask } = judged;
    if (!request.form.ok) {
      // Shadow mode lets pass what it would deny, but there is nothing that could be sent.
      services.gate.settle(permit, { status: 'error', result: { reason: 'unreadable' } });
      const message = `the request cannot be read: ${request.form.reason}`;
      return this.#refuse(errorRefusal(new HttpError('ERR_HTTP_NOT_SUPPORTED', 400, message)), head);
    }
    const { prefix } = route;
    const isDraining = (): boolean => this.#isDraining;
    const form = request.form.value;
    const { outcome, closes } = await forward(permit, {
      client,
      session,
      request,
      form,
      prefix,
      upstreams,
      isDraining,
      limits: exchangeLimits(obligations),
      mask,
    });
    services.gate.settle(permit, outcome);
    return this.#after(head, closes);
  }

  /** The session of who asks there: the one that is open, or a new one in its place. Undefined: it was refused. */
  async #sessionFor(claim: Claim, route: Route, head: RequestHead): Promise<HttpSession | undefined> {
    const { services, connection, tls } = this.#how;
    const open = this.#session;
    const digest = claimDigest(claim);
    if (open?.start.claim === digest && open.start.configured.resource.name === route.resource) {
      if (open.over.aborted) throw open.over.reason;
      // Its end is in the token: verified anew each time, which a cache makes cheap.
      if (claim.kind === 'token') await services.verifyToken(claim.token);
      else if (services.clock.nowMs() >= open.principal.expiresAtMs) {
        throw new HttpError('ERR_HTTP_CREDENTIAL', 401, 'the session credential is over; mint a new one');
      }
      return open;
    }
    const found = services.findResource(route.resource);
    const who = await this.#verify(claim, route, found?.config.account ?? '');
    connection.establish();
    if (found === undefined) throw unknownResource();
    await open?.close('replaced');
    this.#session = undefined;
    const agent = head.fields.valuesOf('user-agent')[0];
    const run = who.credential?.run;
    const opened = await HttpSession.open(
      {
        who,
        claim: digest,
        configured: found,
        sourceAddress: connection.remoteAddress,
        // Named by the client, and proved by nothing (P11).
        hints: {
          ...(agent === undefined ? {} : { user_agent: printable(agent) }),
          ...(run === undefined ? {} : { run }),
        },
        tls: tls ?? 'none',
        cut: () => this.#client.destroy(),
      },
      services,
    );
    if (opened instanceof HttpSession) {
      this.#session = opened;
      return opened;
    }
    await this.#refuse(denialOf(opened), head, true);
    return undefined;
  }

  /** Proves a claim; a failure is counted, and on record. */
  async #verify(claim: Claim, route: Route, account: string): Promise<Identified> {
    const { services, connection } = this.#how;
    const sourceAddress = connection.remoteAddress;
    services.failedAuthentications.admits(sourceAddress);
    try {
      return await identify(claim, { resource: route.resource, account, sourceAddress }, services);
    } catch (error) {
      this.#noteFailure(error, { resource: route.resource });
      throw error;
    }
  }

  #claimOf(head: RequestHead): FoundClaim {
    const { listener } = this.#how;
    const found = findClaim(head.fields, head.target.raw, listener.tokenHeader);
    if (found !== undefined) return found;
    // Who said nothing of himself has not tried to authenticate, and must not fill the audit.
    throw new HttpError(
      'ERR_HTTP_NO_TOKEN',
      401,
      'send your access token as a Bearer token in Authorization, or in Proxy-Authorization where the service needs Authorization',
    );
  }

  #noteFailure(error: unknown, claimed: { readonly resource: string }): void {
    const { services, connection } = this.#how;
    const known = error instanceof GatewayError ? error : undefined;
    const isTheirs = known?.source === 'downstream';
    if (!services.failedAuthentications.failed(connection.remoteAddress, isTheirs)) return;
    services.audit.enqueue({
      type: 'authentication.failed',
      protocol: 'http',
      sourceAddress: connection.remoteAddress,
      code: known?.code ?? 'ERR_INTERNAL',
      message: error instanceof Error ? error.message : String(error),
      claimed,
    });
  }

  async #answerError(error: unknown, head: RequestHead | undefined): Promise<void> {
    const { services, connection } = this.#how;
    if (this.#client.gone.aborted) return;
    services.log.warn('request refused', {
      code: error instanceof GatewayError ? error.code : 'ERR_INTERNAL',
      reason: error instanceof Error ? error.message : String(error),
      address: connection.remoteAddress,
    });
    await this.#refuse(errorRefusal(error), head, true).catch(() => this.#client.destroy());
  }

  /** Answers for the gateway; whether the connection ends behind it. */
  async #refuse(refusal: Refusal, to: RequestHead | Answered, closes = false): Promise<boolean> {
    const isPersistent = to !== undefined && 'isPersistent' in to && to.isPersistent;
    const ends = closes || !isPersistent || !this.#client.isBodyRead || this.#isDraining;
    const answer = encodeRefusal(refusal, to, ends);
    await this.#client.write(answer.bytes);
    if (answer.closes || to === undefined) return true;
    return 'connection' in to ? this.#after(to, false) : true;
  }

  #after(head: RequestHead, closes: boolean): boolean {
    if (closes || this.#client.gone.aborted) return true;
    // An offer of a protocol that was not taken up.
    if (head.upgrade !== undefined) this.#client.resume();
    return this.#isDraining;
  }
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

function printable(text: string): string {
  return text.replace(/[^ -~]/g, '?').slice(0, 256);
}
