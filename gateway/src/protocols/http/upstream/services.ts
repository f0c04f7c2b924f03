/** The way to the services of one listener: connections, and the gateway's own credentials. */

import type { CredentialConfig } from '../../../credentials/config.ts';
import { type CredentialSource, createCredentialSource } from '../../../credentials/credential-source.ts';
import type { Principal } from '../../../model/principal.ts';
import type { ProtocolServices } from '../../protocol.ts';
import type { HttpResourceConfig } from '../config.ts';
import { UpstreamConnection } from './connection.ts';
import { dial } from './dial.ts';
import { HttpUpstreamError } from './errors.ts';
import { UpstreamPool } from './pool.ts';

/** The header that the gateway authenticates by. */
export interface InjectedField {
  /** In lower case. */
  readonly name: string;
  readonly value: string;
  /** What must not come back. */
  readonly secret: string;
}

/** Connects to services, on behalf of principals. */
export class Upstreams {
  readonly #services: Pick<ProtocolServices<unknown>, 'clock' | 'log'>;
  readonly #pool = new UpstreamPool();
  readonly #sources = new WeakMap<object, CredentialSource>();

  constructor(services: Pick<ProtocolServices<unknown>, 'clock' | 'log'>) {
    this.#services = services;
  }

  /** A connection that can carry a request: one that has no work, or a new one. @param fresh a new one */
  async connect(
    key: string,
    resource: HttpResourceConfig,
    signal: AbortSignal,
    fresh = false,
  ): Promise<UpstreamConnection> {
    const idle = fresh ? undefined : this.#pool.take(key);
    return idle ?? new UpstreamConnection(await dial(resource, signal));
  }

  /** Takes back a connection whose response was read to its end. */
  giveBack(key: string, resource: HttpResourceConfig, connection: UpstreamConnection): void {
    if (connection.finish()) this.#pool.give(key, connection, resource.keepAliveMs);
    else connection.destroy();
  }

  /** Obtains the credential of a resource. Rejects with ERR_HTTP_UPSTREAM_CREDENTIAL. */
  async credential(
    { credential }: HttpResourceConfig,
    signal: AbortSignal,
  ): Promise<InjectedField | undefined> {
    if ('none' in credential) return undefined;
    if ('bearer' in credential) {
      const secret = await this.#read(credential.bearer, signal);
      return { name: 'authorization', value: `Bearer ${secret}`, secret };
    }
    if ('header' in credential) {
      const secret = await this.#read(credential.header.value, signal);
      return { name: credential.header.name.toLowerCase(), value: secret, secret };
    }
    const { user, password } = credential.basic;
    const secret = await this.#read(password, signal);
    const encoded = Buffer.from(`${user}:${secret}`).toString('base64');
    return { name: 'authorization', value: `Basic ${encoded}`, secret: encoded };
  }

  /** The service refused it: it may have been rotated. */
  forgetCredential({ credential }: HttpResourceConfig): void {
    if ('none' in credential) return;
    const config =
      'bearer' in credential
        ? credential.bearer
        : 'header' in credential
          ? credential.header.value
          : credential.basic.password;
    this.#sources.get(config)?.invalidate();
  }

  async #read(config: CredentialConfig, signal: AbortSignal): Promise<string> {
    const { clock, log } = this.#services;
    let source = this.#sources.get(config);
    if (source === undefined) {
      source = createCredentialSource(config, {
        clock,
        onWarning: (message) => log.warn('credential', { reason: message }),
      });
      this.#sources.set(config, source);
    }
    try {
      const value = (await source.read(signal)).reveal();
      // Whatever else it is, it is no header value, and would be a way to write lines.
      if (/^[!-~](?:[ -~]*[!-~])?$/.test(value)) return value;
    } catch (cause) {
      throw new HttpUpstreamError('ERR_HTTP_UPSTREAM_CREDENTIAL', 'the credential cannot be obtained', cause);
    }
    throw new HttpUpstreamError('ERR_HTTP_UPSTREAM_CREDENTIAL', 'the credential is no text for a header');
  }
}

/** Connections are shared by requests of one principal on one resource, and by nobody else. */
export function poolKey(resource: string, principal: Principal): string {
  const { issuer, subject, agent, delegation, run } = principal;
  return JSON.stringify([resource, issuer, subject, agent ?? null, delegation, run ?? null]);
}
