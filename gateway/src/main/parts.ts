/** Everything but the servers: opened in the order in which one needs the other. */
import { join } from 'node:path';
import { API_ALPN_PROTOCOLS } from '../api/server.ts';
import type { AuditLogFile } from '../audit/log-writer.ts';
import { openAuditLog } from '../audit/open-audit-log.ts';
import type { Plan } from '../config/schema.ts';
import { createGate, type Gate } from '../enforcement/gate.ts';
import { createGatewayLimits } from '../enforcement/limits/gateway-limits.ts';
import { createUsage } from '../enforcement/limits/usage.ts';
import { createApprovalFulfiller } from '../enforcement/obligations/approval.ts';
import { createFilterFulfiller } from '../enforcement/obligations/filter.ts';
import { createLimitsFulfiller } from '../enforcement/obligations/limits.ts';
import { createMaskFulfiller } from '../enforcement/obligations/mask.ts';
import { createTokenVerifier, type TokenVerifier } from '../identity/token-verifier.ts';
import type { FailedAuthentications } from '../listener/failed-authentications.ts';
import { type GatewayTls, openGatewayTls } from '../listener/gateway-tls.ts';
import { createKeyFiles, type KeyFiles } from '../listener/key-files.ts';
import { createLiveSessions } from '../listener/live-sessions.ts';
import { recordFailedAuthentications } from '../listener/record-failed-authentications.ts';
import type { Clock } from '../model/clock.ts';
import type { SessionRegistry } from '../model/live-session.ts';
import type { Resource } from '../model/resource.ts';
import { accessPolicy } from '../policy/access-offers.ts';
import type { PolicySource } from '../policy-source/policy-source.ts';
import { protocols } from '../protocols/index.ts';
import type { ConfiguredResource, Fulfilments, HostLookup } from '../protocols/protocol.ts';
import { type OpenRecordings, openRecordings } from '../recording/open-recordings.ts';
import { ScreenTextReader } from '../screen-text/screen-text.ts';
import { type OpenMasking, openMasking } from '../state/open-masking.ts';
import { type GatewayState, openState } from '../state/open-state.ts';
import type { Log } from '../telemetry/log.ts';
import { logIssuerEvent } from '../telemetry/log-events.ts';
import { clientsOfPeople, consoleAddress } from './console-address.ts';
import { openPolicy } from './open-policy.ts';
import { API } from './tls-servers.ts';

/** What a gateway gets from where it runs. */
export interface GatewayServices {
  readonly log: Log;
  readonly clock: Clock;
  /** Default: as the system resolves names. */
  readonly lookup?: HostLookup;
}

/** Everything but the servers, in the order in which one needs the other. */
export async function openParts(
  plan: Plan,
  services: GatewayServices,
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
  const sessions = createLiveSessions(plan.limits.sessionsPerPrincipal);
  const state = undo.use(
    await openState(
      { dataDir: plan.dataDir, approvals: approvalsOf(plan) },
      {
        audit,
        clock,
        steady,
        log,
        console: consoleAddress(plan.api),
        principals: verifier.groups,
        policy: () => accessPolicy(policy.current),
        sessions,
      },
    ),
  );
  const recordings = await openRecorded(plan, undo, { audit, clock, log });
  const gate = openGate(plan, { audit, clock, steady, policy, state });
  const { failedAuthenticationsPerMinute: perMinute } = plan.limits;
  const failedAuthentications = undo.use(recordFailedAuthentications({ perMinute, clock, audit }));
  const tls = await openGatewayTls(
    {
      ...plan.tls,
      directory: join(plan.dataDir, 'tls'),
      servers: [...protocols, { name: API, alpnProtocols: API_ALPN_PROTOCOLS }],
    },
    { log, clock },
  );
  const resources = configuredResources(plan);
  const base = { plan, log, clock, lookup: services.lookup, audit, state, recordings, masking };
  const keyFiles = createKeyFiles(join(plan.dataDir, 'keys'));
  return { ...base, policy, verifier, failedAuthentications, gate, sessions, tls, resources, keyFiles };
}

/** Recordings, and the text in their pictures where a program is named that reads it. */
async function openRecorded(
  { dataDir, recording }: Plan,
  undo: AsyncDisposableStack,
  { audit, clock, log }: Pick<Parts, 'audit' | 'clock' | 'log'>,
): Promise<OpenRecordings> {
  const recordings = await openRecordings(recording, { dataDir, audit, clock, log });
  undo.defer(() => recordings.close());
  if (recording.screenText === undefined) return recordings;
  const reader = new ScreenTextReader(recording.screenText, { dataDir, recordings, log });
  undo.defer(() => reader.close());
  return recordings;
}

/** With the console's client among those of people. */
function approvalsOf({ approvals, api }: Plan): Plan['approvals'] {
  return { ...approvals, clientsOfPeople: clientsOfPeople(api, approvals.clientsOfPeople) };
}

function openGate(
  plan: Plan,
  parts: Pick<Parts, 'audit' | 'clock' | 'policy' | 'state'> & { readonly steady: Clock },
): Gate {
  const { audit, clock, policy, state, steady } = parts;
  const bounded = createGatewayLimits(plan.limits);
  const served = protocolsThat(() => true);
  return createGate({
    engine: () => bounded(policy.current.engine),
    audit,
    clock,
    usage: createUsage({ clock: steady }),
    approvals: state.approvals.desk,
    windows: state.approvals.windows,
    guard: state.guard,
    repeats: () => policy.current.repeats,
    obligations: [
      createMaskFulfiller(protocolsThat(({ masks }) => masks)),
      createFilterFulfiller(protocolsThat(({ filters }) => filters === true)),
      createLimitsFulfiller({
        metered: protocolsThat(({ rows, bytesAndTime }) => rows && bytesAndTime),
        rowless: protocolsThat(({ rows, bytesAndTime }) => !rows && bytesAndTime),
        changes: new Map(
          protocols.flatMap(({ name, fulfils: { changes } }) =>
            changes === undefined ? [] : [[name, changes] as const],
          ),
        ),
      }),
      createApprovalFulfiller(served),
    ],
  });
}

/** Names of the protocols whose relay does something. */
function protocolsThat(does: (fulfils: Fulfilments) => boolean): ReadonlySet<string> {
  return new Set(protocols.filter(({ fulfils }) => does(fulfils)).map(({ name }) => name));
}

/** What the servers are made of. */
export interface Parts {
  readonly plan: Plan;
  readonly log: Log;
  readonly clock: Clock;
  readonly lookup: HostLookup | undefined;
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
  /** Private keys of the gateway's own. */
  readonly keyFiles: KeyFiles;
  readonly resources: ReadonlyMap<string, ConfiguredResource<object>>;
}

function configuredResources(plan: Plan): ReadonlyMap<string, ConfiguredResource<object>> {
  return new Map(
    plan.resources.map(({ name, protocol, labels, mode, config }) => {
      const resource: Resource = { name, protocol, labels, mode };
      return [name, { resource, config }];
    }),
  );
}
