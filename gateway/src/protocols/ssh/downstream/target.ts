/** What a client asks to open, and what it proves itself by. A user name is a claim and no identity (P11). */
import type { Claim } from '../../../session/identify.ts';
import { credentialClaim, readLoginName, type Target, withoutTokens } from '../../../session/login-name.ts';
import { SshError } from '../errors.ts';

/** Most bytes of an answer that OpenSSH's client sends (its readpass.c has 1,024 with the final NUL). */
const OPENSSH_MOST = 1023;
/**
 * Reads a user name: `RESOURCE` or `ACCOUNT+RESOURCE`, each with `+CREDENTIAL-ID` behind it where a session credential is used.
 * @throws SshError where there is a token in it, or nothing that can be a resource
 */
export function readTarget(user: string): Target {
  const target = readLoginName(user);
  if (target === 'secret') {
    const message = 'the user name holds a token or a secret: it belongs in the password and nowhere else';
    throw new SshError('ERR_SSH_MISPLACED_TOKEN', message);
  }
  if (target === 'nothing') throw unknownResource();
  return target;
}

/**
 * Reads what was typed as a password: an access token, the secret of the credential that the user name tells, or `ID.SECRET` of one.
 * @throws SshError where it is empty, or cannot be whole
 */
export function readClaim(secret: string, target: Target): Claim {
  if (secret === '') throw new SshError('ERR_SSH_NO_TOKEN', 'the password must be your access token');
  const claim = credentialClaim(secret, target);
  if (claim !== undefined) return claim;
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
