import type { JsonObject, JsonValue } from '../model/json.ts';
import { tokenError } from './errors.ts';
import type { IssuerConfig } from './issuer-config.ts';

/*
 * What kind of token this is. Only access tokens are meant for a gateway; an ID token says that somebody signed in at
 * another application, and a token of any other kind was never meant to open anything. The rule, in order:
 *
 * 1. The header's `typ` (RFC 7515 section 4.1.9) must be absent, `JWT`, `JOSE` or `at+jwt`. Any other explicit type
 *    is another kind of token (RFC 8725 section 3.11). `requireAccessTokenType` leaves only `at+jwt` (RFC 9068).
 * 2. `cnf` (RFC 7800) binds the token to a key that the client must prove; a wire protocol cannot carry the proof, and
 *    accepting it as a bearer token would undo the binding (RFC 9449 section 7.2).
 * 3. `events` makes it a security event or logout token (RFC 8417), whatever the header says.
 * 4. `typ: at+jwt` settles the rest.
 * 5. Providers that name the kind in the payload are believed: Keycloak `typ`, Amazon Cognito `token_use`.
 * 6. `nonce`, `at_hash`, `c_hash` or `s_hash` (OpenID Connect Core 1.0 sections 2 and 3.3.2.11) mark an ID token. A `nonce` is
 *    forgiven where the payload itself says access token: older Keycloak releases put it there.
 *
 * An ID token with none of these marks cannot be told apart; its `aud` is the client's id, so it fails on audience
 * as long as no `audience` in the config is a client id.
 */

const ACCESS_TOKEN = 'at+jwt';
const HEADER_TYPES = [undefined, 'jwt', 'jose', ACCESS_TOKEN];
const ID_TOKEN_HEADER_TYPES = ['id_token', 'id+jwt', 'id_token+jwt'];
const ID_TOKEN_CLAIMS = ['at_hash', 'c_hash', 's_hash'];
const REMEDY = 'send an access token issued for this gateway';

/**
 * Refuses what is not an access token.
 * @throws IdentityError `ERR_IDENTITY_TOKEN_TYPE`, `ERR_IDENTITY_TOKEN_SENDER_CONSTRAINED`.
 */
export function checkTokenType(headerType: unknown, payload: JsonObject, config: IssuerConfig): void {
  const type = normalizeType(headerType);
  if (config.requireAccessTokenType && type !== ACCESS_TOKEN) {
    throw typeError('the token is not marked as an access token (`typ: at+jwt`)');
  }
  const isIdTokenHeader = type !== undefined && ID_TOKEN_HEADER_TYPES.includes(type);
  if (!HEADER_TYPES.includes(type) && !(isIdTokenHeader && config.acceptIdTokens)) {
    throw typeError('the `typ` header of the token names another kind of token');
  }
  if (Object.hasOwn(payload, 'cnf')) {
    throw tokenError(
      'ERR_IDENTITY_TOKEN_SENDER_CONSTRAINED',
      'the token is bound to a key of the client (`cnf`), which this protocol cannot prove',
      'send a bearer token that is not bound',
    );
  }
  if (Object.hasOwn(payload, 'events')) throw typeError('the token is a security event or logout token');
  if (type !== ACCESS_TOKEN) checkPayloadType(payload, config);
}

function checkPayloadType(payload: JsonObject, config: IssuerConfig): void {
  const declared = lower(payload['typ']) ?? lower(payload['token_use']);
  const isAccess = declared === 'bearer' || declared === 'access';
  const isId = declared === 'id';
  if (declared !== undefined && !isAccess && !isId)
    throw typeError('the token says that it is no access token');
  if (config.acceptIdTokens) return;
  const hasIdMark = ID_TOKEN_CLAIMS.some((claim) => Object.hasOwn(payload, claim));
  const hasNonce = Object.hasOwn(payload, 'nonce') && !isAccess;
  if (isId || hasIdMark || hasNonce) throw typeError('the token is an ID token');
}

/** Type names are media types whose `application/` may be left out, compared without case (RFC 7515 section 4.1.9). */
function normalizeType(headerType: unknown): string | undefined {
  if (headerType === undefined) return undefined;
  if (typeof headerType !== 'string') throw typeError('the `typ` header of the token is not a string');
  return headerType.toLowerCase().replace(/^application\//, '');
}

function lower(value: JsonValue | undefined): string | undefined {
  if (value === undefined) return undefined;
  return typeof value === 'string' ? value.toLowerCase() : 'not a string';
}

function typeError(detail: string): Error {
  return tokenError('ERR_IDENTITY_TOKEN_TYPE', detail, REMEDY);
}
