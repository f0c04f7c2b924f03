/** Serves RDP clients: one `serve` a connection, from its first byte to its last. No failure leaves this file. */
import type { Socket } from 'node:net';
import { type CredentialSource, createCredentialSource } from '../../credentials/credential-source.ts';
import type { Connection } from '../../listener/listener.ts';
import { GatewayError } from '../../model/gateway-error.ts';
import { withoutTokens } from '../../session/login-name.ts';
import type { ProtocolServer, ProtocolServices } from '../protocol.ts';
import type { RdpAccount, RdpResourceConfig } from './config.ts';
import { attachClient, type ClientIds } from './downstream/attach.ts';
import { type CredentialSecrets, openCredentialSecrets } from './downstream/credential-secrets.ts';
import { errorInfoOf, sayFarewell } from './downstream/farewell.ts';
import { logIn } from './downstream/log-in.ts';
import { negotiate } from './downstream/negotiate.ts';
import { logInByNla } from './downstream/nla-login.ts';
import type { RdpListenerConfig } from './listener-config.ts';
import { requireNtlm } from './nla/require-ntlm.ts';
import { PacketStream } from './packet-stream.ts';
import { runDesktop } from './run-desktop.ts';

/** What is known of a connection when it ends. */
interface Progress {
  isAuthenticated: boolean;
  /** User name that the client told; without secrets. */
  claimed: string | undefined;
  packets: PacketStream | undefined;
  ids: ClientIds | undefined;
  shareId: () => number;
}

/** Serves the connections of one RDP listener. */
export class RdpServer implements ProtocolServer {
  readonly #services: ProtocolServices<RdpResourceConfig>;
  readonly #listener: RdpListenerConfig;
  readonly #secrets = new WeakMap<RdpAccount, CredentialSource>();
  readonly #credentialSecrets: Promise<CredentialSecrets>;

  constructor(services: ProtocolServices<RdpResourceConfig>, listener: RdpListenerConfig) {
    this.#services = services;
    this.#listener = listener;
    // Both of them need the hashes of NTLM: as the proof of NLA, and as what is kept of a session credential.
    requireNtlm();
    this.#credentialSecrets = openCredentialSecrets(services.keyFiles);
    this.#credentialSecrets.catch((error: unknown) => {
      const reason = error instanceof Error ? error.message : String(error);
      services.log.error('the key of rdp cannot be used: nobody can connect', { reason });
    });
  }

  async serve(socket: Socket, connection: Connection): Promise<void> {
    const progress: Progress = {
      isAuthenticated: false,
      claimed: undefined,
      packets: undefined,
      ids: undefined,
      shareId: () => 0,
    };
    try {
      const by = await this.#run(socket, connection, progress);
      this.#end(socket, progress, by === 'client' ? 'gone' : 'told');
    } catch (error) {
      this.#refuse(error, progress, connection.remoteAddress);
      this.#end(socket, progress, error);
    }
  }

  async #run(socket: Socket, connection: Connection, progress: Progress): Promise<'client' | 'resource'> {
    const services = this.#services;
    const { security, allowOldCredSsp } = this.#listener;
    const { remoteAddress: sourceAddress, handshake: signal, draining } = connection;
    services.failedAuthentications.admits(sourceAddress);
    const { request, stream } = await negotiate(socket, { security, tls: services.tls, signal });
    const packets = new PacketStream(stream, 'downstream');
    progress.packets = packets;
    const secrets = await this.#credentialSecrets;
    const onClaimed = (user: string): void => {
      progress.claimed = user;
    };
    const byNla = { services, secrets, sourceAddress, allowOldVersions: allowOldCredSsp, onClaimed };
    const proved = security === 'nla' ? await logInByNla(packets, stream, byNla) : undefined;
    const attached = await attachClient(packets, request.protocols);
    progress.ids = attached.ids;
    onClaimed(progress.claimed ?? withoutTokens(attached.info.user).slice(0, 256));
    const loggedIn = proved ?? (await logIn(attached.info, sourceAddress, { services, secrets }));
    // Under NLA the client sends it once more.
    attached.info.password.fill(0);
    progress.isAuthenticated = true;
    connection.establish();
    const client = { ...attached, ...loggedIn, packets, security, sourceAddress, draining };
    const { by } = await runDesktop(client, {
      services,
      secretOf: (account) => this.#secretOf(account),
      onShare: (shareId) => {
        progress.shareId = shareId;
      },
    });
    return by;
  }

  #secretOf(account: RdpAccount): CredentialSource {
    const known = this.#secrets.get(account);
    if (known !== undefined) return known;
    const { clock, log } = this.#services;
    const source = createCredentialSource(account.password, {
      clock,
      onWarning: (message) => log.warn('credential', { account: account.name, reason: message }),
    });
    this.#secrets.set(account, source);
    return source;
  }

  /** Tells the client, where it is far enough to be told, and lets go of it. */
  #end(socket: Socket, { packets, ids, shareId }: Progress, why: unknown): void {
    if (packets === undefined || ids === undefined || why === 'gone') {
      if (packets?.stream.destroyed === false) packets.stream.end();
      else if (!socket.destroyed) socket.end();
      return;
    }
    const code = why === 'told' ? undefined : errorInfoOf(why);
    sayFarewell(packets, { ids, shareId: shareId(), code });
  }

  #refuse(error: unknown, { isAuthenticated, claimed }: Progress, address: string): void {
    const services = this.#services;
    const known = error instanceof GatewayError ? error : undefined;
    const code = known?.code ?? 'ERR_INTERNAL';
    const message = error instanceof Error ? error.message : String(error);
    services.log.warn(isAuthenticated ? 'desktop ended' : 'connection refused', {
      code,
      reason: message,
      address,
    });
    // Who said nothing of himself has not tried to authenticate; and those who try for ever must not fill the audit.
    if (isAuthenticated || claimed === undefined || code === 'ERR_LISTENER_THROTTLED') return;
    if (!services.failedAuthentications.failed(address, known?.source === 'downstream')) return;
    services.audit.enqueue({
      type: 'authentication.failed',
      protocol: 'rdp',
      sourceAddress: address,
      code,
      message,
      claimed: { user: claimed },
    });
  }
}
