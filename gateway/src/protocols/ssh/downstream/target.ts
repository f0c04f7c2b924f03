/** What a client asks to open, and what it proves itself by. A user name is a claim and no identity (P11). */
import { CREDENTIAL_ID, CREDENTIAL_SECRET } from '../../../credentials/session/credential-text.ts';
import type { Claim } from '../../../session/identify.ts';
import { SshError } from '../errors.ts';

/** A requested target, not yet judged. */
export interface Target {
  /** Absent: the resource's default account. */
  readonly account: string | undefined;
  readonly resource: string;
  /** Id of a session credential: a claim, until its secret is proved. */
  readonly credential: string | undefined;
}

/** Most bytes of an answer that OpenSSH's client sends (its readpass.c has 1,024 with the final NUL). */
const OPENSSH_MOST = 1023;
/** A compact JWS (RFC 7515 section 7.1): its header is JSON, so it begins with the Base64 of `{"`. */
const TOKEN = /eyJ[\w-]{8,}\.[\w-]{8,}(?:\.[\w-]*)?/g;

/** The text with every token, and every secret of a session credential, blotted out. */
export function withoutTokens(text: string): string {
  return text.replace(TOKEN, '[token]').replace(CREDENTIAL_SECRET, '[secret]');
}

/**
 * Reads a user name: `RESOURCE` or `ACCOUNT+RESOURCE`, each with `+CREDENTIAL-ID` behind it where a session credential is used.
 * @throws SshError where there is a token in it, or nothing that can be a resource
 */
export function readTarget(user: string): Target {
  if (withoutTokens(user) !== user) {
    const message = 'the user name holds a token or a secret: it belongs in the password and nowhere else';
    throw new SshError('ERR_SSH_MISPLACED_TOKEN', message);
  }
  const parts = user.split('+');
  const last = parts.at(-1) ?? '';
  const credential = CREDENTIAL_ID.test(last) ? last : undefined;
  if (credential !== undefined) parts.pop();
  const resource = parts.pop();
  const account = parts.pop();
  if (resource === undefined || resource === '' || account === '' || parts.length > 0)
    throw unknownResource();
  return { account, resource, credential };
}

/**
 * Reads what was typed as a password: an access token, the secret of the credential that the user name tells, or `ID.SECRET` of one.
 * @throws SshError where it is empty, or cannot be whole
 */
export function readClaim(secret: string, { credential }: Target): Claim {
  if (secret === '') throw new SshError('ERR_SSH_NO_TOKEN', 'the password must be your access token');
  if (credential !== undefined) return { kind: 'credential', id: credential, secret };
  const dot = secret.indexOf('.');
  const id = secret.slice(0, Math.max(0, dot));
  if (CREDENTIAL_ID.test(id)) return { kind: 'credential', id, secret: secret.slice(dot + 1) };
  if (withoutTokens(secret) === '[secret]') {
    const message =
      'the password is the secret of a session credential: the user name must then be ACCOUNT+RESOURCE+CREDENTIAL-ID, or the password CREDENTIAL-ID.SECRET';
    throw new SshError('ERR_SSH_NO_TOKEN', message);
  }
  if (Buffer.byteLength(secret) === OPENSSH_MOST) {
    const message = `the token was cut off: OpenSSH sends at most ${OPENSSH_MOST} bytes of a password; mint a session credential (sallyport credential) and use that`;
    throw new SshError('ERR_SSH_NO_TOKEN', message);
  }
  return { kind: 'token', token: secret };
}

/** Told to everybody who names a resource or an account that is none. */
export function unknownResource(): SshError {
  const message =
    'the user name names no resource that you may open; use RESOURCE or ACCOUNT+RESOURCE (ssh ACCOUNT+RESOURCE@gateway)';
  return new SshError('ERR_SSH_UNKNOWN_RESOURCE', message);
}
