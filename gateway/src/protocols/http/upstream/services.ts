/** The way to the services of one listener: connections, and the gateway's own credentials. */
import type { Socket } from 'node:net';
import type { TLSSocket } from 'node:tls';
import type { Principal } from '../../../model/principal.ts';
import type { HostLookup, ProtocolServices } from '../../protocol.ts';
import type { HttpResourceConfig } from '../config.ts';
import { UpstreamConnection } from './connection.ts';
import { alpnOf, dial, dialTcp, type ShownCertificate } from './dial.ts';
import { HttpUpstreamError } from './errors.ts';
import { Http1ServiceExchange } from './http1-exchange.ts';
import { Http2UpstreamConnection } from './http2/connection.ts';
import { Http2ServiceExchange } from './http2/exchange.ts';
import { Http2Pool } from './http2/pool.ts';
import type { InjectedCredential } from './injected-credential.ts';
import { UpstreamPool } from './pool.ts';
import type { ServiceExchange } from './service-exchange.ts';
import { serviceUrl } from './service-url.ts';
import { UpstreamCredentials } from './upstream-credentials.ts';

/** For whom an exchange is, and with what. */
export interface ExchangeUse {
  /** See {@link poolKey}. */
  readonly key: string;
  readonly resource: HttpResourceConfig;
  readonly signal: AbortSignal;
  /** On a new connection. */
  readonly fresh: boolean;
  /** It may switch to another protocol: on a connection of HTTP/1.1 that carries nothing else. */
  readonly switches?: boolean;
}

/** Connects to services, on behalf of principals. */
export class Upstreams {
  readonly #pool = new UpstreamPool();
  readonly #http2 = new Http2Pool();
  /** Connections that are being opened, and may have room for more than one request. */
  readonly #dialling = new Map<string, Promise<void>>();
  readonly #speaksHttp2 = new WeakMap<HttpResourceConfig, boolean>();
  readonly #credentials: UpstreamCredentials;
  readonly #lookup: HostLookup | undefined;

  constructor(services: Pick<ProtocolServices<unknown>, 'clock' | 'log' | 'lookup'>) {
    this.#lookup = services.lookup;
    this.#credentials = new UpstreamCredentials(services);
  }

  /** A place for one request, on a kept connection or a new one. Rejects with HttpUpstreamError. */
  async open({ key, resource, signal, fresh, switches }: ExchangeUse): Promise<ServiceExchange> {
    const certificate = await this.#credentials.certificate(resource, signal);
    // A resource may be many places. The service knows the gateway by the certificate that a connection began with.
    const ownKey = `${key}\n${resource.url}\n${certificate?.digest ?? ''}`;
    const mayShare = switches !== true && resource.http2 !== 'off';
    const kept = fresh || switches === true ? undefined : this.#kept(ownKey, resource, mayShare);
    if (kept !== undefined) return kept;
    // Requests that come at once wait for the first one's connection, which may have room for all.
    const dialling = this.#dialling.get(ownKey);
    if (dialling !== undefined && mayShare && !fresh) {
      await dialled(dialling, signal);
      const theirs = this.#kept(ownKey, resource, mayShare);
      if (theirs !== undefined) return theirs;
    }
    const opening = this.#dial(ownKey, resource, { signal, certificate, mayShare });
    const settled = opening.then(
      () => undefined,
      () => undefined,
    );
    if (mayShare && this.#mayBeHttp2(resource)) this.#dialling.set(ownKey, settled);
    try {
      return await opening;
    } finally {
      if (this.#dialling.get(ownKey) === settled) this.#dialling.delete(ownKey);
    }
  }

  #kept(key: string, resource: HttpResourceConfig, mayShare: boolean): ServiceExchange | undefined {
    const shared = mayShare ? this.#http2.find(key) : undefined;
    if (shared !== undefined) return new Http2ServiceExchange(shared);
    const idle = this.#pool.take(key);
    return idle === undefined ? undefined : this.#alone(key, resource, idle);
  }

  async #dial(
    key: string,
    resource: HttpResourceConfig,
    how: {
      readonly signal: AbortSignal;
      readonly certificate: ShownCertificate | undefined;
      readonly mayShare: boolean;
    },
  ): Promise<ServiceExchange> {
    const { signal, certificate, mayShare } = how;
    const { isTls } = serviceUrl(resource);
    const isOnly = resource.http2 === 'only';
    const alpn = mayShare ? alpnOf(resource) : ['http/1.1'];
    const socket = await dial(resource, signal, { shown: certificate, lookup: this.#lookup, alpn });
    const isHttp2 = mayShare && (isTls ? (socket as TLSSocket).alpnProtocol === 'h2' : isOnly);
    if (mayShare) this.#speaksHttp2.set(resource, isHttp2);
    if (!isHttp2) {
      if (isOnly) {
        socket.destroy();
        throw new HttpUpstreamError('ERR_HTTP_UPSTREAM_PROTOCOL', 'the service does not choose HTTP/2');
      }
      return this.#alone(key, resource, new UpstreamConnection(socket));
    }
    const connection = await Http2UpstreamConnection.open(socket, {
      scheme: isTls ? 'https' : 'http',
      timeoutMs: resource.connectTimeoutMs,
      signal,
    });
    if (!connection.hasRoom) {
      connection.destroy();
      throw new HttpUpstreamError('ERR_HTTP_UPSTREAM_PROTOCOL', 'the service takes no requests');
    }
    this.#http2.add(key, connection, resource.keepAliveMs);
    return new Http2ServiceExchange(connection);
  }

  #alone(key: string, resource: HttpResourceConfig, connection: UpstreamConnection): ServiceExchange {
    return new Http1ServiceExchange(connection, () => {
      if (connection.finish()) this.#pool.give(key, connection, resource.keepAliveMs);
      else connection.destroy();
    });
  }

  /** Whether it is worth to wait for a connection of somebody else: what the service chose last. */
  #mayBeHttp2(resource: HttpResourceConfig): boolean {
    return this.#speaksHttp2.get(resource) ?? (serviceUrl(resource).isTls || resource.http2 === 'only');
  }

  /** A connection for bytes that are not looked at. */
  dialTcp(resource: HttpResourceConfig, signal: AbortSignal): Promise<Socket> {
    return dialTcp(resource, signal, this.#lookup);
  }

  /** See {@link UpstreamCredentials.of}. */
  credential(resource: HttpResourceConfig, signal: AbortSignal): Promise<InjectedCredential | undefined> {
    return this.#credentials.of(resource, signal);
  }

  /** See {@link UpstreamCredentials.refuse}. */
  refuseCredential(resource: HttpResourceConfig, refused: InjectedCredential): void {
    this.#credentials.refuse(resource, refused);
  }
}

/** Waits for a connection that somebody else opens, whatever comes of it. Rejects with the signal's reason. */
async function dialled(dialling: Promise<void>, signal: AbortSignal): Promise<void> {
  const called = Promise.withResolvers<void>();
  const onAbort = (): void => called.resolve();
  signal.addEventListener('abort', onAbort, { once: true });
  await Promise.race([dialling, called.promise]);
  signal.removeEventListener('abort', onAbort);
  signal.throwIfAborted();
}

/** Connections are shared by requests of one principal on one resource, and by nobody else. */
export function poolKey(resource: string, principal: Principal): string {
  const { issuer, subject, agent, delegation, run } = principal;
  return JSON.stringify([resource, issuer, subject, agent ?? null, delegation, run ?? null]);
}
