/** Where a client says who it is, and where it must not. */
import { hash } from 'node:crypto';
import { CREDENTIAL_ID } from '../../../credentials/session/credential-text.ts';
import type { Claim } from '../../../session/identify.ts';
import { HttpError } from '../errors.ts';
import type { FieldBlock } from '../wire/fields/field-block.ts';

/** A claim, and the header that it came in, which is never forwarded. */
export interface FoundClaim {
  readonly claim: Claim;
  readonly header: string;
}

/** Shortest text that is looked for elsewhere: a token is longer, and a user name may well be in a path. */
const SHORTEST = 16;

/** Where a claim may be. */
export interface ClaimPlaces {
  readonly tokenHeader: string | undefined;
  /** The request is for a proxy: its `Authorization` is for somebody else (RFC 9110 section 11.7). */
  readonly isProxied?: boolean;
}

/**
 * Reads the claim of a request: `Proxy-Authorization` before the configured header before `Authorization`. Bearer holds an access token,
 * or `cred_….slp_…`; Basic a session credential, with `ACCOUNT+cred_…` or `cred_…` as its user. Undefined: there is none.
 * @throws HttpError where the claim stands in another field as well, or in the target: it would be forwarded or recorded
 */
export function findClaim(
  fields: FieldBlock,
  target: string,
  { tokenHeader, isProxied = false }: ClaimPlaces,
): FoundClaim | undefined {
  for (const header of ['proxy-authorization', tokenHeader, isProxied ? undefined : 'authorization']) {
    if (header === undefined) continue;
    const value = fields.only(header);
    if (value === undefined) continue;
    const claim = header === tokenHeader ? bearer(value.replace(/^bearer +/i, '')) : readClaim(value);
    if (claim === undefined) continue;
    refuseElsewhere(claim, header, fields, target);
    return { claim, header };
  }
  return undefined;
}

function readClaim(value: string): Claim | undefined {
  const [, scheme = '', rest = ''] = /^([A-Za-z]+) +(\S+)$/.exec(value) ?? [];
  if (scheme.toLowerCase() === 'bearer') return bearer(rest);
  return scheme.toLowerCase() === 'basic' ? basic(rest) : undefined;
}

function bearer(text: string): Claim {
  const dot = text.indexOf('.');
  const id = text.slice(0, Math.max(0, dot));
  if (!CREDENTIAL_ID.test(id)) return { kind: 'token', token: text };
  return { kind: 'credential', id, secret: text.slice(dot + 1) };
}

/** A token as the password of anybody is taken too: clients that know Basic alone can then bring one. */
function basic(encoded: string): Claim | undefined {
  const text = Buffer.from(encoded, 'base64').toString('utf8');
  const colon = text.indexOf(':');
  if (colon === -1) return undefined;
  const user = text.slice(0, colon);
  const password = text.slice(colon + 1);
  // The account in front of it was chosen when the credential was minted.
  const id = user.slice(user.lastIndexOf('+') + 1);
  if (!CREDENTIAL_ID.test(id)) return { kind: 'token', token: password };
  return { kind: 'credential', id, secret: password };
}

/** @throws HttpError where the claim stands in the target, or in another field than `header` */
export function refuseElsewhere(claim: Claim, header: string, fields: FieldBlock, target: string): void {
  const secret = claim.kind === 'token' ? claim.token : claim.secret;
  if (secret.length < SHORTEST) return;
  if (!target.includes(secret) && !isInOtherField(secret, header, fields)) return;
  const message =
    'the token stands in the URL or in another header as well, from where it would be forwarded';
  throw new HttpError('ERR_HTTP_MISPLACED_TOKEN', 400, message);
}

function isInOtherField(secret: string, header: string, fields: FieldBlock): boolean {
  for (let index = 0; index < fields.size; index += 1) {
    const value = fields.valueAt(index);
    if (value.length < secret.length || !value.includes(secret)) continue;
    if (fields.nameAt(index).toLowerCase() !== header) return true;
  }
  return false;
}

/** Tells whether two requests bring the same claim, without keeping it. */
export function claimDigest(claim: Claim): string {
  // Neither a token nor an id has a line end in it: one text means one claim.
  const text = claim.kind === 'token' ? `token\n${claim.token}` : `credential\n${claim.id}\n${claim.secret}`;
  return hash('sha256', text, 'base64');
}
