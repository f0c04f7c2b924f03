import { GatewayError } from '../model/gateway-error.ts';

/** Why a token or an issuer was refused. Stable: audit, docs and clients rely on them. */
export type IdentityErrorCode =
  | 'ERR_IDENTITY_CONFIG_INVALID'
  | 'ERR_IDENTITY_TOKEN_TOO_LARGE'
  | 'ERR_IDENTITY_TOKEN_MALFORMED'
  | 'ERR_IDENTITY_TOKEN_ALGORITHM'
  | 'ERR_IDENTITY_TOKEN_ISSUER'
  | 'ERR_IDENTITY_TOKEN_KEY_UNKNOWN'
  | 'ERR_IDENTITY_TOKEN_SIGNATURE'
  | 'ERR_IDENTITY_TOKEN_AUDIENCE'
  | 'ERR_IDENTITY_TOKEN_EXPIRED'
  | 'ERR_IDENTITY_TOKEN_NOT_YET_VALID'
  | 'ERR_IDENTITY_TOKEN_LIFETIME'
  | 'ERR_IDENTITY_TOKEN_TYPE'
  | 'ERR_IDENTITY_TOKEN_SENDER_CONSTRAINED'
  | 'ERR_IDENTITY_CLAIM_MISSING'
  | 'ERR_IDENTITY_CLAIM_INVALID'
  | 'ERR_IDENTITY_GROUPS_INVALID'
  | 'ERR_IDENTITY_GROUPS_OVERAGE'
  | 'ERR_IDENTITY_DELEGATION_INVALID'
  | 'ERR_IDENTITY_DISCOVERY_INVALID'
  | 'ERR_IDENTITY_KEY_SET_INVALID'
  | 'ERR_IDENTITY_FETCH_FAILED'
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
