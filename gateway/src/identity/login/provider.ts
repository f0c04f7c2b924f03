/** Where an issuer lets people log in (OpenID Connect Discovery 1.0, RFC 8414, RFC 8628 section 4), and what its endpoints answer. */
import { isJsonObject } from '../claim-path.ts';
import { IdentityError } from '../errors.ts';
import type { IssuerLogin } from '../issuer-config.ts';
import { discoveryUrl, isAllowedKeySetUrl } from '../issuer-url.ts';
import type { FormPost, JsonFetch } from '../json-fetch.ts';

/** An issuer to log in at. */
export interface LoginIssuer {
  readonly issuer: string;
  readonly login: IssuerLogin;
  /** PEM file of the only CA to trust; absent: the system's. */
  readonly ca?: string | undefined;
}

/** Its endpoints. */
export interface LoginProvider extends LoginIssuer {
  readonly tokenEndpoint: string;
  readonly deviceEndpoint: string | undefined;
  readonly authorizationEndpoint: string | undefined;
}

/** How logins reach the network. */
export interface LoginTransport {
  readonly fetch: JsonFetch;
  readonly post: FormPost;
}

const MAX_ANSWER_BYTES = 128 * 1024;
const MAX_TOKEN_LENGTH = 64 * 1024;

/** Asks the issuer for its endpoints. @throws IdentityError */
export async function discoverLogin(
  { issuer, login, ca }: LoginIssuer,
  { fetch }: LoginTransport,
  signal: AbortSignal,
): Promise<LoginProvider> {
  const url = discoveryUrl(issuer);
  const metadata = await fetch(url, { signal, maxBytes: MAX_ANSWER_BYTES, ca });
  // OpenID Connect Discovery 1.0 section 4.3.
  if (!isJsonObject(metadata) || metadata['issuer'] !== issuer) {
    throw loginError(`the metadata at ${url} is of another issuer, or is none`);
  }
  const endpoint = (name: string): string | undefined => {
    const value = metadata[name];
    return typeof value === 'string' && isAllowedKeySetUrl(value, issuer) ? value : undefined;
  };
  const tokenEndpoint = endpoint('token_endpoint');
  if (tokenEndpoint === undefined) throw loginError(`${issuer} has no token endpoint over https`);
  return {
    issuer,
    login,
    ca,
    tokenEndpoint,
    deviceEndpoint: endpoint('device_authorization_endpoint'),
    authorizationEndpoint: endpoint('authorization_endpoint'),
  };
}

/** Posts to an endpoint of the provider. @returns the answer, or the `error` that it gave (RFC 6749 section 5.2) */
export async function askProvider(
  { login, ca }: LoginProvider,
  url: string,
  form: Readonly<Record<string, string>>,
  how: { readonly post: FormPost; readonly signal: AbortSignal },
): Promise<{ readonly answer: Readonly<Record<string, unknown>> } | { readonly error: string }> {
  const bounds = { signal: how.signal, maxBytes: MAX_ANSWER_BYTES, ca };
  const { status, body } = await how.post(url, { client_id: login.clientId, ...form }, bounds);
  if (status === 200 && isJsonObject(body)) return { answer: body };
  const error = isJsonObject(body) ? body['error'] : undefined;
  // An error of the provider's may go to a terminal: only what RFC 6749 allows of it.
  return { error: typeof error === 'string' && /^[a-z_]{1,64}$/.test(error) ? error : `status ${status}` };
}

/** The access token of an answer (RFC 6749 section 5.1). @throws IdentityError */
export function tokenOf(answer: Readonly<Record<string, unknown>>): string {
  const { access_token: token, token_type: type } = answer;
  const isBearer = typeof type === 'string' && type.toLowerCase() === 'bearer';
  if (
    typeof token === 'string' &&
    isBearer &&
    token.length <= MAX_TOKEN_LENGTH &&
    /^[\x21-\x7e]+$/.test(token)
  ) {
    return token;
  }
  throw loginError('the identity provider gave no bearer token');
}

/** A login that came to nothing; the text may be shown. */
export function loginError(message: string): IdentityError {
  return new IdentityError('ERR_IDENTITY_LOGIN', message, { source: 'upstream', publicMessage: message });
}
