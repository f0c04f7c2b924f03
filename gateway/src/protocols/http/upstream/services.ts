/** The way to the services of one listener: connections, and the gateway's own credentials. */
import type { Socket } from 'node:net';
import type { Principal } from '../../../model/principal.ts';
import type { HostLookup, ProtocolServices } from '../../protocol.ts';
import type { HttpResourceConfig } from '../config.ts';
import { UpstreamConnection } from './connection.ts';
import { dial, dialTcp } from './dial.ts';
import type { InjectedCredential } from './injected-credential.ts';
import { UpstreamPool } from './pool.ts';
import { UpstreamCredentials } from './upstream-credentials.ts';

/** Connects to services, on behalf of principals. */
export class Upstreams {
  readonly #pool = new UpstreamPool();
  readonly #credentials: UpstreamCredentials;
  readonly #lookup: HostLookup | undefined;
  /** What each connection is kept under. */
  readonly #keys = new WeakMap<UpstreamConnection, string>();

  constructor(services: Pick<ProtocolServices<unknown>, 'clock' | 'log' | 'lookup'>) {
    this.#lookup = services.lookup;
    this.#credentials = new UpstreamCredentials(services);
  }

  /** A connection that can carry a request: one that has no work, or a new one. @param fresh a new one */
  async connect(
    key: string,
    resource: HttpResourceConfig,
    signal: AbortSignal,
    fresh = false,
  ): Promise<UpstreamConnection> {
    const certificate = await this.#credentials.certificate(resource, signal);
    // A resource may be many places. The service knows the gateway by the certificate that a connection began with.
    const ownKey = `${key}\n${resource.url}\n${certificate?.digest ?? ''}`;
    const idle = fresh ? undefined : this.#pool.take(ownKey);
    if (idle !== undefined) return idle;
    const connection = new UpstreamConnection(
      await dial(resource, signal, { shown: certificate, lookup: this.#lookup }),
    );
    this.#keys.set(connection, ownKey);
    return connection;
  }

  /** Takes back a connection whose response was read to its end. */
  giveBack(key: string, resource: HttpResourceConfig, connection: UpstreamConnection): void {
    if (connection.finish()) {
      this.#pool.give(this.#keys.get(connection) ?? key, connection, resource.keepAliveMs);
    } else connection.destroy();
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

/** Connections are shared by requests of one principal on one resource, and by nobody else. */
export function poolKey(resource: string, principal: Principal): string {
  const { issuer, subject, agent, delegation, run } = principal;
  return JSON.stringify([resource, issuer, subject, agent ?? null, delegation, run ?? null]);
}
