/** The composition root: the only file that wires implementations together. */
import { join } from 'node:path';
import { toApiResource } from './api/api-resource.ts';
import type { ApiResource } from './api/api-services.ts';
import { createApi } from './api/create-api.ts';
import { EventStreams } from './api/event-stream.ts';
import { createApiRecordings } from './api/recording-lines.ts';
import { ScanSlots } from './api/scan-slots.ts';
import { API_ALPN_PROTOCOLS, type ApiServer, apiUrl, createApiServer } from './api/server.ts';
import { runVerification } from './api/verification/run-verification.ts';
import { Verifications } from './api/verification/verifications.ts';
import type { AuditLogFile } from './audit/log-writer.ts';
import { openAuditLog } from './audit/open-audit-log.ts';
import type { Plan } from './config/schema.ts';
import { createGate, type Gate } from './enforcement/gate.ts';
import { createGatewayLimits } from './enforcement/limits/gateway-limits.ts';
import { createUsage } from './enforcement/limits/usage.ts';
import { createApprovalFulfiller } from './enforcement/obligations/approval.ts';
import { createLimitsFulfiller } from './enforcement/obligations/limits.ts';
import { createMaskFulfiller } from './enforcement/obligations/mask.ts';
import { loadFamilies } from './families/load-families.ts';
import { readGroupChanges } from './identity/group-changes.ts';
import { readGroupKnowledge } from './identity/group-knowledge.ts';
import { createTokenVerifier, type TokenVerifier } from './identity/token-verifier.ts';
import type { FailedAuthentications } from './listener/failed-authentications.ts';
import { type GatewayTls, openGatewayTls } from './listener/gateway-tls.ts';
import { createListener, type Listener } from './listener/listener.ts';
import { createLiveSessions } from './listener/live-sessions.ts';
import { recordFailedAuthentications } from './listener/record-failed-authentications.ts';
import type { Clock } from './model/clock.ts';
import type { SessionRegistry } from './model/live-session.ts';
import type { Resource } from './model/resource.ts';
import { connectFamily } from './policy/connect-family.ts';
import { PolicySource } from './policy-source/policy-source.ts';
import { protocols } from './protocols/index.ts';
import type { ConfiguredResource, Protocol, ProtocolServices } from './protocols/protocol.ts';
import { type OpenRecordings, openRecordings } from './recording/open-recordings.ts';
import { type OpenMasking, openMasking } from './state/open-masking.ts';
import { type GatewayState, openState } from './state/open-state.ts';
import type { Log } from './telemetry/log.ts';
import { logIssuerEvent, logListenerEvent } from './telemetry/log-events.ts';
import { VERSION } from './version.ts';

/** Bound on finishing live sessions at a stop, in milliseconds. */
const DRAIN_MS = 5_000;

/** Requests of the API that may read through the audit at once. */
const MAX_SCANS = 4;

/** Room in a request's header beside the token, in bytes. */
const HEADER_BYTES = 16 * 1024;

/** What is told when the gateway serves; printed as one JSON line. */
export interface ReadyInfo {
  readonly listeners: readonly { readonly protocol: string; readonly host: string; readonly port: number }[];
  /** URL of the HTTP API, if it is configured. */
  readonly api?: string;
  /** PEM file of the CA that clients should trust, when the gateway made its own. */
  readonly ca: string | undefined;
  readonly policy: { readonly hash: string; readonly commit?: string; readonly rules: number };
}

/** A gateway that serves. */
export interface RunningGateway {
  readonly ready: ReadyInfo;
  /**
   * Reads policy and certificates again. Of a new config the group mappings take effect, on live sessions too, and issuers that
   * it leaves out are trusted no more; everything else waits for a restart.
   */
  reload(next?: Plan): Promise<void>;
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
  await using undo = new AsyncDisposableStack();
  const parts = await openParts(plan, services, undo);
  const { audit, policy, verifier, tls, state } = parts;
  const listeners = await openListeners(parts, undo);
  const api = await openApi(parts, listeners, undo);
  // Before the servers are drained: nobody is to wait for people while the gateway waits for them.
  undo.defer(() => state.approvals.close());
  await audit.append([{ type: 'gateway.started', version: VERSION, durability: plan.audit.durability }]);
  void verifier.warmUp();
  const ready = readyInfo(parts, listeners, api);
  const owned = undo.move();
  let stopping: Promise<void> | undefined;
  return {
    ready,
    async reload(next) {
      await Promise.all([policy.reload(), tls.reload()]);
      if (next !== undefined) reloadGroups(next, parts);
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

/** New group mappings act on whoever is here already; with the policy of this moment (P12). */
function reloadGroups(next: Plan, { plan, verifier, sessions, log }: Parts): void {
  const { trusted, waiting } = readGroupChanges(plan.identity.issuers, next.identity.issuers);
  for (const issuer of waiting) {
    log.warn('an issuer is new, or changed in more than its groups: restart for that', { issuer });
  }
  verifier.groups.replace(trusted);
  for (const session of sessions.list()) session.regroup();
}

/** Everything but the servers, in the order in which one needs the other. */
async function openParts(
  plan: Plan,
  services: { readonly log: Log; readonly clock: Clock },
  undo: AsyncDisposableStack,
): Promise<Parts> {
  const { log, clock } = services;
  const audit = await openAuditLog({
    folder: plan.dataDir,
    durability: plan.audit.durability,
    clock,
    onFailure: (error) =>
      log.error('audit unwritable: nothing is forwarded', { code: error.code, reason: error.message }),
    onRecovery: () => log.info('audit writable again'),
  });
  undo.defer(() => audit.close());
  const masking = await openMasking(plan.masking, { dataDir: plan.dataDir, log });
  const detectors = masking.detectors.names;
  const policy = await openPolicy(plan, { log, clock, audit, detectors });
  const stopWatching = new AbortController();
  policy.watch(stopWatching.signal);
  undo.defer(() => stopWatching.abort());
  const verifier = createTokenVerifier(plan.identity.issuers, {
    clock,
    onEvent: (event) => logIssuerEvent(log, event),
  });
  const steady = { nowMs: (): number => performance.now() };
  const state = undo.use(await openState(plan, { audit, clock, steady, log, principals: verifier.groups }));
  const recordings = await openRecordings(plan.recording, { dataDir: plan.dataDir, audit, clock, log });
  undo.defer(() => recordings.close());
  const bounded = createGatewayLimits(plan.limits);
  const usage = createUsage({ clock: steady });
  const served = new Set(protocols.map((protocol) => protocol.name));
  const gate = createGate({
    engine: () => bounded(policy.current.engine),
    audit,
    clock,
    usage,
    approvals: state.approvals.desk,
    guard: state.guard,
    repeats: () => policy.current.repeats,
    obligations: [
      createMaskFulfiller(served),
      createLimitsFulfiller(served),
      createApprovalFulfiller(served),
    ],
  });
  const { failedAuthenticationsPerMinute: perMinute } = plan.limits;
  const failedAuthentications = undo.use(recordFailedAuthentications({ perMinute, clock, audit }));
  const sessions = createLiveSessions(plan.limits.sessionsPerPrincipal);
  const tls = await openGatewayTls(
    {
      ...plan.tls,
      directory: join(plan.dataDir, 'tls'),
      servers: [...protocols, { name: API, alpnProtocols: API_ALPN_PROTOCOLS }],
    },
    { log, clock },
  );
  const resources = configuredResources(plan);
  const base = { plan, log, clock, audit, state, recordings, masking };
  return { ...base, policy, verifier, failedAuthentications, gate, sessions, tls, resources };
}

/** What the servers are made of. */
interface Parts {
  readonly plan: Plan;
  readonly log: Log;
  readonly clock: Clock;
  readonly audit: AuditLogFile;
  readonly state: GatewayState;
  readonly recordings: OpenRecordings;
  readonly masking: OpenMasking;
  readonly policy: PolicySource;
  readonly verifier: TokenVerifier;
  readonly failedAuthentications: FailedAuthentications;
  readonly gate: Gate;
  readonly sessions: SessionRegistry;
  readonly tls: GatewayTls;
  readonly resources: ReadonlyMap<string, ConfiguredResource<object>>;
}

interface OpenListener {
  readonly protocol: string;
  readonly listener: Listener;
}

/** One listener after the other; each is drained when `undo` is disposed. */
async function openListeners(parts: Parts, undo: AsyncDisposableStack): Promise<readonly OpenListener[]> {
  const { plan, log, clock, audit, verifier, gate, sessions, tls, resources } = parts;
  const listeners: OpenListener[] = [];
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
        credentials: parts.state.credentials,
        currentPrincipal: (principal) => verifier.groups.current(principal),
        failedAuthentications: parts.failedAuthentications,
        findResource: (name) => forProtocol(resources.get(name), protocol.name),
        tls: tls.forServer(protocol.name),
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

/** Serves the HTTP API where the config asks for it. */
async function openApi(
  parts: Parts,
  listeners: readonly OpenListener[],
  undo: AsyncDisposableStack,
): Promise<ApiServer | undefined> {
  const { plan, log, clock, audit, policy, verifier, gate, sessions, tls, resources } = parts;
  if (plan.api === undefined) return undefined;
  const { listen, groups, names } = plan.api;
  const verifications = new Verifications({ folder: plan.dataDir, clock, log, run: runVerification });
  undo.defer(() => verifications.close());
  const { inbox, feed, webhooks } = parts.state.approvals;
  const streams = new EventStreams();
  const recordings = createApiRecordings(parts.recordings, protocols);
  let families: ReturnType<typeof loadFamilies> | undefined;
  const api = createApi({
    audit: { log: audit, folder: plan.dataDir, scans: new ScanSlots(MAX_SCANS), verifications },
    policy: {
      current: () => policy.current,
      decide: (access) => gate.decide(access),
      families: () => (families ??= loadFamilies()),
    },
    approvals: { inbox, feed, webhooks, streams },
    guard: parts.state.guard,
    identity: verifier,
    failedAuthentications: parts.failedAuthentications,
    groups,
    names: [listen.host, ...names, ...plan.tls.names],
    sessions,
    recordings,
    credentials: parts.state.credentials,
    resources: [...resources.values()].map((configured) => apiResource(configured, plan, listeners)),
    clock,
    log,
  });
  const server = createApiServer({
    ...listen,
    tls: tls.forServer(API),
    clock,
    maxHeaderBytes: HEADER_BYTES + Math.max(...plan.identity.issuers.map((issuer) => issuer.maxTokenBytes)),
    fetch: (request, connection) => api.fetch(request, connection),
    onEvent: (event) => logListenerEvent(log, event),
  });
  await server.bind();
  undo.defer(async () => {
    await server.drain(DRAIN_MS);
  });
  undo.defer(() => streams.close());
  undo.defer(() => recordings.streams.close());
  return server;
}

function apiResource(
  configured: ConfiguredResource<object>,
  plan: Plan,
  listeners: readonly OpenListener[],
): ApiResource {
  const protocol = protocolNamed(configured.resource.protocol);
  return toApiResource({
    resource: configured.resource,
    targets: (database) => protocol.connectTargets(configured, database),
    form: protocol.credentials,
    listener: listeners.find((one) => one.protocol === protocol.name)?.listener.address(),
    names: [...plan.tls.names, ...(plan.api?.names ?? [])],
  });
}

async function openPolicy(
  plan: Plan,
  services: {
    readonly log: Log;
    readonly clock: Clock;
    readonly audit: AuditLogFile;
    readonly detectors: readonly string[];
  },
): Promise<PolicySource> {
  const { log, clock, audit, detectors } = services;
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
      groups: {
        producible: knowledge.producible,
        canProduce: knowledge.canProduce,
        mapped: knowledge.mapped.map((entry) => entry.group),
      },
      nowMs: clock.nowMs(),
      detectors,
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

/** Stands beside the names of protocols where each has its own TLS settings. */
const API = 'http api';

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
  { tls, policy }: Parts,
  listeners: readonly OpenListener[],
  api: ApiServer | undefined,
): ReadyInfo {
  return {
    ...(api === undefined ? {} : { api: apiUrl(api) }),
    listeners: listeners.map(({ protocol, listener }) => {
      const { address, port } = listener.address();
      return { protocol, host: address, port };
    }),
    ca: tls.caFile,
    policy: { ...policy.current.version, rules: policy.current.ruleCount },
  };
}
