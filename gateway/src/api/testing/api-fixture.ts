/** The API over a real audit log and a real policy, without sockets; tokens are names. */

import { join } from 'node:path';
import { afterEach, expect } from 'vitest';
import { openLog, temporaryFolder, tickingClock } from '../../../test/audit/audit-fixture.ts';
import { diskError, FakeDisk } from '../../../test/audit/fake-disk.ts';
import { approvalsSchema } from '../../approvals/config.ts';
import { type OpenApprovals, openApprovals } from '../../approvals/open-approvals.ts';
import { approvalSchema } from '../../approvals/repository.ts';
import type { AuditLogFile } from '../../audit/log-writer.ts';
import { readAudit } from '../../audit/read-audit.ts';
import { verifyAudit } from '../../audit/verify-audit.ts';
import type { ExportState } from '../../audit-export/exporter.ts';
import type { CredentialForm } from '../../credentials/session/credential-form.ts';
import { openSessionCredentials } from '../../credentials/session/session-credentials.ts';
import { credentialSchema, sqliteCredentials } from '../../credentials/session/sqlite-credentials.ts';
import { createGate } from '../../enforcement/gate.ts';
import { createUsage } from '../../enforcement/limits/usage.ts';
import { loadFamilies } from '../../families/load-families.ts';
import { tokenError } from '../../identity/errors.ts';
import type { IssuerStatus } from '../../identity/issuer.ts';
import { createFailedAuthentications } from '../../listener/failed-authentications.ts';
import type { ApiAccess, AuditEvent } from '../../model/audit-event.ts';
import type { LiveSession } from '../../model/live-session.ts';
import type { Principal } from '../../model/principal.ts';
import type { Resource } from '../../model/resource.ts';
import type { ResourceHealth } from '../../model/resource-health.ts';
import { accessPolicy } from '../../policy/access-offers.ts';
import { type CompiledPolicy, compilePolicy } from '../../policy/compile.ts';
import { credentialForm } from '../../protocols/postgres/downstream/credential-form.ts';
import { type OpenRunGuard, openRunGuard } from '../../quarantine/open-run-guard.ts';
import { createQuarantineRepository, quarantineSchema } from '../../quarantine/repository.ts';
import { openStore } from '../../store/open-store.ts';
import { createLog } from '../../telemetry/log.ts';
import type { ApiConnection, ApiResource, ApiServices } from '../api-services.ts';
import type { Problem } from '../contract/problem.ts';
import { createApi } from '../create-api.ts';
import { EventStreams } from '../event-stream.ts';
import type { ApiRecordings } from '../recording-lines.ts';
import { ScanSlots } from '../scan-slots.ts';
import { type VerificationOptions, Verifications } from '../verification/verifications.ts';
import { recordingsOf } from './recordings-fixture.ts';

/** Two resources; agents may open the first with one of its accounts. */
const POLICY = `apiVersion: sallyport.dev/v1
rules:
  - { id: agents-connect, effect: allow, on: connect, match: { groups: [agents], resources: [shop], accounts: [app_ro] } }
  - { id: agents-read, effect: allow, on: sql, match: { groups: [agents], kinds: [SELECT], tables: ["public.*"] } }
  - { id: no-drop, effect: deny, on: sql, match: { kinds: [DROP TABLE] }, message: Nothing is dropped here. }
`;

/** Who holds which token. */
const PEOPLE: Readonly<Record<string, readonly string[]>> = {
  agent: ['agents'],
  stranger: [],
  odd: ['no-such-role', 'admin', 'Admins', 'viewers'],
  viewer: ['staff'],
  reader: ['auditors'],
  admin: ['admins'],
  dora: ['dba'],
  dave: ['dba'],
  sam: ['sec'],
};

const undo: (() => void)[] = [];

afterEach(() => {
  for (const one of undo.splice(0).toReversed()) one();
});

/** Options of {@link createApiFixture}. */
export interface ApiFixtureOptions {
  /** Another protocol than that of PostgreSQL for the first resource, and how clients log in to it. */
  readonly shop?: { readonly protocol: string; readonly form: CredentialForm };
  readonly policy?: string;
  readonly verification?: Partial<VerificationOptions>;
  readonly maxScans?: number;
  /** False for a gateway that records no sessions. */
  readonly recordings?: false;
  /** The key `approvals` of the config. */
  readonly approvals?: object;
  readonly groups?: Partial<ApiServices['groups']>;
  readonly failuresPerMinute?: number;
  readonly issuers?: readonly IssuerStatus['state'][];
  readonly health?: Readonly<Record<string, ResourceHealth>>;
  readonly exports?: readonly ExportState[];
}

/** A request; by default of the admin, to localhost. */
export interface Asking {
  readonly token?: string | undefined;
  readonly method?: string;
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
  readonly connection?: Partial<ApiConnection>;
}

/** An API under test. */
export interface ApiFixture {
  readonly folder: string;
  readonly audit: AuditLogFile;
  /** Milliseconds since the epoch; each look takes some time. */
  readonly nowMs: () => number;
  readonly approvals: OpenApprovals;
  readonly streams: EventStreams;
  readonly guard: OpenRunGuard;
  readonly live: LiveSession[];
  /** Told of changes of `live`. */
  readonly followers: ReadonlySet<() => void>;
  readonly recordings: ApiRecordings;
  readonly logLines: string[];
  /** Lets the disk be full. */
  fillDisk(): void;
  /** Makes room on it, and resolves when the log works again. */
  freeDisk(): Promise<void>;
  warmUps: number;
  ask(path: string, asking?: Asking): Promise<Response>;
  /** The API as a server takes it. */
  fetch(request: Request, connection: ApiConnection): Response | Promise<Response>;
  /** The parsed body of an answer that must be 200. */
  read(path: string, asking?: Asking): Promise<unknown>;
  /** What of the API is on record. */
  accesses(): Promise<readonly ApiAccess[]>;
  events(): Promise<readonly AuditEvent['type'][]>;
}

/** Makes an API; its folder is removed after the test. */
export async function createApiFixture(options: ApiFixtureOptions = {}): Promise<ApiFixture> {
  const folder = temporaryFolder();
  const clock = tickingClock();
  const disk = new FakeDisk();
  const recovery = Promise.withResolvers<void>();
  const audit = await openLog(folder, { clock, files: disk, onRecovery: () => recovery.resolve() });
  const logLines: string[] = [];
  const log = createLog('debug', (line) => logLines.push(line), clock.nowMs);
  const policy = options.policy === undefined ? await usualPolicy() : await compiled(options.policy);
  const fixture = { warmUps: 0 };
  const live: LiveSession[] = [];
  const followers = new Set<() => void>();
  const recordings = recordingsOf(folder);
  const gate = createGate({
    engine: () => policy.engine,
    audit,
    clock,
    obligations: [],
    usage: createUsage({ clock }),
  });
  const store = openStore(join(folder, 'state', 'state.sqlite'), [
    approvalSchema,
    quarantineSchema,
    credentialSchema,
  ]);
  const clocks = { wall: clock, steady: { nowMs: () => performance.now() } };
  const approvals = await openApprovals(approvalsSchema.parse(options.approvals), {
    store,
    audit,
    clocks,
    log,
    policy: () => accessPolicy(policy),
    sessions: { list: () => live },
  });
  const guard = await openRunGuard({
    repository: createQuarantineRepository(store),
    audit,
    ...clocks,
    log,
  });
  const streams = new EventStreams({ total: 3, perPrincipal: 2 });
  undo.push(
    () => store.close(),
    () => approvals.close(),
    () => streams.close(),
  );
  const verification = { folder, clock, log, run: verifyAtOnce, ...options.verification };
  const api = createApi({
    audit: {
      log: audit,
      folder,
      scans: new ScanSlots(options.maxScans ?? 4),
      verifications: new Verifications(verification),
      exports: () => options.exports ?? [],
    },
    login: { issuers: [] },
    policy: { current: () => policy, decide: (access) => gate.decide(access), families },
    approvals: { ...approvals, streams, currentPrincipal: (principal) => principal },
    guard,
    identity: {
      verify: verifyToken,
      status: () => (options.issuers ?? ['ready']).map(issuerStatus),
      warmUp: () => {
        fixture.warmUps += 1;
        return Promise.resolve([]);
      },
    },
    credentials: await openSessionCredentials({
      repository: sqliteCredentials(store),
      clock,
      principals: {
        providerGroupsOf: ({ groups }) => groups,
        principalOf: (claims, groups) => ({ ...claims, groups }),
      },
    }),
    failedAuthentications: createFailedAuthentications({
      limits: { perMinute: options.failuresPerMinute ?? 1_000 },
      clock,
      onSummary: () => undefined,
    }),
    groups: {
      viewers: ['staff'],
      approvers: [],
      auditors: ['auditors'],
      admins: ['admins'],
      ...options.groups,
    },
    names: ['gateway.example'],
    sessions: {
      list: () => live,
      add: () => undefined,
      remove: () => undefined,
      subscribe: (listener) => {
        followers.add(listener);
        return () => followers.delete(listener);
      },
    },
    ...(options.recordings === false ? {} : { recordings }),
    health: (name) => options.health?.[name],
    resources: [
      withLogin(target('shop', ['app_ro', 'app_rw'], options.shop?.protocol), options.shop?.form),
      target('payroll', ['hr']),
    ],
    clock,
    log,
  });
  const ask = async (path: string, asking: Asking = {}): Promise<Response> =>
    api.request(path, toInit(asking), {
      remoteAddress: '192.0.2.7',
      localAddress: '192.0.2.1',
      ...asking.connection,
    });
  return Object.assign(fixture, {
    folder,
    recordings,
    audit,
    nowMs: clock.nowMs,
    approvals,
    streams,
    guard,
    live,
    followers,
    logLines,
    ask,
    fetch: (request: Request, connection: ApiConnection) => api.fetch(request, connection),
    fillDisk: () => {
      disk.onWrite = () => diskError('ENOSPC');
    },
    freeDisk: () => {
      disk.onWrite = () => undefined;
      return recovery.promise;
    },
    read: async (path: string, asking?: Asking) => {
      const response = await ask(path, asking);
      const body: unknown = await response.json();
      if (response.status !== 200) throw new Error(`${response.status} ${JSON.stringify(body)}`);
      return body;
    },
    accesses: async () => (await eventsOn(folder)).filter((event) => event.type === 'api.access'),
    events: async () => {
      // What is enqueued is on file once something behind it is.
      await audit.append([{ type: 'gateway.stopped', reason: 'end of the test' }]);
      return (await eventsOn(folder)).map(({ type }) => type).slice(0, -1);
    },
  });
}

/** The problem of an answer; fails when it is none, or when a header or status is missing. */
export async function problemOf(response: Response): Promise<Problem> {
  expect(response.headers.get('content-type')).toBe('application/problem+json');
  expect(response.headers.get('cache-control')).toBe('no-store');
  const problem = (await response.json()) as Problem;
  expect(problem.status).toBe(response.status);
  expect(problem.type).toBe(`urn:sallyport:error:${problem.code}`);
  return problem;
}

function toInit({ token = 'admin', method, body, headers }: Asking): RequestInit {
  return {
    method: method ?? (body === undefined ? 'GET' : 'POST'),
    headers: {
      host: 'localhost:8443',
      ...(token === '' ? {} : { authorization: `Bearer ${token}` }),
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      ...headers,
    },
    ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
  };
}

async function verifyToken(token: string): Promise<Principal> {
  const groups = PEOPLE[token];
  if (groups === undefined) {
    throw tokenError(
      'ERR_IDENTITY_TOKEN_AUDIENCE',
      'the token was issued for another audience',
      'get one with `aud` x',
    );
  }
  return {
    issuer: 'https://idp.example',
    subject: token,
    groups,
    delegation: [],
    tokenDigest: 'ab'.repeat(16),
    expiresAtMs: Date.UTC(2027, 0, 1),
  };
}

function issuerStatus(state: IssuerStatus['state'], index: number): IssuerStatus {
  return { issuer: `https://idp${index}.example`, state, keys: 1, ignoredKeys: [] };
}

function target(name: string, accounts: readonly string[], protocol = 'postgres'): ApiResource {
  const resource: Resource = { name, protocol, labels: { env: 'test' }, mode: 'enforce' };
  return {
    resource,
    targets: accounts.map((account) => ({ account, database: name, facts: connectFacts(name) })),
    families: ['connect', 'sql'],
  };
}

/** Its listener, for session credentials; there is one other database. */
function withLogin(resource: ApiResource, form: CredentialForm = credentialForm): ApiResource {
  const targetsOf = (database: string): ApiResource['targets'] =>
    database === 'reports' ? resource.targets.map((one) => ({ ...one, database })) : [];
  return { ...resource, login: { host: 'gateway.example', port: 6432, form, targetsOf } };
}

function connectFacts(database: string): ApiResource['targets'][number]['facts'] {
  const atoms = [{ label: `connect to ${database}`, values: { databases: [database] } }];
  return {
    family: 'connect',
    action: 'connect',
    statements: [{ summary: 'connect', atoms, attributes: {}, opaque: [] }],
  };
}

/** Without a thread, which takes its time to start. */
const verifyAtOnce: VerificationOptions['run'] = async ({ folder, anchor }) => ({
  report: await verifyAudit(folder, anchor === undefined ? {} : { anchor }),
});

const families = once(loadFamilies);
const usualPolicy = once(() => compiled(POLICY));

function once<Value>(make: () => Promise<Value>): () => Promise<Value> {
  let made: Promise<Value> | undefined;
  return () => (made ??= make());
}

async function compiled(text: string): Promise<CompiledPolicy> {
  const bindings = await families();
  const policy = compilePolicy([{ path: 'main.yaml', text }], {
    families: bindings.map(({ family }) => family),
    presets: bindings.flatMap(({ presets }) => presets),
    version: { hash: 'cd'.repeat(32), commit: 'ef'.repeat(20) },
  });
  if (!policy.ok) throw new Error(policy.errors.map(({ message }) => message).join('\n'));
  return policy;
}

async function eventsOn(folder: string): Promise<readonly AuditEvent[]> {
  const events: AuditEvent[] = [];
  for await (const { event } of readAudit(folder)) {
    if (!event.type.startsWith('audit.')) events.push(event as AuditEvent);
  }
  return events;
}
