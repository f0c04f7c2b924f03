/** What the console asks of the identity provider: where people sign in, and a token for the code that they bring. */
import { type AuthorizationServer, fetchAuthorizationServer } from '../identity/authorization-server.ts';
import { isJsonObject } from '../identity/claim-path.ts';
import type { IssuerConfig } from '../identity/issuer-config.ts';
import type { JsonFetch } from '../identity/json-fetch.ts';
import type { Clock } from '../model/clock.ts';
import { ConsoleError } from './errors.ts';

/** Where the provider is, is asked again after this. */
const MAX_AGE_MS = 300_000;
const MAX_TOKEN_BYTES = 256 * 1024;
/** Codes that are exchanged at once. */
const MAX_EXCHANGES = 8;

/** What it is asked with. */
export interface IdentityProviderOptions {
  readonly issuer: IssuerConfig;
  readonly clientId: string;
  readonly fetch: JsonFetch;
  readonly clock: Clock;
}

/** The identity provider of one issuer. */
export class IdentityProvider {
  readonly #options: IdentityProviderOptions;
  #known: { readonly untilMs: number; readonly server: Promise<AuthorizationServer> } | undefined;
  #exchanges = 0;

  constructor(options: IdentityProviderOptions) {
    this.#options = options;
  }

  /** Its endpoints. One question at a time, however many sign in. @throws IdentityError */
  server(): Promise<AuthorizationServer> {
    const { issuer, fetch, clock } = this.#options;
    if (this.#known !== undefined && clock.nowMs() < this.#known.untilMs) return this.#known.server;
    const signal = AbortSignal.timeout(issuer.discoveryTimeoutMs);
    const server = fetchAuthorizationServer(issuer, fetch, signal);
    this.#known = { untilMs: clock.nowMs() + MAX_AGE_MS, server };
    server.catch(() => {
      this.#known = undefined;
    });
    return server;
  }

  /**
   * The tokens for a code (RFC 6749 section 4.1.3), those first that are meant for APIs.
   * @throws ConsoleError `ERR_CONSOLE_SIGN_IN_TOKEN`, `ERR_CONSOLE_BUSY`
   */
  async tokens(code: string, verifier: string, redirectUri: string): Promise<readonly string[]> {
    if (this.#exchanges >= MAX_EXCHANGES) {
      throw new ConsoleError('ERR_CONSOLE_BUSY', 'as many people sign in as may at once; try again');
    }
    this.#exchanges += 1;
    try {
      const { issuer, clientId, fetch } = this.#options;
      const { tokenEndpoint } = await this.server();
      const answer = await fetch(tokenEndpoint, {
        signal: AbortSignal.timeout(issuer.discoveryTimeoutMs),
        maxBytes: MAX_TOKEN_BYTES,
        ca: issuer.ca,
        form: {
          grant_type: 'authorization_code',
          client_id: clientId,
          code,
          redirect_uri: redirectUri,
          code_verifier: verifier,
        },
      });
      const fields = isJsonObject(answer) ? [answer['access_token'], answer['id_token']] : [];
      return fields.filter((field) => typeof field === 'string');
    } catch (cause) {
      if (cause instanceof ConsoleError) throw cause;
      throw new ConsoleError(
        'ERR_CONSOLE_SIGN_IN_TOKEN',
        'the identity provider gave no token for this sign-in; try again, or ask who runs the gateway',
        cause,
      );
    } finally {
      this.#exchanges -= 1;
    }
  }
}
