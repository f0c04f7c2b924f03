/**
 * A tunnel of a client (`ssh -L`, `ssh -J`): to a resource that the gateway knows, by way of the listener of its protocol, and nowhere
 * else. Whoever may connect there as the principal of this session gets as far as that listener; who is let in there is proved anew.
 */
import { denialText } from '../../enforcement/denial-text.ts';
import type { Verdict } from '../../enforcement/gate.ts';
import type { Permit } from '../../enforcement/permit.ts';
import type { AccessRequest } from '../../model/access-request.ts';
import { GatewayError } from '../../model/gateway-error.ts';
import type { Door } from '../doors.ts';
import type { ProtocolServices } from '../protocol.ts';
import { SshError } from './errors.ts';
import { relayTunnel } from './relay/tunnel.ts';
import type { SshSession } from './session.ts';
import type { ForwardingKind, TunnelRequest } from './transport/forwarding.ts';

type Services = Pick<ProtocolServices<never>, 'gate' | 'audit' | 'doors' | 'log'>;

/** What a door was asked for, and what the policy says. */
interface Asked {
  readonly door: Door;
  readonly access: AccessRequest;
  readonly verdict: Verdict;
}

/** Judges, opens and carries one tunnel to its end. Never rejects. */
export async function openTunnel(
  request: TunnelRequest,
  session: SshSession,
  services: Services,
): Promise<void> {
  try {
    if (session.over.aborted || session.isExpired)
      throw new SshError('ERR_SSH_SESSION_OVER', 'the session is over');
    const doors = services.doors.find(request.host, request.port);
    if (doors.length === 0) {
      recordRefused({ session, kind: 'direct-tcpip', target: targetOf(request) }, services);
      request.reject('this is no address of a resource that you may open here');
      return;
    }
    const { door, access, verdict } = ask(doors, session, services);
    const summary = `tunnel to ${door.resource.name}`;
    const record = { target: targetOf(request) };
    const intent = { access, verdict, summary, request: record, writes: false };
    const [permit] = await services.gate.admit([intent], session.recording);
    session.exchanges += 1;
    if (permit === undefined) {
      session.refused += 1;
      if (verdict.decision.effect === 'deny')
        request.reject(denialText(verdict.id, verdict.decision, verdict).message);
      return;
    }
    await carry(request, { permit, door }, { session, services });
  } catch (error) {
    const known = error instanceof GatewayError ? error : undefined;
    services.log.warn('tunnel not opened', { code: known?.code ?? 'ERR_INTERNAL', reason: String(error) });
    request.reject(known?.publicMessage ?? 'the gateway could not do this');
  }
}

/** A tunnel, a listener, an agent or a display that a client did not get. */
export function recordRefused(
  {
    session,
    kind,
    target,
  }: { readonly session: SshSession; readonly kind: ForwardingKind; readonly target: string },
  { audit }: Pick<Services, 'audit'>,
): void {
  audit.enqueue({ type: 'forwarding.refused', session: session.id, kind, target });
}

async function carry(
  request: TunnelRequest,
  { permit, door }: { readonly permit: Permit; readonly door: Door },
  { session, services }: { readonly session: SshSession; readonly services: Services },
): Promise<void> {
  try {
    const socket = await services.doors.open(door, session.start.sourceAddress);
    const channel = request.accept();
    if (channel === undefined || !channel.isServable) {
      socket.destroy();
      throw new SshError('ERR_SSH_NOT_SUPPORTED', 'the channel could not be opened');
    }
    const traffic = await relayTunnel(channel, socket, session.over);
    services.gate.settle(permit, { status: 'ok', result: { ...traffic } });
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    services.gate.settle(permit, { status: 'error', result: { message } });
    throw error;
  }
}

/** The first door and target that the policy opens; where it opens none, the first denial. */
function ask(doors: readonly Door[], session: SshSession, { gate }: Services): Asked {
  const asked = doors.flatMap((door) =>
    door.targets.map(({ account, facts }) => {
      const access = { ...session.access(facts), resource: door.resource, account };
      return { door, access, verdict: gate.decide(access) };
    }),
  );
  const found = asked.find(({ verdict }) => verdict.decision.effect === 'permit') ?? asked[0];
  if (found !== undefined) return found;
  throw new SshError('ERR_SSH_UNKNOWN_RESOURCE', 'the resource has nothing that could be opened');
}

function targetOf({ host, port }: TunnelRequest): string {
  return `${host.includes(':') ? `[${host}]` : host}:${port}`;
}
