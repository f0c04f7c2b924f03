import { GatewayError } from '../model/gateway-error.ts';

/** Why a token or an issuer was refused. Stable: audit, docs and clients rely on them. */
export type IdentityErrorCode =
  /** An issuer is configured twice, or a claim path cannot be read. */
  | 'ERR_IDENTITY_CONFIG_INVALID'
  /** The token is longer than `maxTokenBytes`. */
  | 'ERR_IDENTITY_TOKEN_TOO_LARGE'
  /** The password is not a signed JWT in compact form. */
  | 'ERR_IDENTITY_TOKEN_MALFORMED'
  /** The token is signed with an algorithm outside `algorithms`, or not at all. */
  | 'ERR_IDENTITY_TOKEN_ALGORITHM'
  /** No configured issuer has the name that the token gives. */
  | 'ERR_IDENTITY_TOKEN_ISSUER'
  /** The issuer publishes no fitting key of the id that the token names. */
  | 'ERR_IDENTITY_TOKEN_KEY_UNKNOWN'
  /** No key of the issuer made the signature. */
  | 'ERR_IDENTITY_TOKEN_SIGNATURE'
  /** The token was issued for somebody else. */
  | 'ERR_IDENTITY_TOKEN_AUDIENCE'
  /** The token has ended. */
  | 'ERR_IDENTITY_TOKEN_EXPIRED'
  /** The token begins, or was issued, in the future. */
  | 'ERR_IDENTITY_TOKEN_NOT_YET_VALID'
  /** The token was made for longer than `maxTokenLifetimeSeconds`, or does not say. */
  | 'ERR_IDENTITY_TOKEN_LIFETIME'
  /** The token is an ID, refresh, logout or other token, not an access token. */
  | 'ERR_IDENTITY_TOKEN_TYPE'
  /** The token is bound to a key that the protocol cannot prove. */
  | 'ERR_IDENTITY_TOKEN_SENDER_CONSTRAINED'
  /** The token lacks `sub` or `exp`. */
  | 'ERR_IDENTITY_CLAIM_MISSING'
  /** A claim that says who, when or which has the wrong form. */
  | 'ERR_IDENTITY_CLAIM_INVALID'
  /** The groups claim is not a list of names. */
  | 'ERR_IDENTITY_GROUPS_INVALID'
  /** The identity provider left the groups out because there are too many. */
  | 'ERR_IDENTITY_GROUPS_OVERAGE'
  /** The `act` chain is too long or cannot be read. */
  | 'ERR_IDENTITY_DELEGATION_INVALID'
  /** The issuer metadata is of another issuer or names no key set that may be fetched. */
  | 'ERR_IDENTITY_DISCOVERY_INVALID'
  /** What the issuer publishes as its key set is none. */
  | 'ERR_IDENTITY_KEY_SET_INVALID'
  /** A login at the issuer came to nothing: refused, too late, not offered, or an answer that is none. */
  | 'ERR_IDENTITY_LOGIN'
  /** The issuer did not give a JSON document in time. */
  | 'ERR_IDENTITY_FETCH_FAILED'
  /** No key of the issuer is known, or the known ones are too old, and it does not answer. */
  | 'ERR_IDENTITY_ISSUER_UNAVAILABLE';

/** A refusal of this module. Neither `message` nor `publicMessage` ever holds a token or a part of its signature (P6). */
export class IdentityError extends GatewayError<IdentityErrorCode> {}

/**
 * A refusal of the token itself: the client's to repair, so `remedy` tells the agent what to do.
 * `detail` is for the log and goes before the remedy there.
 */
export function tokenError(code: IdentityErrorCode, detail: string, remedy: string): IdentityError {
  return new IdentityError(code, `${detail}; ${remedy}`, {
    source: 'downstream',
    publicMessage: `${detail}; ${remedy}`,
  });
}

/** An unverified value, made safe to put in a log message: quoted, escaped and at most 100 characters. */
export function quoteUnverified(value: unknown): string {
  const text = typeof value === 'string' ? value : typeof value;
  const cut = text.length > 100 ? `${text.slice(0, 100)}…` : text;
  return JSON.stringify(cut).replace(/[\u007f-\u009f\u2028-\u202e\u2066-\u2069]/g, '?');
}
