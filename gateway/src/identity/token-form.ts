import { decodeJwt, decodeProtectedHeader } from 'jose';
import { tokenError } from './errors.ts';

/** What a token says before anything is verified: good for choosing keys and for nothing else. */
export interface UnverifiedToken {
  readonly issuer: string;
  readonly algorithm: string;
  readonly kid: string | undefined;
  readonly type: unknown;
}

const REMEDY = 'send an OIDC access token (a signed JWT), where the protocol has a password as the password';
const COMPACT = /^[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]*$/;
const ENCRYPTED = /^[A-Za-z0-9_-]+(\.[A-Za-z0-9_-]*){4}$/;
const MAX_KID_LENGTH = 256;

/**
 * Reads the outside of a compact JWS (RFC 7515 section 7.1).
 * @throws IdentityError `ERR_IDENTITY_TOKEN_TOO_LARGE`, `ERR_IDENTITY_TOKEN_MALFORMED`.
 */
export function readTokenForm(token: string, maxBytes: number): UnverifiedToken {
  checkTokenSize(token, maxBytes);
  if (!COMPACT.test(token)) {
    if (ENCRYPTED.test(token)) throw malformed('the token is encrypted');
    if (COMPACT.test(token.trim())) throw malformed('there are blanks or line ends around the token');
    throw malformed('what was sent is not a JWT');
  }
  const { alg, kid, typ } = decode(() => decodeProtectedHeader(token), 'header');
  const { iss } = decode(() => decodeJwt(token), 'payload');
  if (typeof alg !== 'string') throw malformed('the token has no `alg` header');
  if (kid !== undefined && (typeof kid !== 'string' || kid.length > MAX_KID_LENGTH)) {
    throw malformed(
      `the \`kid\` header of the token is not a string of at most ${MAX_KID_LENGTH} characters`,
    );
  }
  if (typeof iss !== 'string') throw malformed('the token has no `iss` claim');
  return { issuer: iss, algorithm: alg, kid, type: typ };
}

/** @throws IdentityError `ERR_IDENTITY_TOKEN_TOO_LARGE`. */
export function checkTokenSize(token: string, maxBytes: number): void {
  // One character is at least one byte, and a well-formed token has only one-byte characters.
  if (token.length <= maxBytes) return;
  throw tokenError(
    'ERR_IDENTITY_TOKEN_TOO_LARGE',
    `the token is longer than ${maxBytes} bytes`,
    'ask the identity provider for one with fewer claims',
  );
}

function decode<T>(read: () => T, part: string): T {
  try {
    return read();
  } catch {
    // The cause is left out on purpose: it may quote the token.
    throw malformed(`the ${part} of the token is not base64url of a JSON object`);
  }
}

function malformed(detail: string): Error {
  return tokenError('ERR_IDENTITY_TOKEN_MALFORMED', detail, REMEDY);
}
