/** What a client asks to open, and what it proves itself by. A user name is a claim and no identity (P11). */
import type { Claim } from '../../../session/identify.ts';
import { credentialClaim, readLoginName, type Target } from '../../../session/login-name.ts';
import { RdpError } from '../errors.ts';
import { type ClientInfo, INFO } from '../wire/share/client-info.ts';

/**
 * Reads a user name: `RESOURCE` or `ACCOUNT+RESOURCE`, each with `+CREDENTIAL-ID` behind it where a session credential is used.
 * @throws RdpError where there is a token in it, or nothing that can be a resource
 */
export function readTarget(user: string): Target {
  const target = readLoginName(user);
  if (target === 'secret') {
    const message = 'the user name holds a token or a secret: it belongs in the password and nowhere else';
    throw new RdpError('ERR_RDP_MISPLACED_TOKEN', message);
  }
  if (target === 'nothing') throw unknownResource();
  return target;
}

/**
 * Reads the password of a Client Info: an access token, the secret of the credential that the user name tells, or `ID.SECRET` of
 * one. The message is wiped.
 * @throws RdpError where it is empty, or cannot be one
 */
export function readClaim({ password, flags }: ClientInfo, target: Target): Claim {
  const secret = password.toString((flags & INFO.UNICODE) !== 0 ? 'utf16le' : 'latin1');
  password.fill(0);
  if (secret === '') {
    const message =
      'the password must be your access token or a session credential, given to the client beforehand';
    throw new RdpError('ERR_RDP_NO_TOKEN', message);
  }
  const claim = credentialClaim(secret, target);
  if (claim !== undefined) return claim;
  return { kind: 'token', token: secret };
}

/** Told to everybody who names a resource or an account that is none. */
export function unknownResource(): RdpError {
  const message = 'the user name names no resource that you may open; use RESOURCE or ACCOUNT+RESOURCE';
  return new RdpError('ERR_RDP_UNKNOWN_RESOURCE', message);
}
