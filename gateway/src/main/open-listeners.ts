/** The listeners of all protocols. */
import { setTimeout } from 'node:timers/promises';
import { fetchJson, postForm } from '../identity/json-fetch.ts';
import { createDeviceLogins } from '../identity/login/device-logins.ts';
import { createListener, type Listener } from '../listener/listener.ts';
import type { ConfiguredResource, ProtocolServices } from '../protocols/protocol.ts';
import { logListenerEvent } from '../telemetry/log-events.ts';
import { openDoors } from './open-doors.ts';
import type { Parts } from './parts.ts';
import { protocolNamed } from './protocol-named.ts';

/** A listener that is bound. */
export interface OpenListener {
  readonly protocol: string;
  readonly listener: Listener;
}

/** Bound on finishing live sessions at a stop, in milliseconds. */
export const DRAIN_MS = 5_000;

/** One listener after the other; each is drained when `undo` is disposed. */
export async function openListeners(
  parts: Parts,
  undo: AsyncDisposableStack,
): Promise<readonly OpenListener[]> {
  const { plan, log, clock, audit, verifier, gate, sessions, tls, resources, keyFiles } = parts;
  const listeners: OpenListener[] = [];
  const wait = (ms: number, signal: AbortSignal): Promise<void> => setTimeout(ms, undefined, { signal });
  const transport = { fetch: fetchJson, post: postForm };
  const deviceLogins = createDeviceLogins(plan.identity.issuers, { ...transport, clock, wait });
  const doors = openDoors(resources.values(), listeners);
  for (const entry of plan.listeners) {
    const protocol = protocolNamed(entry.protocol);
    const server = protocol.createServer(
      {
        gate,
        audit,
        recorder: parts.recordings.recorder,
        maskTools: (resource) => parts.masking.toolsFor(resource),
        clock,
        log,
        verifyToken: (token) => verifier.verify(token),
        issuers: plan.identity.issuers.map(({ issuer }) => issuer),
        deviceLogins,
        credentials: parts.state.credentials,
        currentPrincipal: (principal) => verifier.groups.current(principal),
        failedAuthentications: parts.failedAuthentications,
        doors,
        findResource: (name) => forProtocol(resources.get(name), protocol.name),
        resources: [...resources.values()].filter(({ resource }) => resource.protocol === protocol.name),
        lookup: parts.lookup,
        tls: tls.forServer(protocol.name),
        hostCertificates: tls.hosts,
        names: [...plan.tls.names, ...(plan.api?.names ?? [])],
        keyFiles,
        timeouts: { expiryGraceMs: plan.identity.expiryGraceMs },
        sessions,
      } satisfies ProtocolServices<object>,
      entry.config,
    );
    const listener = createListener({
      host: entry.listen.host,
      port: entry.listen.port,
      maxConnections: entry.maxConnections,
      maxConnectionsPerAddress: entry.maxConnectionsPerAddress,
      handshakeTimeoutMs: entry.handshakeTimeoutMs,
      handshakeGraceMs: Math.min(1_000, entry.handshakeTimeoutMs),
      clock,
      onConnection: (socket, connection) => server.serve(socket, connection),
      onEvent: (event) => logListenerEvent(log, event),
    });
    await listener.bind();
    listeners.push({ protocol: protocol.name, listener });
    undo.defer(async () => {
      await listener.drain(DRAIN_MS);
    });
  }
  return listeners;
}

function forProtocol(
  found: ConfiguredResource<object> | undefined,
  protocol: string,
): ConfiguredResource<object> | undefined {
  return found?.resource.protocol === protocol ? found : undefined;
}
