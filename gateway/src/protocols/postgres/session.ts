/** One session: connect decision, upstream login, greeting, relay, and its end on the record. */
import type { CredentialSource } from '../../credentials/credential-source.ts';
import type { Permit } from '../../enforcement/permit.ts';
import type { Connection } from '../../listener/listener.ts';
import { scheduleAt } from '../../listener/schedule-at.ts';
import type { GatewayError } from '../../model/gateway-error.ts';
import type { LiveSession } from '../../model/live-session.ts';
import type { RecordedSession, SessionRecording } from '../../model/recording.ts';
import { findAccount } from '../../session/accounts.ts';
import { regroup, type Standing, standing } from '../../session/standing.ts';
import type { ProtocolServices } from '../protocol.ts';
import type { KeptConnections } from './catalog-connection.ts';
import type { PostgresResourceConfig } from './config.ts';
import type { CancelKeys } from './downstream/cancel-keys.ts';
import { type Admitted, connectAccess, dialUpstream, type Opened } from './downstream/login.ts';
import { LoginRefusal } from './downstream/login-refusal.ts';
import { vetSettings } from './downstream/login-settings.ts';
import type { RequestedSetting } from './downstream/startup-settings.ts';
import { createSessionMasks } from './exchange-masks.ts';
import { Judge, type LiveKnowledge } from './facts/judge.ts';
import { RecordedForms } from './facts/recorded-forms.ts';
import { type KnownRelations, toKnownRelations } from './facts/relations.ts';
import { type KnownRoutines, toKnownRoutines, UNKNOWN_ROUTINES } from './facts/routines.ts';
import { SessionState } from './facts/session-state.ts';
import type { StatementReader } from './facts/statement-reader.ts';
import type { ResultCatalog } from './masking/result-catalog.ts';
import { createPreviewer, type Previewer, type PreviewSlots } from './previews.ts';
import { SqlState } from './refusal.ts';
import { createSessionNames, type SessionNames } from './relay/effects.ts';
import type { SharedNameBudget } from './relay/name-budget.ts';
import { Relay } from './relay/relay.ts';
import type { RelayOptions } from './relay/relay-options.ts';
import { liveCatalog } from './session-catalog.ts';
import type { CatalogCache } from './upstream/catalog/catalog-cache.ts';
import type { UpstreamConnection } from './upstream.ts';
import { encodeAuthenticationOk } from './wire/backend/authentication.ts';
import { encodeBackendKeyData } from './wire/backend/backend-key-data.ts';
import { encodeReportFields } from './wire/backend/error-response.ts';
import { decodeParameterStatus, encodeParameterStatus } from './wire/backend/parameter-status.ts';
import { encodeReadyForQuery } from './wire/backend/ready-for-query.ts';

/** Grammar for the settings of the startup packet, before the server's version is known. */
const NEWEST_MAJOR = 18;

/** A client that is authenticated and on record, not yet admitted. */
export interface SessionStart {
  readonly opened: Opened;
  readonly admitted: Admitted;
  /** Who opens it and where, as it is on the audit trail. */
  readonly recorded: RecordedSession;
  /** Id of the session credential that the client logged in by. */
  readonly loggedInBy: string | undefined;
  readonly settings: readonly RequestedSetting[];
  /** Decides and records the connection. */
  readonly permit: () => Promise<Permit>;
  /** Undefined when the resource has no such account. */
  readonly credential: CredentialSource | undefined;
}

/** What a session works with. */
export interface SessionServices {
  readonly services: ProtocolServices<PostgresResourceConfig>;
  readonly connection: Connection;
  readonly reader: (major: number) => Promise<StatementReader>;
  readonly cancelKeys: CancelKeys;
  readonly catalogs: CatalogCache;
  readonly keptConnections: KeptConnections;
  readonly nameBudget: SharedNameBudget;
  readonly previews: PreviewSlots;
  readonly maxMessageBytes: number;
}

/** Runs the session to its end. Rejects only while it is being opened; the refusal is then on record as its end. */
export async function runSession(start: SessionStart, how: SessionServices): Promise<void> {
  const { audit } = how.services;
  const session = start.admitted.subject.id;
  let ended = { reason: 'refused', exchanges: 0, refused: 0 };
  try {
    const permit = await start.permit();
    const connected = await connect(permit, start, how);
    await using recorded = openRecording(start, how);
    ended = await relay(start, { permit, ...connected }, recorded, how);
    recorded.reason = ended.reason;
  } finally {
    how.services.gate.release(session);
    audit.enqueue({ type: 'session.closed', session, ...ended });
  }
}

/** A session on the server, and the client's own settings that it was opened with. */
interface Connected {
  readonly upstream: UpstreamConnection;
  readonly settings: ReadonlyMap<string, string>;
}

async function connect(permit: Permit, start: SessionStart, how: SessionServices): Promise<Connected> {
  const { services, connection } = how;
  try {
    if (start.credential === undefined) {
      const message = `the resource has no account "${start.admitted.subject.account}" that you may use; the user name of the connection names the account`;
      throw new LoginRefusal('ERR_POSTGRES_UNKNOWN_RESOURCE', SqlState.invalidAuthorization, message);
    }
    const { judge } = await judgeFor(start, how, {
      major: NEWEST_MAJOR,
      routines: UNKNOWN_ROUTINES,
      relations: undefined,
      encoding: 'UTF8',
    });
    const settings = vetSettings(start.settings, judge);
    const upstream = await dialUpstream(permit, start.admitted, {
      credential: start.credential,
      settings,
      signal: connection.handshake,
      catalogs: how.catalogs,
    });
    services.gate.settle(permit, {
      status: 'ok',
      result: {
        serverVersion: upstream.serverVersion,
        method: upstream.method,
        tls: upstream.tls?.protocol ?? 'none',
      },
    });
    return { upstream, settings };
  } catch (error) {
    services.gate.settle(permit, {
      status: 'error',
      result: { reason: error instanceof Error ? error.message : String(error) },
    });
    throw error;
  }
}

/** What asks the server for approvers, as the session itself would. */
function previewerOf(
  { credential, admitted }: SessionStart,
  settings: ReadonlyMap<string, string>,
  { previews: slots }: SessionServices,
): Previewer | undefined {
  if (credential === undefined) return undefined;
  return createPreviewer({ admitted, credential, settings, slots });
}

/** The recording of a session; closed with the reason of its end. */
interface OpenRecording extends AsyncDisposable {
  /** Undefined where recordings are switched off. */
  readonly recording: SessionRecording | undefined;
  /** Told when nothing can be recorded any more. */
  onFailed: (error: GatewayError) => void;
  reason: string;
}

function openRecording(start: SessionStart, how: SessionServices): OpenRecording {
  const recording = how.services.recorder?.open(start.recorded, (error) => opened.onFailed(error));
  const opened: OpenRecording = {
    recording,
    onFailed: () => undefined,
    reason: 'internal-error',
    async [Symbol.asyncDispose]() {
      await recording?.close(opened.reason);
    },
  };
  return opened;
}

async function relay(
  start: SessionStart,
  { permit, upstream, settings }: Connected & { readonly permit: Permit },
  recorded: OpenRecording,
  how: SessionServices,
): Promise<{ reason: string; exchanges: number; refused: number }> {
  const { services, connection, cancelKeys } = how;
  const { subject } = start.admitted;
  using undo = new DisposableStack();
  undo.defer(() => services.sessions.remove(subject.id));
  const over = new AbortController();
  undo.defer(() => over.abort());
  const opened = { permit, upstream, signal: over.signal };
  const live = liveCatalog(start, how, opened, () => known.state);
  const preview = previewerOf(start, settings, how);
  const known = await judgeFor(start, how, { ...serverOf(upstream), live, preview });
  const { judge, names } = known;
  undo.defer(() => names.budget.close());
  const running = new Relay({
    ...relayOptions(start, upstream, services, live),
    judge,
    names,
    recording: recorded.recording,
    maxMessageBytes: how.maxMessageBytes,
    onParameter: (bytes, from, to) => {
      const { name, value } = decodeParameterStatus(bytes, from, to);
      judge.noteParameter(name, value);
    },
  });
  recorded.onFailed = (error) => running.recordingFailed(error);
  const cancelKey = cancelKeys.issue(start.opened.startup.minor, () => {
    running.cancel();
    return cancelUpstream(upstream, subject.id, services);
  });
  undo.defer(() => cancelKeys.revoke(cancelKey));
  const expiry = scheduleAt(expiryOf(start, services), services.clock, () => running.expire());
  undo.defer(() => expiry.clear());
  const drain = (): void => running.stop();
  connection.draining.addEventListener('abort', drain, { once: true });
  undo.defer(() => connection.draining.removeEventListener('abort', drain));
  try {
    services.sessions.add(liveSession(start, services, running));
    greet(start.opened.stream, upstream, cancelKey);
    connection.establish();
    running.start();
    const reasonToEnd = await standing(standingOf(start, services), services);
    if (reasonToEnd !== undefined) running.kill(reasonToEnd);
    const reason = await running.ended;
    return { reason, exchanges: judge.decided, refused: judge.refused };
  } catch (error) {
    upstream.socket.destroy();
    throw error;
  }
}

/** What a relay is made of beside its judge and its recording. */
function relayOptions(
  start: SessionStart,
  upstream: UpstreamConnection,
  services: SessionServices['services'],
  catalog: ResultCatalog,
): Pick<RelayOptions, 'client' | 'upstream' | 'gate' | 'log' | 'masks' | 'isExpired'> {
  const expiresAtMs = expiryOf(start, services);
  const tools = services.maskTools(start.admitted.subject.resource.name);
  return {
    client: start.opened.stream,
    upstream,
    gate: services.gate,
    log: services.log,
    masks: createSessionMasks({ tools, catalog, run: runOf(start.admitted.subject) }),
    isExpired: () => services.clock.nowMs() >= expiresAtMs,
  };
}

/** Whose pseudonyms are whose: the run that the token proves; without one, the agent. */
function runOf({ principal }: SessionStart['admitted']['subject']): string {
  const { issuer, subject, run, agent } = principal;
  return JSON.stringify([issuer, subject, ...(run === undefined ? ['agent', agent ?? ''] : ['run', run])]);
}

/** When work in flight is cancelled, in milliseconds since the epoch. */
function expiryOf({ admitted }: SessionStart, { timeouts }: SessionServices['services']): number {
  return admitted.subject.principal.expiresAtMs + timeouts.expiryGraceMs;
}

function serverOf(upstream: UpstreamConnection): KnownServer {
  return {
    major: Math.floor(upstream.serverVersion / 10_000),
    routines: toKnownRoutines(upstream.routines),
    relations: upstream.known === undefined ? undefined : toKnownRelations(upstream.known.catalog),
    encoding: upstream.parameters.get('server_encoding') ?? 'unknown',
  };
}

async function cancelUpstream(
  upstream: UpstreamConnection,
  session: string,
  services: SessionServices['services'],
): Promise<void> {
  await upstream.cancel().catch((error: unknown) => {
    services.log.warn('cancel failed', { session, reason: error instanceof Error ? error.message : '' });
  });
}

function liveSession(
  start: SessionStart,
  services: SessionServices['services'],
  running: Relay,
): LiveSession {
  const { subject } = start.admitted;
  return {
    id: subject.id,
    protocol: 'postgres',
    get principal() {
      return subject.principal;
    },
    credential: start.loggedInBy,
    resource: subject.resource.name,
    account: subject.account,
    openedMs: services.clock.nowMs(),
    kill: (message) => running.kill(message),
    regroup: () => {
      const over = regroup(standingOf(start, services), services);
      if (over !== undefined) running.kill(over);
    },
  };
}

function standingOf(start: SessionStart, { clock }: SessionServices['services']): Standing {
  const { admitted, loggedInBy } = start;
  const { subject } = admitted;
  return {
    id: subject.id,
    get principal() {
      return subject.principal;
    },
    set principal(principal) {
      subject.principal = principal;
    },
    credential: loggedInBy,
    connectAccess: () => connectAccess(admitted, clock.nowMs()),
  };
}

function greet(
  client: Opened['stream'],
  upstream: UpstreamConnection,
  key: { readonly processId: number; readonly secretKey: Buffer },
): void {
  client.write(
    Buffer.concat([
      encodeAuthenticationOk(),
      ...[...upstream.parameters].map(([name, value]) => encodeParameterStatus(name, value)),
      encodeBackendKeyData(key.processId, key.secretKey),
      ...upstream.notices.map((notice) => encodeReportFields('notice', notice.fields)),
      encodeReadyForQuery('I'),
    ]),
  );
}

/** What judging goes by. */
interface KnownServer {
  readonly major: number;
  readonly routines: KnownRoutines;
  readonly relations: KnownRelations | undefined;
  readonly encoding: string;
  readonly live?: LiveKnowledge;
  readonly preview?: Previewer | undefined;
}

async function judgeFor(
  start: SessionStart,
  how: SessionServices,
  server: KnownServer,
): Promise<{ readonly judge: Judge; readonly names: SessionNames; readonly state: SessionState }> {
  const { subject, resource, database } = start.admitted;
  const { gate, clock, maskTools } = how.services;
  const login = findAccount(resource.config, subject.account)?.user ?? subject.account;
  const state = new SessionState(
    resource.config.searchPath,
    login,
    server.routines,
    server.encoding,
    server.relations,
  );
  const names = createSessionNames(how.nameBudget);
  const reader = await how.reader(server.major);
  const forms = new RecordedForms(maskTools(subject.resource.name).digests);
  const { live, preview } = server;
  return {
    judge: new Judge(subject, { gate, clock, state, reader, names, database, forms, live, preview }),
    names,
    state,
  };
}
