/** The HTTP API on its socket. */
import { clientHost, toApiResource } from '../api/api-resource.ts';
import type { ApiApprovals, ApiAudit, ApiCertificates, ApiResource } from '../api/api-services.ts';
import { createApi } from '../api/create-api.ts';
import { EventStreams } from '../api/event-stream.ts';
import { createApiRecordings } from '../api/recording-lines.ts';
import { ScanSlots } from '../api/scan-slots.ts';
import { type ApiServer, createApiServer } from '../api/server.ts';
import { runVerification } from '../api/verification/run-verification.ts';
import { Verifications } from '../api/verification/verifications.ts';
import type { OpenExports } from '../audit-export/open-exports.ts';
import type { ApiPlan } from '../config/api-schema.ts';
import { loadFamilies } from '../families/load-families.ts';
import type { Principal } from '../model/principal.ts';
import { protocols } from '../protocols/index.ts';
import type { ConfiguredResource } from '../protocols/protocol.ts';
import { logListenerEvent } from '../telemetry/log-events.ts';
import { type ConsoleFetch, withConsole } from './open-console.ts';
import { DRAIN_MS, type OpenListener } from './open-listeners.ts';
import { openWatch } from './open-watch.ts';
import type { Parts } from './parts.ts';
import { protocolNamed } from './protocol-named.ts';
import { API } from './tls-servers.ts';

/** Requests of the API that may read through the audit at once. */
const MAX_SCANS = 4;

/** Room in a request's header beside the token, in bytes. */
const HEADER_BYTES = 16 * 1024;

/** The API while it is served. */
export interface OpenApi extends ApiServer {
  /** Ends what is followed by whoever is another by a new group mapping: it has to be asked for anew (P12). */
  regroup(): void;
}

/** Serves the HTTP API where the config asks for it. */
export async function openApi(
  parts: Parts & { readonly exports: OpenExports },
  listeners: readonly OpenListener[],
  undo: AsyncDisposableStack,
): Promise<OpenApi | undefined> {
  const { plan, log, clock, policy, verifier, gate, sessions, resources } = parts;
  if (plan.api === undefined) return undefined;
  const { listen, groups, names } = plan.api;
  const verifications = new Verifications({ folder: plan.dataDir, clock, log, run: runVerification });
  undo.defer(() => verifications.close());
  const streams = new EventStreams();
  const recordings = createApiRecordings(parts.recordings, protocols);
  const watch = openWatch(parts, undo);
  let families: ReturnType<typeof loadFamilies> | undefined;
  const allNames = [listen.host, ...names, ...plan.tls.names];
  const api = createApi({
    audit: apiAudit(parts, verifications),
    policy: {
      current: () => policy.current,
      decide: (access) => gate.decide(access),
      families: () => (families ??= loadFamilies()),
    },
    approvals: approvalsFor(parts, streams),
    guard: parts.state.guard,
    identity: verifier,
    login: {
      issuers: plan.identity.issuers.flatMap(({ issuer, login }) =>
        login === undefined ? [] : [{ issuer, ...login }],
      ),
    },
    failedAuthentications: parts.failedAuthentications,
    groups,
    names: allNames,
    sessions,
    recordings,
    credentials: parts.state.credentials,
    certificates: await openCertificates(parts, listeners),
    resources: await Promise.all(
      [...resources.values()].map((configured) => apiResource(configured, parts, listeners)),
    ),
    health: (name) => watch.health(name),
    clock,
    log,
  });
  const server = serve((request, connection) => api.fetch(request, connection), plan.api, allNames, parts);
  await server.bind();
  undo.defer(async () => {
    await server.drain(DRAIN_MS);
  });
  undo.defer(() => streams.close());
  undo.defer(() => recordings.streams.close());
  return {
    ...server,
    regroup() {
      const isOver = (principal: Principal): boolean => verifier.groups.current(principal) !== principal;
      streams.end(isOver);
      recordings.streams.end(isOver);
    },
  };
}

/** The API with the console before it, on a socket that is not bound yet. */
function serve(api: ConsoleFetch, plan: ApiPlan, names: readonly string[], parts: Parts): ApiServer {
  const { clock, log, tls } = parts;
  const tokenBytes = Math.max(...parts.plan.identity.issuers.map((issuer) => issuer.maxTokenBytes));
  return createApiServer({
    ...plan.listen,
    tls: tls.forServer(API),
    clock,
    maxHeaderBytes: HEADER_BYTES + tokenBytes,
    fetch: withConsole(api, plan, names, parts),
    onEvent: (event) => logListenerEvent(log, event),
  });
}

function apiAudit(
  { plan, audit, exports }: Parts & { readonly exports: OpenExports },
  verifications: Verifications,
): ApiAudit {
  const scans = new ScanSlots(MAX_SCANS);
  return { log: audit, folder: plan.dataDir, scans, verifications, exports: () => exports.status() };
}

/** Of the first protocol that has certificates, and a listener to use them at. */
async function openCertificates(
  { plan, keyFiles }: Parts,
  listeners: readonly OpenListener[],
): Promise<ApiCertificates | undefined> {
  for (const { name, certificates } of protocols) {
    const address = listeners.find(({ protocol }) => protocol === name)?.listener.address();
    if (certificates === undefined || address === undefined) continue;
    const host = clientHost(address.address, [...plan.tls.names, ...(plan.api?.names ?? [])]);
    return { protocol: name, issuer: await certificates(keyFiles), host, port: address.port };
  }
  return undefined;
}

function approvalsFor({ state, verifier }: Parts, streams: EventStreams): ApiApprovals {
  const { inbox, access, feed, webhooks, slack } = state.approvals;
  const currentPrincipal: ApiApprovals['currentPrincipal'] = (principal) =>
    principal === undefined ? undefined : verifier.groups.current(principal);
  return { inbox, access, feed, webhooks, slack, streams, currentPrincipal };
}

async function apiResource(
  configured: ConfiguredResource<object>,
  { plan, keyFiles }: Parts,
  listeners: readonly OpenListener[],
): Promise<ApiResource> {
  const protocol = protocolNamed(configured.resource.protocol);
  const { credentials } = protocol;
  return toApiResource({
    resource: configured.resource,
    targets: (database) => protocol.connectTargets(configured, database),
    families: protocol.families.map(({ name }) => name),
    form: typeof credentials === 'function' ? await credentials(keyFiles) : credentials,
    listener: listeners.find((one) => one.protocol === protocol.name)?.listener.address(),
    names: [...plan.tls.names, ...(plan.api?.names ?? [])],
  });
}
