/** From a claim to a principal: by its token, or by a session credential that it minted. */
import type { SessionCredential } from '../../../credentials/session/session-credential.ts';
import { limitKey } from '../../../listener/ip-address.ts';
import type { Principal } from '../../../model/principal.ts';
import type { ProtocolServices } from '../../protocol.ts';
import { SshError } from '../errors.ts';
import { isSecretOf } from './credential-form.ts';
import type { Claim } from './target.ts';

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
  'the session credential is unknown, over, revoked or used up, is for another resource or account, or its secret is wrong; mint a new one';

/** Verifies a claim. Takes one use of a session credential. Rejects with a GatewayError that may be told. */
export async function identify(
  claim: Claim,
  { resource, account, sourceAddress }: ClaimUse,
  services: Pick<ProtocolServices<unknown>, 'verifyToken' | 'credentials'>,
): Promise<Identified> {
  if (claim.kind === 'token') return { principal: await services.verifyToken(claim.token) };
  const { credentials } = services;
  const attempt = { id: claim.id, source: limitKey(sourceAddress) };
  if (credentials.guard.isBlocked(attempt)) {
    const message = 'too many failed logins with session credentials; wait a minute';
    throw new SshError('ERR_SSH_CREDENTIAL_GUESSED', message);
  }
  const { salt, verifier } = await credentials.challenge(claim.id, 'ssh');
  if (!isSecretOf(claim.secret, salt, verifier)) {
    credentials.guard.noteFailure(attempt);
    throw refused(`nobody proved the secret of session credential ${claim.id}`);
  }
  const redeemed = await credentials.redeem(claim.id, { protocol: 'ssh', resource, account });
  if (!redeemed.ok) throw refused(`session credential ${claim.id} cannot be used: ${redeemed.reason}`);
  credentials.guard.noteSuccess(attempt);
  return { principal: redeemed.principal, credential: redeemed.credential };
}

function refused(message: string): SshError {
  return new SshError('ERR_SSH_CREDENTIAL', message, REFUSED);
}
