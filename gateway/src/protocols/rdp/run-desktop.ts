/** A client that is logged in, from the policy's word to the end of its desktop. */
import type { CredentialSource } from '../../credentials/credential-source.ts';
import { denialText } from '../../enforcement/denial-text.ts';
import type { Verdict } from '../../enforcement/gate.ts';
import { GatewayError } from '../../model/gateway-error.ts';
import { findAccount } from '../../session/accounts.ts';
import { withoutTokens } from '../../session/login-name.ts';
import type { ProtocolServices } from '../protocol.ts';
import type { RdpAccount, RdpResourceConfig } from './config.ts';
import type { AttachedClient } from './downstream/attach.ts';
import type { LoggedIn } from './downstream/log-in.ts';
import { unknownResource } from './downstream/target.ts';
import { RdpError } from './errors.ts';
import type { DesktopWish } from './facts/desktop-facts.ts';
import type { PacketStream } from './packet-stream.ts';
import { DesktopRecord } from './recording/desktop-record.ts';
import { DesktopRelay, type RelayEnd } from './relay/desktop-relay.ts';
import { Features } from './relay/features.ts';
import { contentFinder } from './relay/find-content.ts';
import { Tally } from './relay/tally.ts';
import { watchDesktop } from './relay/watch.ts';
import { RdpSession } from './session.ts';
import { dial, type TargetDesktop } from './upstream/dial.ts';
import { RdpUpstreamError } from './upstream/errors.ts';

/** A client that has proved who it is. */
export interface DesktopClient extends AttachedClient, LoggedIn {
  readonly packets: PacketStream;
  readonly security: 'nla' | 'tls';
  readonly sourceAddress: string;
  /** Aborted when the gateway is about to stop. */
  readonly draining: AbortSignal;
}

/** What the server lends. */
export interface DesktopServices {
  readonly services: ProtocolServices<RdpResourceConfig>;
  readonly secretOf: (account: RdpAccount) => CredentialSource;
  /** Told of the share's id, for what the client is told at the end. */
  readonly onShare: (shareId: () => number) => void;
}

/**
 * Opens the session, judges what may be done, dials, and carries until one side ends it.
 * Rejects with a GatewayError that says why it does not go on; the caller tells the client.
 */
export async function runDesktop(client: DesktopClient, lent: DesktopServices): Promise<RelayEnd> {
  const { services } = lent;
  const { configured, target, who, security, sourceAddress, core } = client;
  const account = configured && findAccount(configured.config, target.account);
  if (configured === undefined || account === undefined) throw unknownResource();
  const gone = new AbortController();
  client.packets.stream.once('close', () => gone.abort());
  const clientName = withoutTokens(core.name).replaceAll(/[^ -~]/g, '?');
  const opened = await RdpSession.open(
    { who, configured, account, sourceAddress, clientName, security, cut: () => gone.abort() },
    services,
  );
  if (!(opened instanceof RdpSession)) throw deniedBy(opened);
  let reason: string | undefined;
  try {
    const wish = wishOf(client, configured.resource.name, clientName);
    const judged = await Features.judge(wish, opened, { gate: services.gate, gone: gone.signal });
    if ('denied' in judged) {
      reason = 'refused';
      throw deniedBy(judged.denied);
    }
    const end = await carry(client, { ...lent, account, session: opened, features: judged.features });
    reason = end.by === 'client' ? 'client-closed' : 'resource-closed';
    return end;
  } finally {
    await opened.close(reason ?? 'failed');
  }
}

interface Permitted extends DesktopServices {
  readonly account: RdpAccount;
  readonly session: RdpSession;
  readonly features: Features;
}

/** Dials with the permit to see the desktop, and carries it; what came of it goes on file whatever happens. */
async function carry(client: DesktopClient, permitted: Permitted): Promise<RelayEnd> {
  const { features, session, services } = permitted;
  const tally = new Tally();
  const { recording, recorded } = features.view.permit;
  const nowMs = (): number => services.clock.nowMs();
  const broken = Promise.withResolvers<never>();
  // It is awaited only while the desktop runs.
  broken.promise.catch(() => undefined);
  const record = new DesktopRecord({ recording, exchange: recorded, nowMs, onFailed: broken.reject });
  let target: TargetDesktop | undefined;
  let failure: unknown;
  try {
    target = await dialTarget(client, permitted);
    const relayed = relayUntilOver(client, target, { ...permitted, tally, record });
    const end = await Promise.race([relayed, broken.promise]);
    if (end.by === 'resource' && tally.updates === 0) throw noPicture();
    return end;
  } catch (error) {
    failure = session.over.aborted ? session.over.reason : error;
    throw failure;
  } finally {
    target?.packets.stream.destroy();
    record.end();
    const message = failure instanceof GatewayError ? `${failure.code}: ${failure.message}` : undefined;
    const status = failure === undefined ? 'ok' : session.over.aborted ? 'cancelled' : 'error';
    features.settle(status, (feature) => ({
      ...tally.resultOf(feature),
      ...(message === undefined || feature !== features.view ? {} : { message }),
    }));
  }
}

/** P1: there are no `features` without a permit to see the desktop. */
function dialTarget(
  client: DesktopClient,
  { features, account, session, ...lent }: Permitted,
): Promise<TargetDesktop> {
  const { core, info, configured } = client;
  if (configured === undefined) throw unknownResource();
  const allowed = new Set(features.channels);
  const wishes = [...client.ids.channels.values()];
  const channels = wishes.filter(
    ({ name }, index) => allowed.has(name) && wishes.findIndex((one) => one.name === name) === index,
  );
  return dial({
    config: configured.config,
    account,
    secret: lent.secretOf(account),
    clock: lent.services.clock,
    core,
    info,
    channels,
    signal: session.over,
  });
}

async function relayUntilOver(
  client: DesktopClient,
  target: TargetDesktop,
  {
    features,
    session,
    services,
    onShare,
    tally,
    record,
  }: Permitted & { tally: Tally; record: DesktopRecord },
): Promise<RelayEnd> {
  const nowMs = (): number => services.clock.nowMs();
  const find = contentFinder(services.maskTools(session.start.configured.resource.name).detectors);
  const relay = new DesktopRelay({ client, target, features, record, tally, find, nowMs });
  onShare(() => relay.state.shareId);
  using watch = watchDesktop({
    features,
    openedMs: nowMs(),
    idleTimeoutMs: client.configured?.config.idleTimeoutMs ?? 0,
    nowMs,
    lastInputMs: () => relay.state.lastInputMs,
    onClosed: ({ operation, channel }) => record.mark('closed', { operation, channel, by: 'policy' }),
  });
  const stopped = Promise.withResolvers<never>();
  const stop = (): void => {
    const reason: unknown = session.over.aborted ? session.over.reason : draining();
    stopped.reject(reason instanceof Error ? reason : draining());
  };
  const signals = [session.over, client.draining];
  for (const signal of signals) {
    if (signal.aborted) stop();
    else signal.addEventListener('abort', stop, { once: true });
  }
  try {
    return await Promise.race([relay.run(), watch.over, stopped.promise]);
  } finally {
    for (const signal of signals) signal.removeEventListener('abort', stop);
    stopped.promise.catch(() => undefined);
  }
}

function noPicture(): RdpUpstreamError {
  const message =
    'the machine ended the desktop before it drew anything: it may take no client that shows plain bitmaps alone';
  return new RdpUpstreamError('ERR_RDP_UPSTREAM_NO_PICTURE', message);
}

function draining(): RdpError {
  return new RdpError('ERR_RDP_SESSION_OVER', 'the gateway is about to stop; connect again');
}

function deniedBy(verdict: Verdict): RdpError {
  const { id, decision } = verdict;
  if (decision.effect !== 'deny') throw new TypeError('a permit cannot be refused');
  const isPending = decision.cause === 'approval' && decision.approval?.state === 'pending';
  return new RdpError(
    isPending ? 'ERR_RDP_PENDING' : 'ERR_RDP_DENIED',
    denialText(id, decision, verdict).message,
  );
}

/** What is judged of what the client asks for; dynamic channels are judged when the machine opens them. */
function wishOf({ core, ids }: AttachedClient, resource: string, client: string): DesktopWish {
  return {
    resource,
    client,
    channels: [...ids.channels.values()].map(({ name }) => name),
    width: core.width,
    height: core.height,
  };
}
