/** Opens a desktop on the machine of a resource, with the gateway's own credential. */
import type { CredentialSource } from '../../../credentials/credential-source.ts';
import type { Clock } from '../../../model/clock.ts';
import type { RdpAccount, RdpResourceConfig } from '../config.ts';
import { CredSspClient } from '../nla/credssp-client.ts';
import { NlaError } from '../nla/errors.ts';
import { peerIdentityOf } from '../nla/peer-identity.ts';
import { PacketStream } from '../packet-stream.ts';
import { targetClientInfo } from '../rewrite/login-info.ts';
import type { ClientCore } from '../wire/gcc/client-core.ts';
import type { ChannelWish } from '../wire/gcc/network.ts';
import { writeData } from '../wire/mcs/domain.ts';
import type { ClientInfo } from '../wire/share/client-info.ts';
import { PROTOCOL } from '../wire/x224.ts';
import { attachTarget, type TargetIds } from './attach.ts';
import { RdpUpstreamError } from './errors.ts';
import { type SecuredTarget, secureTarget } from './secure.ts';

/** What to open, and as whom. */
export interface DesktopLogin {
  readonly config: RdpResourceConfig;
  readonly account: RdpAccount;
  readonly secret: CredentialSource;
  readonly clock: Clock;
  readonly core: ClientCore;
  readonly info: ClientInfo;
  /** Channels that the policy allows. */
  readonly channels: readonly ChannelWish[];
  readonly signal: AbortSignal;
}

/** A machine that the gateway has sent its login to; what it says to that comes next. */
export interface TargetDesktop {
  readonly packets: PacketStream;
  readonly ids: TargetIds;
}

/** Opens it. Rejects with RdpUpstreamError, RdpWireError, or what the credential's source says. */
export async function dial(login: DesktopLogin): Promise<TargetDesktop> {
  const { config, account, signal } = login;
  const deadline = new AbortController();
  const timer = setTimeout(() => deadline.abort(), config.connectTimeoutMs);
  const limit = AbortSignal.any([signal, deadline.signal]);
  let target: SecuredTarget | undefined;
  try {
    const password = (await login.secret.read(limit)).reveal();
    target = await secureTarget(config, limit);
    const packets = new PacketStream(target.stream, 'upstream');
    if (target.protocol === PROTOCOL.HYBRID) await proveByNla(packets, target, login, password);
    const { core, channels } = login;
    const ids = await attachTarget(packets, { core, channels, selectedProtocol: target.protocol });
    const user = account.user ?? account.name;
    const data = targetClientInfo(login.info, { domain: account.domain ?? '', user, password });
    const packet = writeData('upstream', { initiator: ids.user, channel: ids.io, data: [data] });
    data.fill(0);
    packets.writeSecret(packet);
    return { packets, ids };
  } catch (error) {
    target?.stream.destroy();
    if (deadline.signal.aborted)
      throw new RdpUpstreamError('ERR_RDP_UPSTREAM_TIMEOUT', 'the machine took too long to open a desktop');
    throw error;
  } finally {
    clearTimeout(timer);
  }
}

async function proveByNla(
  packets: PacketStream,
  { certificate }: SecuredTarget,
  { config, account, secret, clock }: DesktopLogin,
  password: string,
): Promise<void> {
  const client = new CredSspClient({
    identity: peerIdentityOf(certificate),
    host: config.host,
    user: account.user ?? account.name,
    domain: account.domain ?? '',
    password,
    allowOldVersions: false,
    clock,
  });
  try {
    packets.write(client.start());
    for (;;) {
      const bytes = await packets.bytes();
      if (bytes === undefined)
        throw new RdpUpstreamError(
          'ERR_RDP_UPSTREAM_AUTHENTICATION',
          'the machine broke off within the login',
        );
      const { send, done, failed } = await client.push(bytes);
      if (send.length > 0) packets.write(send);
      if (failed !== undefined) throw failed;
      if (done === undefined) continue;
      packets.put(done.rest);
      return;
    }
  } catch (error) {
    if (!(error instanceof NlaError)) throw error;
    secret.invalidate();
    const message = `the machine refused account ${account.name}: ${error.message}`;
    throw new RdpUpstreamError('ERR_RDP_UPSTREAM_AUTHENTICATION', message, error);
  } finally {
    client.dispose();
  }
}
