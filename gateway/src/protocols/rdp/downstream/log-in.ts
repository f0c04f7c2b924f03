/** Logs a client in that brings its secret in Client Info, inside of TLS. Nothing of resources is told before it is proved. */

import { findAccount } from '../../../session/accounts.ts';
import { type Identified, identify } from '../../../session/identify.ts';
import type { Target } from '../../../session/login-name.ts';
import type { ConfiguredResource, ProtocolServices } from '../../protocol.ts';
import type { RdpResourceConfig } from '../config.ts';
import { RdpError } from '../errors.ts';
import type { ClientInfo } from '../wire/share/client-info.ts';
import type { CredentialSecrets } from './credential-secrets.ts';
import { readClaim, readTarget } from './target.ts';

/** Somebody who has proved who he is. */
export interface LoggedIn {
  readonly who: Identified;
  readonly target: Target;
  readonly configured: ConfiguredResource<RdpResourceConfig> | undefined;
}

/** Verifies the secret. Rejects with a GatewayError that may be told. */
export async function logIn(
  info: ClientInfo,
  sourceAddress: string,
  { services, secrets }: { services: ProtocolServices<RdpResourceConfig>; secrets: CredentialSecrets },
): Promise<LoggedIn> {
  const target = readTarget(info.user);
  const configured = services.findResource(target.resource);
  const account = configured && findAccount(configured.config, target.account);
  const use = {
    protocol: 'rdp',
    resource: target.resource,
    account: account?.name ?? target.account ?? '',
    sourceAddress,
  };
  const who = await identify(
    readClaim(info, target),
    use,
    { ...ERRORS, isSecret: secrets.isSecret },
    services,
  );
  return { who, target, configured };
}

const ERRORS = {
  credential: (message: string, publicMessage: string) =>
    new RdpError('ERR_RDP_CREDENTIAL', message, publicMessage),
  guessed: (message: string) => new RdpError('ERR_RDP_CREDENTIAL_GUESSED', message),
};
