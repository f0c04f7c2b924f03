/** Logs a client in: who it is, and where it wants to go. Nothing of resources is told before a token or a credential is proved. */

import { findAccount } from '../../../session/accounts.ts';
import { type ClaimUse, type Identified, identify } from '../../../session/identify.ts';
import type { Target } from '../../../session/login-name.ts';
import type { ConfiguredResource, ProtocolServices } from '../../protocol.ts';
import { findMachine } from '../aliases.ts';
import type { SshResourceConfig } from '../config.ts';
import { SshError } from '../errors.ts';
import type { CertificateAttempt, LoginAttempt, SecretAttempt } from '../transport/login-attempt.ts';
import { type CertificateServices, identifyByCertificate } from './certificate-login.ts';
import { type DeviceLoginUse, logInElsewhere } from './device-login.ts';
import { readClaim, readTarget } from './target.ts';

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
  // Clients that look for it (node-ssh) give their password only where they read `assword:`.
  prompt: 'Token or credential as password: ',
};

const PROMPT_OR_LOGIN = {
  ...PROMPT,
  prompt: 'Token or credential (nothing: log in in a browser) as password: ',
};

/** What a login works with. */
export interface LoginServices
  extends ProtocolServices<SshResourceConfig>,
    Pick<CertificateServices, 'userAuthority'> {
  /** For who has no token yet; absent where no issuer has such a login. */
  readonly elsewhere: DeviceLoginUse | undefined;
}

/**
 * Asks for the secret, or looks at the certificate, and verifies it. Undefined where there is nothing to be let in by: the client
 * began anew, and this attempt is void, or it has only offered what it may prove next. Rejects with a GatewayError that may be told.
 */
export async function logIn(
  attempt: LoginAttempt,
  sourceAddress: string,
  services: LoginServices,
): Promise<LoggedIn | undefined> {
  const target = readTarget(attempt.user);
  const configured = findMachine(target.resource, services);
  const account = configured && findAccount(configured.config, target.account);
  const use = {
    protocol: 'ssh',
    resource: configured?.resource.name ?? target.resource,
    account: account?.name ?? target.account ?? '',
    sourceAddress,
  };
  const who = await (attempt.method === 'publickey'
    ? identifyByCertificate(attempt, sourceAddress, services)
    : identifyBySecret(attempt, { target, use, elsewhere: services.elsewhere }, services));
  return who === undefined ? undefined : { who, target, configured };
}

async function identifyBySecret(
  attempt: SecretAttempt,
  {
    target,
    use,
    elsewhere,
  }: { readonly target: Target; readonly use: ClaimUse } & Pick<LoginServices, 'elsewhere'>,
  services: LoginServices,
): Promise<Identified | undefined> {
  // Where there is a way to ask again: an empty answer is the wish to log in elsewhere.
  const canAsk = attempt.method === 'keyboard-interactive' && elsewhere !== undefined;
  const secret = await attempt.secret(canAsk ? PROMPT_OR_LOGIN : PROMPT);
  if (secret === '' && canAsk) {
    const token = await logInElsewhere(attempt, elsewhere);
    return token === undefined ? undefined : identify({ kind: 'token', token }, use, ERRORS, services);
  }
  return secret === undefined ? undefined : identify(readClaim(secret, target), use, ERRORS, services);
}

/** Whether the client only says what it could prove: nothing is guessed by that. */
export function isOffer(attempt: LoginAttempt): attempt is CertificateAttempt {
  return attempt.method === 'publickey' && attempt.proof === undefined;
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
