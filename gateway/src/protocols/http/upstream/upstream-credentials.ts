/** The gateway's own credentials towards services: read, fetched, kept, forgotten. */

import type { CredentialConfig } from '../../../credentials/config.ts';
import { type CredentialSource, createCredentialSource } from '../../../credentials/credential-source.ts';
import type { ProtocolServices } from '../../protocol.ts';
import type { HttpResourceConfig } from '../config.ts';
import type { OauthClient, UpstreamCredential } from '../credential-config.ts';
import { type ClientCertificate, ClientCertificates } from './client-certificate.ts';
import { HttpUpstreamError } from './errors.ts';
import { type InjectedCredential, innerSecret } from './injected-credential.ts';
import { TokenCache } from './oauth/token-cache.ts';
import type { AccessToken } from './oauth/token-exchange.ts';
import { fetchToken } from './oauth/token-fetch.ts';

/** Credentials of resources, by their config. */
export class UpstreamCredentials {
  readonly #services: Pick<ProtocolServices<unknown>, 'clock' | 'log'>;
  readonly #sources = new WeakMap<object, CredentialSource>();
  readonly #tokens: TokenCache;
  readonly #certificates: ClientCertificates;
  readonly #last = new WeakMap<UpstreamCredential, InjectedCredential>();
  /** What was logged last of each config that does not work. */
  readonly #told = new WeakMap<object, string>();

  constructor(services: Pick<ProtocolServices<unknown>, 'clock' | 'log'>) {
    const { clock, log } = services;
    this.#services = services;
    this.#tokens = new TokenCache({
      clock,
      fetch: (client) => this.#fetch(client),
      onFailure: ({ tokenUrl }, error) => {
        const code = error instanceof HttpUpstreamError ? error.code : 'ERR_INTERNAL';
        const reason = error instanceof Error ? error.message : String(error);
        const { origin, pathname } = new URL(tokenUrl);
        log.error('no access token for a service', { code, reason, tokenUrl: `${origin}${pathname}` });
      },
    });
    this.#certificates = new ClientCertificates({
      clock,
      read: (config, signal, kind) => this.#read(config, signal, kind),
      onWarning: (message) => log.warn('client certificate', { reason: message }),
    });
  }

  /**
   * Obtains the credential of a resource. Rejects with ERR_HTTP_UPSTREAM_CREDENTIAL; for access tokens with ERR_HTTP_UPSTREAM_TOKEN
   * and its like.
   */
  async of({ credential }: HttpResourceConfig, signal: AbortSignal): Promise<InjectedCredential | undefined> {
    const made = await this.#make(credential, signal);
    const last = this.#last.get(credential);
    // One object as long as it is the same: what is derived from it is then derived once.
    if (made === undefined || made.value === last?.value) return last;
    this.#last.set(credential, made);
    return made;
  }

  async #make(credential: UpstreamCredential, signal: AbortSignal): Promise<InjectedCredential | undefined> {
    if ('none' in credential) return undefined;
    if ('bearer' in credential) return bearer(await this.#readForLine(credential.bearer, signal));
    if ('oauth' in credential) {
      return bearer(await unlessAborted(this.#tokens.token(credential.oauth), signal));
    }
    if ('query' in credential) {
      const secret = await this.#readForLine(credential.query.value, signal);
      return { place: 'query', name: credential.query.name, value: secret, secret };
    }
    if ('header' in credential) {
      const secret = await this.#readForLine(credential.header.value, signal);
      const name = credential.header.name.toLowerCase();
      return { place: 'header', name, value: secret, secret, ...innerSecret(withoutScheme(secret)) };
    }
    const { user, password } = credential.basic;
    const secret = await this.#readForLine(password, signal);
    const encoded = Buffer.from(`${user}:${secret}`).toString('base64');
    return {
      place: 'header',
      name: 'authorization',
      value: `Basic ${encoded}`,
      secret: encoded,
      ...innerSecret(secret),
    };
  }

  /** The service refused it: it may have been rotated, or revoked. */
  refuse({ credential }: HttpResourceConfig, refused: InjectedCredential): void {
    if ('none' in credential) return;
    if ('oauth' in credential) {
      this.#tokens.refuse(credential.oauth, refused.secret);
      return;
    }
    const config =
      'bearer' in credential
        ? credential.bearer
        : 'header' in credential
          ? credential.header.value
          : 'query' in credential
            ? credential.query.value
            : credential.basic.password;
    this.#sources.get(config)?.invalidate();
  }

  /** The certificate to show to a service; undefined where it asks for none. Rejects with HttpUpstreamError. */
  async certificate(
    { tls }: HttpResourceConfig,
    signal: AbortSignal,
  ): Promise<ClientCertificate | undefined> {
    const { clientCertificate } = tls;
    if (clientCertificate === undefined) return undefined;
    return this.#telling(clientCertificate, this.#certificates.of(clientCertificate, signal), signal);
  }

  /** For nobody in particular: whoever asked first may leave, and others wait for the same. */
  async #fetch(client: OauthClient): Promise<AccessToken> {
    const secret = await this.#read(client.clientSecret, AbortSignal.timeout(client.timeoutMs));
    try {
      return await fetchToken(client, secret);
    } catch (error) {
      // It may have been rotated.
      this.#sources.get(client.clientSecret)?.invalidate();
      throw error;
    }
  }

  /** Logs why a config does not work, once for each reason: it is asked for with each request. */
  async #telling<Value>(config: object, work: Promise<Value>, signal: AbortSignal): Promise<Value> {
    try {
      const value = await work;
      this.#told.delete(config);
      return value;
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      if (!signal.aborted && this.#told.get(config) !== reason) {
        this.#told.set(config, reason);
        this.#services.log.error('no credential for a service', { reason });
      }
      throw error;
    }
  }

  #readForLine(config: CredentialConfig, signal: AbortSignal): Promise<string> {
    return this.#telling(config, this.#readLine(config, signal), signal);
  }

  async #readLine(config: CredentialConfig, signal: AbortSignal): Promise<string> {
    const value = await this.#read(config, signal);
    // Whatever else it is, it is no header value, and would be a way to write lines.
    if (/^[!-~](?:[ -~]*[!-~])?$/.test(value)) return value;
    throw new HttpUpstreamError('ERR_HTTP_UPSTREAM_CREDENTIAL', 'the credential is no text for a header');
  }

  async #read(
    config: CredentialConfig,
    signal: AbortSignal,
    kind: 'public' | 'secret' = 'secret',
  ): Promise<string> {
    const { clock, log } = this.#services;
    let source = this.#sources.get(config);
    if (source === undefined) {
      source = createCredentialSource(config, {
        clock,
        // That everybody may read a certificate is no news.
        onWarning: (message) => kind === 'secret' && log.warn('credential', { reason: message }),
      });
      this.#sources.set(config, source);
    }
    try {
      return (await source.read(signal)).reveal();
    } catch (cause) {
      const reason = cause instanceof Error ? cause.message : 'unknown reason';
      const message = `the credential cannot be obtained: ${reason}`;
      throw new HttpUpstreamError('ERR_HTTP_UPSTREAM_CREDENTIAL', message, cause);
    }
  }
}

/** What stands behind `Token`, `ApiKey` and their like (RFC 9110 section 11.4). */
function withoutScheme(value: string): string | undefined {
  return /^[A-Za-z][\w-]* +(?:[\w-]+=)?"?([^\s"]+)"?$/.exec(value)?.[1];
}

function bearer(secret: string): InjectedCredential {
  return { place: 'header', name: 'authorization', value: `Bearer ${secret}`, secret };
}

/** What others wait for as well goes on when one of them leaves. */
function unlessAborted<Value>(work: Promise<Value>, signal: AbortSignal): Promise<Value> {
  return new Promise((resolve, reject) => {
    const onAbort = (): void => reject(signal.reason);
    if (signal.aborted) onAbort();
    signal.addEventListener('abort', onAbort, { once: true });
    work.then(resolve, reject).finally(() => signal.removeEventListener('abort', onAbort));
  });
}
