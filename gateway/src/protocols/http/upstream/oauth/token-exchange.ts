/** The words of a token request and of its answer (RFC 6749 sections 4.4 and 5). */
import type { OauthClient } from '../../credential-config.ts';
import { HttpUpstreamError } from '../errors.ts';

/** An access token. */
export interface AccessToken {
  readonly token: string;
  /** Seconds for which it can be used from when it was asked for; undefined where the server does not say. */
  readonly lifetimeSeconds: number | undefined;
}

/** What is sent to the token endpoint. */
export interface TokenRequest {
  /** Value of `Authorization`, where the client authenticates there. */
  readonly authorization: string | undefined;
  /** `application/x-www-form-urlencoded`. */
  readonly body: string;
}

const OK = 200;
const FIRST_SERVER_ERROR = 500;
const TOO_MANY_REQUESTS = 429;
const REQUEST_TIMEOUT = 408;
/** Longest token: it has to fit into a header. */
const MOST_TOKEN_CHARACTERS = 16_384;
const TOKEN = /^[!-~]+$/;
/** Whatever a server says, it is asked again after a day. Seconds. */
const LONGEST_LIFETIME = 86_400;
/** Codes that are told (RFC 6749 sections 4.1.2.1 and 5.2, RFC 8707 section 2): anything else could hold what was sent. */
const ERRORS: ReadonlySet<string> = new Set([
  'invalid_request',
  'invalid_client',
  'invalid_grant',
  'unauthorized_client',
  'unsupported_grant_type',
  'invalid_scope',
  'invalid_target',
  'access_denied',
  'server_error',
  'temporarily_unavailable',
]);

/** Asks for a token by client credentials (RFC 6749 section 4.4.2). */
export function tokenRequest(client: OauthClient, secret: string): TokenRequest {
  const { clientId, scope, audience, auth } = client;
  const body = new URLSearchParams({ grant_type: 'client_credentials' });
  if (scope !== undefined) body.set('scope', scope);
  if (audience !== undefined) body.set('audience', audience);
  if (auth === 'post') {
    body.set('client_id', clientId);
    body.set('client_secret', secret);
    return { authorization: undefined, body: body.toString() };
  }
  // RFC 6749 section 2.3.1: both are form-encoded first, so that the id may hold a colon.
  const login = `${formEncoded(clientId)}:${formEncoded(secret)}`;
  return { authorization: `Basic ${Buffer.from(login).toString('base64')}`, body: body.toString() };
}

/** Reads an answer. @throws HttpUpstreamError, whose message holds nothing that the server said but a known error code. */
export function readTokenAnswer(status: number, body: Buffer): AccessToken {
  const document = parse(body);
  if (status !== OK) throw refused(status, document['error']);
  const { access_token: token, token_type: type, expires_in: lifetime } = document;
  if (typeof token !== 'string' || token.length > MOST_TOKEN_CHARACTERS || !TOKEN.test(token)) {
    throw unusable('it answered without an access token that fits into a header');
  }
  // RFC 6749 section 7.1: a token of a type that is not understood must not be used.
  if (typeof type !== 'string' || type.toLowerCase() !== 'bearer') {
    throw unusable('its token is not of the type Bearer');
  }
  return { token, lifetimeSeconds: seconds(lifetime) };
}

function refused(status: number, error: unknown): HttpUpstreamError {
  const told = typeof error === 'string' && ERRORS.has(error) ? `, ${error}` : '';
  const message = `token endpoint: it answered ${status}${told}`;
  const isTransient =
    status >= FIRST_SERVER_ERROR || status === TOO_MANY_REQUESTS || status === REQUEST_TIMEOUT;
  return new HttpUpstreamError(
    isTransient ? 'ERR_HTTP_UPSTREAM_TOKEN_UNAVAILABLE' : 'ERR_HTTP_UPSTREAM_TOKEN',
    message,
  );
}

/** An answer that no token can be taken from. */
export function unusable(what: string): HttpUpstreamError {
  return new HttpUpstreamError('ERR_HTTP_UPSTREAM_TOKEN', `token endpoint: ${what}`);
}

/** RFC 6749 section 5.1: a number; some servers write it as text. */
function seconds(lifetime: unknown): number | undefined {
  const number = typeof lifetime === 'string' && /^\d{1,10}$/.test(lifetime) ? Number(lifetime) : lifetime;
  if (typeof number !== 'number' || !Number.isFinite(number) || number < 0) return undefined;
  return Math.min(number, LONGEST_LIFETIME);
}

function parse(body: Buffer): Readonly<Record<string, unknown>> {
  try {
    const document: unknown = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(body));
    if (typeof document === 'object' && document !== null) return document as Record<string, unknown>;
  } catch {
    // The parser's own message quotes the body.
  }
  return {};
}

function formEncoded(text: string): string {
  return new URLSearchParams([['', text]]).toString().slice(1);
}
