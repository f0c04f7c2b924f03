/** Login names that say what to open, for protocols that have a user name and a password only. A name is a claim and no identity (P11). */
import { CREDENTIAL_ID, CREDENTIAL_SECRET } from '../credentials/session/credential-text.ts';
import type { Claim } from './identify.ts';

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
 * `secret`: there is a token or a secret in it; `nothing`: it cannot be a resource.
 */
export function readLoginName(user: string): Target | 'secret' | 'nothing' {
  if (withoutTokens(user) !== user) return 'secret';
  const parts = user.split('+');
  const last = parts.at(-1) ?? '';
  const credential = CREDENTIAL_ID.test(last) ? last : undefined;
  if (credential !== undefined) parts.pop();
  const resource = parts.pop();
  const account = parts.pop();
  if (resource === undefined || resource === '' || account === '' || parts.length > 0) return 'nothing';
  return { account, resource, credential };
}

/** The session credential that a password claims: of the id that the name tells, or as `ID.SECRET`. Undefined: neither. */
export function credentialClaim(password: string, { credential }: Target): Claim | undefined {
  if (credential !== undefined) return { kind: 'credential', id: credential, secret: password };
  const dot = password.indexOf('.');
  const id = password.slice(0, Math.max(0, dot));
  if (!CREDENTIAL_ID.test(id)) return undefined;
  return { kind: 'credential', id, secret: password.slice(dot + 1) };
}
