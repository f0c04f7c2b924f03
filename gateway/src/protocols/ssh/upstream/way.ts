/** The way to a machine: the login there, and at each machine that it leads through. */
import type { CredentialSource } from '../../../credentials/credential-source.ts';
import type { Clock } from '../../../model/clock.ts';
import type { SshAccount, SshResourceConfig } from '../config.ts';
import { type FindMachine, findJump } from '../jump.ts';
import type { Proof } from '../transport/client-connection.ts';
import { SshUpstreamError } from './errors.ts';
import type { CertifiedLogin } from './session-certificate.ts';

/** Whom to log in as, and by way of whom. */
export interface Way {
  readonly config: SshResourceConfig;
  readonly account: SshAccount;
  readonly secret: CredentialSource;
  readonly clock: Clock;
  /** Of accounts that log in by a certificate: makes one. */
  readonly certify: (user: string, nowMs: number) => Promise<Proof>;
  /** The machine that opens the connection; absent: the gateway does by itself. */
  readonly jump?: { readonly name: string; readonly way: Way };
}

/** What ways are made with. */
export interface WayServices {
  readonly clock: Clock;
  readonly find: FindMachine;
  readonly secretOf: (account: SshAccount) => CredentialSource;
  readonly certify: (login: Pick<CertifiedLogin, 'user' | 'nowMs' | 'purpose'>) => Promise<Proof>;
}

/** @throws SshUpstreamError where a jump host is none, which no configuration has that was checked */
export function wayTo(
  config: SshResourceConfig,
  account: SshAccount,
  services: WayServices,
  purpose: CertifiedLogin['purpose'] = 'programs',
): Way {
  const { clock, find, secretOf, certify } = services;
  const jump = findJump(config, find);
  if (jump !== undefined && 'fault' in jump)
    throw new SshUpstreamError('ERR_SSH_UPSTREAM_CONFIGURATION', `jump: ${jump.fault}`);
  return {
    config,
    account,
    secret: secretOf(account),
    clock,
    certify: (user, nowMs) => certify({ user, nowMs, purpose }),
    ...(jump && {
      jump: { name: jump.name, way: wayTo(jump.config, jump.account, services, 'tunnels') },
    }),
  };
}
