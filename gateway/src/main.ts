/** The composition root: the only file that wires implementations together. */
import { join } from 'node:path';
import { openAuditLog } from './audit/open-audit-log.ts';
import type { Plan } from './config/schema.ts';
import { createGate } from './enforcement/gate.ts';
import { readGroupKnowledge } from './identity/group-knowledge.ts';
import { createTokenVerifier } from './identity/token-verifier.ts';
import { certificateFromFiles } from './listener/certificates.ts';
import { createListener, type Listener } from './listener/listener.ts';
import { createLiveSessions } from './listener/live-sessions.ts';
import { certificateFromLocalCa } from './listener/local-ca.ts';
import { openServerTls, type ServerTls } from './listener/server-tls.ts';
import type { Clock } from './model/clock.ts';
import type { Resource } from './model/resource.ts';
import { connectFamily } from './policy/connect-family.ts';
import { PolicySource } from './policy-source/policy-source.ts';
import { protocols } from './protocols/index.ts';
import type { ConfiguredResource, Protocol, ProtocolServices } from './protocols/protocol.ts';
import type { Log } from './telemetry/log.ts';
import { VERSION } from './version.ts';

/** Bound on finishing live sessions at a stop, in milliseconds. */
const DRAIN_MS = 5_000;

/** What is told when the gateway serves; printed as one JSON line. */
export interface ReadyInfo {
  readonly listeners: readonly { readonly protocol: string; readonly host: string; readonly port: number }[];
  /** PEM file of the CA that clients should trust, when the gateway made its own. */
  readonly ca: string | undefined;
  readonly policy: { readonly hash: string; readonly commit?: string; readonly rules: number };
}

/** A gateway that serves. */
export interface RunningGateway {
  readonly ready: ReadyInfo;
  /** Reads policy and certificates again. */
  reload(): Promise<void>;
  /** Drains, closes and records the stop. Idempotent. */
  stop(reason: string): Promise<void>;
}

/**
 * Starts a gateway: parse, provision, validate, serve. Anything that is wrong at start is an error here, and nothing
 * keeps running then.
 */
export async function startGateway(
  plan: Plan,
  services: { readonly log: Log; readonly clock: Clock },
): Promise<RunningGateway> {
  const { log, clock } = services;
  await using undo = new AsyncDisposableStack();
  const audit = await openAuditLog({
    folder: plan.dataDir,
    durability: plan.audit.durability,
    clock,
    onFailure: (error) =>
      log.error('audit unwritable: nothing is forwarded', { code: error.code, reason: error.message }),
    onRecovery: () => log.info('audit writable again'),
  });
  undo.defer(() => audit.close());
  const policy = await openPolicy(plan, { log, audit });
  const stopWatching = new AbortController();
  policy.watch(stopWatching.signal);
  undo.defer(() => stopWatching.abort());
  const verifier = createTokenVerifier(plan.identity.issuers, {
    clock,
    onEvent: (event) => log.info('issuer', { event: event.type }),
  });
  const gate = createGate({ engine: () => policy.current.engine, audit, clock, obligations: [] });
  const sessions = createLiveSessions(plan.limits.sessionsPerPrincipal);
  const tls = await openTls(plan, { log, clock });
  const resources = configuredResources(plan);
  const listeners: { protocol: string; listener: Listener }[] = [];
  for (const entry of plan.listeners) {
    const protocol = protocolNamed(entry.protocol);
    const server = protocol.createServer(
      {
        gate,
        audit,
        clock,
        log,
        verifyToken: (token) => verifier.verify(token),
        findResource: (name) => forProtocol(resources.get(name), protocol.name),
        tls: tls.forProtocol(protocol.name),
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
      onEvent: (event) => log.debug('connection', { event: event.type }),
    });
    await listener.bind();
    listeners.push({ protocol: protocol.name, listener });
    undo.defer(async () => {
      await listener.drain(DRAIN_MS);
    });
  }
  await audit.append([{ type: 'gateway.started', version: VERSION, durability: plan.audit.durability }]);
  void verifier.warmUp();
  const ready = readyInfo(listeners, tls, policy);
  const owned = undo.move();
  let stopping: Promise<void> | undefined;
  return {
    ready,
    async reload() {
      await Promise.all([policy.reload(), tls.reload()]);
    },
    stop(reason) {
      stopping ??= (async () => {
        audit.enqueue({ type: 'gateway.stopped', reason });
        await owned.disposeAsync();
      })();
      return stopping;
    },
  };
}

async function openPolicy(
  plan: Plan,
  services: { readonly log: Log; readonly audit: Awaited<ReturnType<typeof openAuditLog>> },
): Promise<PolicySource> {
  const { log, audit } = services;
  const knowledge = readGroupKnowledge(plan.identity.issuers);
  const families = new Map(
    [connectFamily, ...protocols.flatMap((protocol) => protocol.families)].map((family) => [
      family.name,
      family,
    ]),
  );
  return PolicySource.open({
    path: plan.policy.folder,
    compile: {
      families: [...families.values()],
      presets: protocols.flatMap((protocol) => protocol.presets),
      groups: { producible: knowledge.producible, mapped: knowledge.mapped.map((entry) => entry.group) },
    },
    onLoaded(loaded) {
      for (const warning of loaded.warnings)
        log.warn('policy', {
          code: warning.code,
          at: `${warning.path}:${warning.line}:${warning.column}`,
          reason: warning.message,
        });
      log.info('policy loaded', {
        hash: loaded.version.hash,
        commit: loaded.version.commit ?? '',
        rules: loaded.ruleCount,
      });
      audit.enqueue({ type: 'policy.loaded', policy: loaded.version, rules: loaded.ruleCount });
    },
    onRejected(errors, kept) {
      log.error('policy refused, the last good one stays in force', { errors: [...errors], kept: kept.hash });
      audit.enqueue({ type: 'policy.rejected', errors, kept });
    },
  });
}

interface GatewayTls {
  forProtocol(name: string): ServerTls;
  readonly caFile: string | undefined;
  reload(): Promise<void>;
}

/** One certificate for all listeners; ALPN names differ by protocol. */
async function openTls(
  plan: Plan,
  services: { readonly log: Log; readonly clock: Clock },
): Promise<GatewayTls> {
  const { clock, log } = services;
  const { cert, key, names } = plan.tls;
  const source =
    cert !== undefined && key !== undefined
      ? certificateFromFiles({ certificateFile: cert, keyFile: key }, clock)
      : certificateFromLocalCa({ directory: join(plan.dataDir, 'tls'), names, clock });
  const opened = new Map<string, ServerTls>();
  for (const protocol of protocols) {
    const tls = await openServerTls({
      source,
      clock,
      alpnProtocols: protocol.alpnProtocols,
      onEvent: (event) => {
        if (event.type === 'certificate.rejected')
          log.error('certificate refused, the old one stays', { reason: String(event.error) });
      },
    });
    opened.set(protocol.name, tls);
  }
  return {
    forProtocol(name) {
      const tls = opened.get(name);
      if (tls === undefined) throw new TypeError(`no TLS for protocol ${name}`);
      return tls;
    },
    caFile: [...opened.values()][0]?.summary().caFile,
    async reload() {
      await Promise.all([...opened.values()].map((tls) => tls.reload()));
    },
  };
}

function configuredResources(plan: Plan): ReadonlyMap<string, ConfiguredResource<object>> {
  return new Map(
    plan.resources.map(({ name, protocol, labels, mode, config }) => {
      const resource: Resource = { name, protocol, labels, mode };
      return [name, { resource, config }];
    }),
  );
}

function forProtocol(
  found: ConfiguredResource<object> | undefined,
  protocol: string,
): ConfiguredResource<object> | undefined {
  return found?.resource.protocol === protocol ? found : undefined;
}

function protocolNamed(name: string): Protocol {
  const protocol = protocols.find((one) => one.name === name);
  if (protocol === undefined) throw new TypeError(`unknown protocol ${name}`);
  return protocol;
}

function readyInfo(
  listeners: readonly { readonly protocol: string; readonly listener: Listener }[],
  tls: GatewayTls,
  policy: PolicySource,
): ReadyInfo {
  return {
    listeners: listeners.map(({ protocol, listener }) => {
      const { address, port } = listener.address();
      return { protocol, host: address, port };
    }),
    ca: tls.caFile,
    policy: { ...policy.current.version, rules: policy.current.ruleCount },
  };
}
