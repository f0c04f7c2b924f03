/** From a claim to a principal: by its token, or by a session credential that it minted. */
import { isSecretOf } from '../credentials/session/keyed-hash.ts';
import type { SessionCredential } from '../credentials/session/session-credential.ts';
import type { Challenge } from '../credentials/session/session-credentials.ts';
import { limitKey } from '../listener/ip-address.ts';
import type { GatewayError } from '../model/gateway-error.ts';
import type { Principal } from '../model/principal.ts';
import type { ProtocolServices } from '../protocols/protocol.ts';

/** What a client brings to say who it is, where the protocol hands the secret over as it is. */
export type Claim =
  | { readonly kind: 'token'; readonly token: string }
  | { readonly kind: 'credential'; readonly id: string; readonly secret: string };

/** Who asks, as a token or a session credential proves it. */
export interface Identified {
  readonly principal: Principal;
  readonly credential?: SessionCredential;
}

/** What a login by credential is for. */
export interface ClaimUse {
  readonly protocol: string;
  readonly resource: string;
  readonly account: string;
  readonly sourceAddress: string;
}

/** The errors of a protocol for a login that fails. */
export interface LoginErrors {
  /** The first text is for the log, the second may be told. */
  credential(message: string, publicMessage: string): GatewayError;
  guessed(message: string): GatewayError;
  /** How a secret is checked; absent: by its keyed hash. */
  isSecret?(secret: string, challenge: Challenge): boolean;
}

/** Told to everybody who does not prove the secret, and to its holder when it is over. */
const REFUSED =
  'the session credential is unknown, over, revoked or used up, is for another resource or account, or its secret is wrong; mint a new one';

/** Verifies a claim. Takes one use of a session credential. Rejects with a GatewayError that may be told. */
export async function identify(
  claim: Claim,
  { protocol, resource, account, sourceAddress }: ClaimUse,
  errors: LoginErrors,
  services: Pick<ProtocolServices<never>, 'verifyToken' | 'credentials'>,
): Promise<Identified> {
  if (claim.kind === 'token') return { principal: await services.verifyToken(claim.token) };
  const { credentials } = services;
  const attempt = { id: claim.id, source: limitKey(sourceAddress) };
  if (credentials.guard.isBlocked(attempt)) {
    throw errors.guessed('too many failed logins with session credentials; wait a minute');
  }
  const challenge = await credentials.challenge(claim.id, protocol);
  if (!(errors.isSecret ?? isKeyed)(claim.secret, challenge)) {
    credentials.guard.noteFailure(attempt);
    throw errors.credential(`nobody proved the secret of session credential ${claim.id}`, REFUSED);
  }
  const redeemed = await credentials.redeem(claim.id, { protocol, resource, account });
  if (!redeemed.ok) {
    throw errors.credential(`session credential ${claim.id} cannot be used: ${redeemed.reason}`, REFUSED);
  }
  credentials.guard.noteSuccess(attempt);
  return { principal: redeemed.principal, credential: redeemed.credential };
}

function isKeyed(secret: string, { salt, verifier }: Challenge): boolean {
  return isSecretOf(secret, salt, verifier);
}
