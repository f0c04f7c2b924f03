/** Logs a client in: who it is, and where it wants to go. Nothing of resources is told before a token or a credential is proved. */
import { type Identified, identify } from '../../../session/identify.ts';
import type { ConfiguredResource, ProtocolServices } from '../../protocol.ts';
import { findAccount, type SshResourceConfig } from '../config.ts';
import { SshError } from '../errors.ts';
import type { LoginAttempt } from '../transport/login-attempt.ts';
import { readClaim, readTarget, type Target } from './target.ts';

/** Somebody who has proved who he is. */
export interface LoggedIn {
  readonly who: Identified;
  readonly target: Target;
  readonly configured: ConfiguredResource<SshResourceConfig> | undefined;
}

const PROMPT = {
  title: 'Sallyport',
  instructions:
    'The password is an access token, or a session credential as ID.SECRET. OpenSSH sends at most 1,023 bytes: for a longer token mint a session credential (sallyport credential).',
  prompt: 'Token or credential: ',
};

/**
 * Asks for the secret and verifies it. Undefined where the client began anew, and this attempt is void.
 * Rejects with a GatewayError that may be told.
 */
export async function logIn(
  attempt: LoginAttempt,
  sourceAddress: string,
  services: ProtocolServices<SshResourceConfig>,
): Promise<LoggedIn | undefined> {
  const target = readTarget(attempt.user);
  const secret = await attempt.secret(PROMPT);
  if (secret === undefined) return undefined;
  const claim = readClaim(secret, target);
  const configured = services.findResource(target.resource);
  const account = configured && findAccount(configured.config, target.account);
  const use = {
    protocol: 'ssh',
    resource: target.resource,
    account: account?.name ?? target.account ?? '',
    sourceAddress,
  };
  return { who: await identify(claim, use, ERRORS, services), target, configured };
}

const ERRORS = {
  credential: (message: string, publicMessage: string) =>
    new SshError('ERR_SSH_CREDENTIAL', message, publicMessage),
  guessed: (message: string) => new SshError('ERR_SSH_CREDENTIAL_GUESSED', message),
};

/** More than anybody mistypes; another connection begins anew, and is counted by its address. */
export const MOST_SECRETS = 6;

/** What a client is told that tries too often. */
export function tooManyAttempts(): SshError {
  return new SshError('ERR_SSH_ATTEMPTS', 'too many attempts on one connection; connect again');
}
