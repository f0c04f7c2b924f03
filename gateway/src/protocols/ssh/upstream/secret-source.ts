import { type CredentialSource, createCredentialSource } from '../../../credentials/credential-source.ts';
import type { Clock } from '../../../model/clock.ts';
import type { Log } from '../../../telemetry/log.ts';
import type { SshAccount } from '../config.ts';

/** Where the secret of an account comes from. */
export function secretSource(
  account: SshAccount,
  { clock, log }: { readonly clock: Clock; readonly log?: Log },
): CredentialSource {
  return createCredentialSource(account.key ?? account.password ?? { none: true }, {
    clock,
    onWarning: (message) => log?.warn('credential', { account: account.name, reason: message }),
  });
}
