import type { JsonObject, JsonValue } from '../model/json.ts';
import { tokenError } from './errors.ts';
import type { IssuerConfig } from './issuer-config.ts';

// The last second a JavaScript Date can hold (ECMA-262 section 21.4.1.1).
const LAST_SECOND = 8_640_000_000_000;
const REMEDY = 'get a new token and reconnect';

/**
 * Checks `exp`, `nbf` and `iat` (RFC 7519 section 4.1) against the clock and against each other, and returns `exp`.
 * @throws IdentityError `ERR_IDENTITY_TOKEN_EXPIRED`, `ERR_IDENTITY_TOKEN_NOT_YET_VALID`, `ERR_IDENTITY_TOKEN_LIFETIME`,
 * `ERR_IDENTITY_CLAIM_MISSING`, `ERR_IDENTITY_CLAIM_INVALID`.
 */
export function checkTokenTimes(payload: JsonObject, config: IssuerConfig, nowMs: number): number {
  const now = nowMs / 1000;
  const expires = readTime(payload['exp'], 'exp');
  if (expires === undefined)
    throw tokenError('ERR_IDENTITY_CLAIM_MISSING', 'the token has no `exp` claim', REMEDY);
  if (now >= expires + config.leewaySeconds) {
    throw tokenError('ERR_IDENTITY_TOKEN_EXPIRED', `token expired at ${toIso(expires)}`, REMEDY);
  }
  const notBefore = readTime(payload['nbf'], 'nbf');
  const issued = readTime(payload['iat'], 'iat');
  for (const start of [notBefore, issued]) {
    if (start === undefined || start <= now + config.leewaySeconds) continue;
    throw tokenError(
      'ERR_IDENTITY_TOKEN_NOT_YET_VALID',
      `token is not valid before ${toIso(start)} and it is ${toIso(now)} here`,
      'check the clocks of the identity provider and the gateway',
    );
  }
  checkLifetime(expires, issued ?? notBefore, config.maxTokenLifetimeSeconds);
  return expires;
}

function checkLifetime(expires: number, start: number | undefined, maxSeconds: number | undefined): void {
  if (maxSeconds === undefined) return;
  if (start !== undefined && expires - start <= maxSeconds) return;
  const detail =
    start === undefined
      ? 'the token does not say when it was issued (`iat`), so its lifetime is unknown'
      : `the token was made for ${Math.ceil(expires - start)} seconds`;
  throw tokenError('ERR_IDENTITY_TOKEN_LIFETIME', detail, `get one that lives at most ${maxSeconds} seconds`);
}

/** A NumericDate (RFC 7519 section 2) that a Date can hold; JSON itself admits `1e999`, which is Infinity. */
function readTime(value: JsonValue | undefined, claim: string): number | undefined {
  if (value === undefined) return undefined;
  if (typeof value === 'number' && value >= 0 && value <= LAST_SECOND) return value;
  throw tokenError('ERR_IDENTITY_CLAIM_INVALID', `the claim \`${claim}\` of the token is not a date`, REMEDY);
}

function toIso(seconds: number): string {
  return new Date(Math.floor(seconds) * 1000).toISOString().replace('.000Z', 'Z');
}
