import { createHash, X509Certificate } from 'node:crypto';
import { type RdpGatewayOptions, startRdpGateway } from './rdp-gateway.ts';
import type { RawRdpTarget } from './rdp-peers.ts';
import type { AuditRecord, StartedGateway } from './running-gateway.ts';

/** Password of the target's account. */
export const RAW_DESK_PASSWORD = 'the-targets-own-password';

/** A gateway in front of a target that does what a test wants, with its key pinned. */
export function startRawDesk(
  { port, cert }: RawRdpTarget,
  options: Omit<RdpGatewayOptions, 'target'> = {},
): Promise<StartedGateway> {
  const key = new X509Certificate(cert).publicKey.export({ type: 'spki', format: 'der' });
  const pins = [createHash('sha256').update(key).digest('hex')];
  const login = { user: 'rdpuser', password: RAW_DESK_PASSWORD, certificateFile: '' };
  return startRdpGateway({
    recording: {},
    ...options,
    target: { host: '127.0.0.1', port, ...login },
    resource: { tls: { pins }, ...options.resource },
  });
}

/** What is on file of the last desktop, once it is closed. */
export async function lastDesktop(gateway: StartedGateway): Promise<readonly AuditRecord[]> {
  const of = (all: readonly AuditRecord[]): readonly AuditRecord[] => {
    const last = all.findLast(({ type, protocol }) => type === 'session.opened' && protocol === 'rdp');
    return last === undefined ? [] : all.filter(({ session }) => session === last['session']);
  };
  return of(await gateway.recordsUntil((all) => of(all).some(({ type }) => type === 'session.closed')));
}

/** What came of an operation: the result on file, or `denied`. */
export function outcomeOf(records: readonly AuditRecord[], operation: string, channel?: string): unknown {
  const intent = records.find(({ type, request }) => {
    const asked = request as { operation?: string; channel?: string } | undefined;
    return type === 'exchange.intent' && asked?.operation === operation && asked.channel === channel;
  });
  if (intent?.['effect'] === 'deny') return 'denied';
  return records.find(
    ({ type, exchange }) => type === 'exchange.outcome' && exchange === intent?.['exchange'],
  )?.['result'];
}
