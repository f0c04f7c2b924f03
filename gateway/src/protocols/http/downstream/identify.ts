/** From a claim to a principal: by its token, or by a session credential that it minted. */
import { hash } from 'node:crypto';
import type { SessionCredential } from '../../../credentials/session/session-credential.ts';
import { limitKey } from '../../../listener/ip-address.ts';
import type { Principal } from '../../../model/principal.ts';
import type { ProtocolServices } from '../../protocol.ts';
import { HttpError } from '../errors.ts';
import { isSecretOf } from './credential-form.ts';
import type { Claim } from './token.ts';

/** Who asks, as a token or a session credential proves it. */
export interface Identified {
  readonly principal: Principal;
  readonly credential?: SessionCredential;
}

/** What a login by credential is for. */
export interface ClaimUse {
  readonly resource: string;
  readonly account: string;
  readonly sourceAddress: string;
}

/** Told to everybody who does not prove the secret, and to its holder when it is over. */
const REFUSED =
  'the session credential is unknown, over, revoked or used up, is for another resource, or its secret is wrong; mint a new one';

/** Verifies a claim. Takes one use of a session credential. Rejects with a GatewayError that may be told. */
export async function identify(
  claim: Claim,
  use: ClaimUse,
  services: Pick<ProtocolServices<unknown>, 'verifyToken' | 'credentials'>,
): Promise<Identified> {
  if (claim.kind === 'token') return { principal: await services.verifyToken(claim.token) };
  const { credentials } = services;
  const attempt = { id: claim.id, source: limitKey(use.sourceAddress) };
  if (credentials.guard.isBlocked(attempt)) {
    const message = 'too many failed logins with session credentials; wait a minute';
    throw new HttpError('ERR_HTTP_CREDENTIAL_GUESSED', 429, message);
  }
  const { salt, verifier } = await credentials.challenge(claim.id, 'http');
  if (!isSecretOf(claim.secret, salt, verifier)) {
    credentials.guard.noteFailure(attempt);
    throw refused(`nobody proved the secret of session credential ${claim.id}`);
  }
  const { resource, account } = use;
  const redeemed = await credentials.redeem(claim.id, { protocol: 'http', resource, account });
  if (!redeemed.ok) throw refused(`session credential ${claim.id} cannot be used: ${redeemed.reason}`);
  credentials.guard.noteSuccess(attempt);
  return { principal: redeemed.principal, credential: redeemed.credential };
}

/** Tells whether two requests bring the same claim, without keeping it. */
export function claimDigest(claim: Claim): string {
  // Neither a token nor an id has a line end in it: one text means one claim.
  const text = claim.kind === 'token' ? `token\n${claim.token}` : `credential\n${claim.id}\n${claim.secret}`;
  return hash('sha256', text, 'base64');
}

function refused(message: string): HttpError {
  return new HttpError('ERR_HTTP_CREDENTIAL', 401, message, REFUSED);
}
