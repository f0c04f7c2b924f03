/** Logs a client in by Network Level Authentication, with a session credential: before MCS, and before Client Info. */
import type { TLSSocket } from 'node:tls';
import { limitKey } from '../../../listener/ip-address.ts';
import { findAccount } from '../../../session/accounts.ts';
import type { Identified } from '../../../session/identify.ts';
import { type Target, withoutTokens } from '../../../session/login-name.ts';
import type { ProtocolServices } from '../../protocol.ts';
import type { RdpResourceConfig } from '../config.ts';
import { RdpError } from '../errors.ts';
import { CredSspServer } from '../nla/credssp-server.ts';
import { peerIdentityOf } from '../nla/peer-identity.ts';
import type { PacketStream } from '../packet-stream.ts';
import type { CredentialSecrets } from './credential-secrets.ts';
import type { LoggedIn } from './log-in.ts';
import { readTarget } from './target.ts';

/** What a login works with. */
export interface NlaLoginOptions {
  readonly services: ProtocolServices<RdpResourceConfig>;
  readonly secrets: CredentialSecrets;
  readonly sourceAddress: string;
  readonly allowOldVersions: boolean;
  /** Told the user name that the client claims, without secrets. */
  readonly onClaimed: (user: string) => void;
}

/** Proves and redeems the credential. Rejects with a GatewayError that may be told; the client has its NTSTATUS then. */
export async function logInByNla(
  packets: PacketStream,
  stream: TLSSocket,
  options: NlaLoginOptions,
): Promise<LoggedIn> {
  const { services } = options;
  const certificate = stream.getX509Certificate();
  if (certificate === undefined) throw new TypeError('a TLS connection without a certificate of ours');
  const attempt = new Attempt(options);
  const server = new CredSspServer({
    identity: peerIdentityOf(certificate.raw),
    lookUp: (user) => attempt.lookUp(user),
    admit: () => attempt.admit(),
    allowOldVersions: options.allowOldVersions,
    clock: services.clock,
  });
  try {
    for (;;) {
      const bytes = await packets.bytes();
      if (bytes === undefined) throw new RdpError('ERR_RDP_HANDSHAKE', 'the client went within its login');
      const { send, done, failed } = await server.push(bytes);
      if (send.length > 0) packets.write(send);
      if (failed !== undefined) throw attempt.failure(failed);
      if (done === undefined) continue;
      packets.put(done.rest);
      return attempt.loggedIn();
    }
  } finally {
    server.dispose();
  }
}

/** One login: whom it names, and what came of that. */
class Attempt {
  readonly #options: NlaLoginOptions;
  #target: Target | undefined;
  #who: Identified | undefined;
  #refusal: string | undefined;

  constructor(options: NlaLoginOptions) {
    this.#options = options;
  }

  /** The hash of the secret that the user name's credential has; a user name without a credential has none. */
  async lookUp(user: string): Promise<{ readonly ntHash: Buffer } | undefined> {
    const { services, secrets, onClaimed } = this.#options;
    onClaimed(withoutTokens(user).slice(0, 256));
    const target = readTarget(user);
    if (target.credential === undefined) return undefined;
    this.#target = target;
    const { guard } = services.credentials;
    if (guard.isBlocked(this.#key(target.credential))) {
      const message = 'too many failed logins with session credentials; wait a minute';
      throw new RdpError('ERR_RDP_CREDENTIAL_GUESSED', message);
    }
    const ntHash = secrets.ntHashOf(await services.credentials.challenge(target.credential, 'rdp'));
    return ntHash === undefined ? undefined : { ntHash };
  }

  /** The secret is proved: takes one use of the credential. */
  async admit(): Promise<boolean> {
    const { services } = this.#options;
    const { credential: id, resource, account: named } = this.#proved();
    const config = services.findResource(resource)?.config;
    const account = (config && findAccount(config, named)?.name) ?? named ?? '';
    const redeemed = await services.credentials.redeem(id, { protocol: 'rdp', resource, account });
    if (!redeemed.ok) {
      this.#refusal = redeemed.reason;
      return false;
    }
    services.credentials.guard.noteSuccess(this.#key(id));
    this.#who = { principal: redeemed.principal, credential: redeemed.credential };
    return true;
  }

  loggedIn(): LoggedIn {
    const target = this.#proved();
    if (this.#who === undefined) throw new TypeError('a login that was not admitted');
    return { who: this.#who, target, configured: this.#options.services.findResource(target.resource) };
  }

  /** What goes on file of a login that failed. */
  failure(failed: Error & { readonly code: string }): Error {
    const id = this.#target?.credential;
    if (failed.code === 'ERR_RDP_NLA_LOGON' && id !== undefined)
      this.#options.services.credentials.guard.noteFailure(this.#key(id));
    if (this.#refusal === undefined) return failed;
    return new RdpError('ERR_RDP_CREDENTIAL', `session credential ${id} cannot be used: ${this.#refusal}`);
  }

  #key(id: string): { readonly id: string; readonly source: string } {
    return { id, source: limitKey(this.#options.sourceAddress) };
  }

  #proved(): Target & { readonly credential: string } {
    const target = this.#target;
    if (target?.credential === undefined) throw new TypeError('a login without a credential');
    return { ...target, credential: target.credential };
  }
}
