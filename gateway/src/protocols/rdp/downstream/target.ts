/** What a client asks to open, and what it proves itself by. A user name is a claim and no identity (P11). */
import { CREDENTIAL_ID, CREDENTIAL_SECRET } from '../../../credentials/session/credential-text.ts';
import type { Claim } from '../../../session/identify.ts';
import { RdpError } from '../errors.ts';
import { type ClientInfo, INFO } from '../wire/share/client-info.ts';

/** A requested target, not yet judged. */
export interface Target {
  /** Absent: the resource's default account. */
  readonly account: string | undefined;
  readonly resource: string;
  /** Id of a session credential: a claim, until its secret is proved. */
  readonly credential: string | undefined;
}

/** A compact JWS (RFC 7515 section 7.1): its header is JSON, so it begins with the Base64 of `{"`. */
const TOKEN = /eyJ[\w-]{8,}\.[\w-]{8,}(?:\.[\w-]*)?/g;

/** The text with every token, and every secret of a session credential, blotted out. */
export function withoutTokens(text: string): string {
  return text.replace(TOKEN, '[token]').replace(CREDENTIAL_SECRET, '[secret]');
}

/**
 * Reads a user name: `RESOURCE` or `ACCOUNT+RESOURCE`, each with `+CREDENTIAL-ID` behind it where a session credential is used.
 * @throws RdpError where there is a token in it, or nothing that can be a resource
 */
export function readTarget(user: string): Target {
  if (withoutTokens(user) !== user) {
    const message = 'the user name holds a token or a secret: it belongs in the password and nowhere else';
    throw new RdpError('ERR_RDP_MISPLACED_TOKEN', message);
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
 * Reads the password of a Client Info: an access token, the secret of the credential that the user name tells, or `ID.SECRET` of
 * one. The message is wiped.
 * @throws RdpError where it is empty, or cannot be one
 */
export function readClaim({ password, flags }: ClientInfo, { credential }: Target): Claim {
  const secret = password.toString((flags & INFO.UNICODE) !== 0 ? 'utf16le' : 'latin1');
  password.fill(0);
  if (secret === '') {
    const message =
      'the password must be your access token or a session credential, given to the client beforehand';
    throw new RdpError('ERR_RDP_NO_TOKEN', message);
  }
  if (credential !== undefined) return { kind: 'credential', id: credential, secret };
  const dot = secret.indexOf('.');
  const id = secret.slice(0, Math.max(0, dot));
  if (CREDENTIAL_ID.test(id)) return { kind: 'credential', id, secret: secret.slice(dot + 1) };
  return { kind: 'token', token: secret };
}

/** Told to everybody who names a resource or an account that is none. */
export function unknownResource(): RdpError {
  const message = 'the user name names no resource that you may open; use RESOURCE or ACCOUNT+RESOURCE';
  return new RdpError('ERR_RDP_UNKNOWN_RESOURCE', message);
}
