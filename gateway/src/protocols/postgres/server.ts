/**
 * Serves PostgreSQL clients: one `serve` a connection, from the first byte to the end of the session.
 * Every failure is answered in the protocol's own form and recorded; none leaves this file.
 */
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { type CredentialSource, createCredentialSource } from '../../credentials/credential-source.ts';
import type { Connection } from '../../listener/listener.ts';
import { upgradeToTls } from '../../listener/tls-upgrade.ts';
import type { AuditEvent } from '../../model/audit-event.ts';
import { GatewayError } from '../../model/gateway-error.ts';
import type { JsonObject } from '../../model/json.ts';
import type { RecordedSession } from '../../model/recording.ts';
import { findAccount } from '../../session/accounts.ts';
import type { ConfiguredResource, ProtocolServer, ProtocolServices } from '../protocol.ts';
import { KeptConnections } from './catalog-connection.ts';
import type { PostgresResourceConfig } from './config.ts';
import { CancelKeys } from './downstream/cancel-keys.ts';
import {
  type Admitted,
  admitConnect,
  authenticate,
  newSubject,
  type Opened,
  targetOf,
} from './downstream/login.ts';
import { LoginRefusal } from './downstream/login-refusal.ts';
import { refuseMisplacedToken, withoutTokens } from './downstream/misplaced-token.ts';
import { openConnection } from './downstream/open-connection.ts';
import { readSettings } from './downstream/startup-settings.ts';
import { StatementReader } from './facts/statement-reader.ts';
import type { PostgresListenerConfig } from './listener-config.ts';
import { PreviewSlots } from './previews.ts';
import { plainError, SqlState } from './refusal.ts';
import { SharedNameBudget } from './relay/name-budget.ts';
import { runSession } from './session.ts';
import { isLoopbackAddress } from './transport-security.ts';
import { CatalogCache } from './upstream/catalog/catalog-cache.ts';
import { encodeNegotiateProtocolVersion } from './wire/backend/negotiate-protocol-version.ts';

/** Newest minor version of protocol 3 that the gateway speaks. */
const NEWEST_MINOR = 2;

/** Serves the connections of one PostgreSQL listener. */
export class PostgresServer implements ProtocolServer {
  readonly #services: ProtocolServices<PostgresResourceConfig>;
  readonly #listener: PostgresListenerConfig;
  readonly #cancelKeys = new CancelKeys();
  readonly #catalogs: CatalogCache;
  readonly #nameBudget = new SharedNameBudget();
  readonly #keptConnections = new KeptConnections();
  readonly #previews = new PreviewSlots();
  /** One reader for each major version of the servers met. */
  readonly #readers = new Map<number, Promise<StatementReader>>();
  readonly #credentials = new WeakMap<object, CredentialSource>();

  constructor(services: ProtocolServices<PostgresResourceConfig>, listener: PostgresListenerConfig) {
    this.#services = services;
    this.#catalogs = new CatalogCache(() => services.clock.nowMs());
    this.#listener = listener;
  }

  async serve(socket: Socket, connection: Connection): Promise<void> {
    let stream: Duplex = socket;
    let claimed: JsonObject | undefined;
    const client = { isAuthenticated: false };
    try {
      const opened = await openConnection(socket, {
        signal: connection.handshake,
        secure: (plain, { direct, signal }) =>
          upgradeToTls(plain, this.#services.tls, { signal, start: direct ? 'direct' : 'negotiated' }),
      });
      if (opened.kind === 'cancel') {
        stream = opened.stream;
        await this.#cancelKeys.use(opened.processId, opened.secretKey);
        // The end tells the client that the server has acted; inside TLS libpq takes an end without close_notify for an attack.
        stream.end();
        return;
      }
      stream = opened.stream;
      claimed = claims(opened);
      await this.#serveSession(opened, connection, client);
    } catch (error) {
      this.#refuse(stream, error, { ...client, claimed, address: connection.remoteAddress });
    }
  }

  async #serveSession(
    opened: Opened,
    connection: Connection,
    client: { isAuthenticated: boolean },
  ): Promise<void> {
    const services = this.#services;
    services.failedAuthentications.admits(connection.remoteAddress);
    this.#requireTls(opened, connection.remoteAddress);
    refuseMisplacedToken(opened.startup);
    negotiateVersion(opened);
    const settings = readSettings(opened.startup);
    const target = targetOf(opened);
    const sourceAddress = connection.remoteAddress;
    const who = await authenticate(opened, target, services, { sourceAddress, signal: connection.handshake });
    client.isAuthenticated = true;
    const resource = this.#findResource(target.resource);
    const subject = newSubject(opened, { ...who, sourceAddress }, { ...target, resource });
    const account = findAccount(resource.config, target.account);
    const database = target.database ?? resource.config.database;
    const admitted = { subject, target, resource, database };
    const loggedInBy = who.credential?.id;
    const recorded = openingRecord(admitted, opened, loggedInBy);
    await services.audit.append(openingEvents(recorded, loggedInBy));
    await runSession(
      {
        opened,
        admitted,
        recorded,
        loggedInBy,
        settings,
        permit: () => admitConnect(admitted, services),
        credential: account === undefined ? undefined : this.#credentialOf(account),
      },
      {
        services,
        connection,
        reader: (major) => this.#readerFor(major),
        cancelKeys: this.#cancelKeys,
        catalogs: this.#catalogs,
        keptConnections: this.#keptConnections,
        nameBudget: this.#nameBudget,
        previews: this.#previews,
        maxMessageBytes: this.#listener.maxMessageBytes,
      },
    );
  }

  #readerFor(major: number): Promise<StatementReader> {
    const known = this.#readers.get(major);
    if (known !== undefined) return known;
    const reader = StatementReader.create(major);
    this.#readers.set(major, reader);
    return reader;
  }

  #requireTls(opened: Opened, address: string): void {
    if (opened.tls !== undefined) return;
    if (this.#listener.allowLoopbackPlaintext && isLoopbackAddress(address)) return;
    throw new LoginRefusal(
      'ERR_POSTGRES_PLAINTEXT',
      SqlState.invalidAuthorization,
      'TLS is required, because the password is a token: connect with sslmode=verify-full and sslrootcert',
    );
  }

  #findResource(name: string): ConfiguredResource<PostgresResourceConfig> {
    const found = this.#services.findResource(name);
    if (found !== undefined) return found;
    throw new LoginRefusal(
      'ERR_POSTGRES_UNKNOWN_RESOURCE',
      '3D000',
      'the database name of the connection names no resource that you may open; use RESOURCE or RESOURCE/DATABASE',
    );
  }

  #credentialOf(account: PostgresResourceConfig['accounts'][number]): CredentialSource {
    const known = this.#credentials.get(account);
    if (known !== undefined) return known;
    const { clock, log } = this.#services;
    const source = createCredentialSource(account.credential, {
      clock,
      onWarning: (message) => log.warn('credential', { account: account.name, reason: message }),
    });
    this.#credentials.set(account, source);
    return source;
  }

  #refuse(
    stream: Duplex,
    error: unknown,
    who: {
      readonly isAuthenticated: boolean;
      readonly claimed: JsonObject | undefined;
      readonly address: string;
    },
  ): void {
    const known = error instanceof GatewayError ? error : undefined;
    const message = error instanceof Error ? error.message : String(error);
    this.#services.log.warn('connection refused', {
      code: known?.code ?? 'ERR_INTERNAL',
      reason: message,
      address: who.address,
    });
    // Who said nothing of himself has not tried to authenticate. Scanners and health checks must not fill the disk of the
    // audit, which nobody could be served without.
    if (who.claimed !== undefined && this.#isRecorded(known, who)) {
      this.#services.audit.enqueue({
        type: 'authentication.failed',
        protocol: 'postgres',
        sourceAddress: who.address,
        code: known?.code ?? 'ERR_INTERNAL',
        message,
        claimed: who.claimed,
      });
    }
    if (stream.destroyed || stream.writableEnded) return;
    // Whoever sends what is no startup packet speaks another protocol or is leaving, and gets no answer, as from the server
    // (ProcessStartupPacket of PostgreSQL, COMMERROR).
    if (who.claimed === undefined && isMisframed(known)) stream.end();
    else stream.end(answerTo(error, known));
  }

  /** Nor must those who try for ever: beyond a bound they are counted, and recorded together. */
  #isRecorded(
    known: GatewayError | undefined,
    who: { readonly isAuthenticated: boolean; readonly address: string },
  ): boolean {
    if (known?.code === 'ERR_LISTENER_THROTTLED') return false;
    const isTheirs = known?.source === 'downstream';
    return who.isAuthenticated || this.#services.failedAuthentications.failed(who.address, isTheirs);
  }
}

function isMisframed(error: GatewayError | undefined): boolean {
  return error?.code === 'ERR_WIRE_LENGTH' || error?.code === 'ERR_WIRE_TOO_LONG';
}

function answerTo(error: unknown, known: GatewayError | undefined): Buffer {
  if (error instanceof LoginRefusal) return error.answer;
  const text = known?.publicMessage ?? 'the gateway could not open this session';
  return plainError(sqlStateOf(known), text, 'FATAL');
}

function sqlStateOf(error: GatewayError | undefined): string {
  if (error === undefined) return SqlState.systemError;
  if (error.code.startsWith('ERR_IDENTITY_') || error.code === 'ERR_LISTENER_THROTTLED')
    return SqlState.invalidAuthorization;
  if (error.code.startsWith('ERR_WIRE_') || error.code.startsWith('ERR_POSTGRES_'))
    return SqlState.protocolViolation;
  if (error.code.startsWith('ERR_AUDIT_') || error.code === 'ERR_ENFORCEMENT_UNRECORDED')
    return SqlState.ioError;
  return SqlState.systemError;
}

/** Who opens which session on what. */
function openingRecord(
  { subject, database }: Admitted,
  { startup, tls }: Opened,
  credential: string | undefined,
): RecordedSession {
  const { id: session, principal, resource, account, sourceAddress, hints } = subject;
  const details = { database, protocol: `3.${startup.minor}`, tls: tls ?? 'none' };
  return {
    session,
    protocol: 'postgres',
    principal,
    resource: resource.name,
    account,
    sourceAddress,
    hints,
    details: credential === undefined ? details : { ...details, credential },
  };
}

/** What goes on record before the policy is asked. */
function openingEvents(record: RecordedSession, credential: string | undefined): readonly AuditEvent[] {
  const opened: AuditEvent = { type: 'session.opened', ...record };
  if (credential === undefined) return [opened];
  const { session, sourceAddress } = record;
  return [opened, { type: 'credential.used', credential, session, sourceAddress }];
}

/** What the client said of itself, for the record of a refusal; never the password. */
function claims(opened: Opened): JsonObject {
  const { parameters } = opened.startup;
  const pick = (name: string): JsonObject => {
    const value = parameters.get(name);
    return value === undefined ? {} : { [name]: withoutTokens(value).slice(0, 256) };
  };
  return { ...pick('user'), ...pick('database'), ...pick('application_name') };
}

/** Answers wishes for a newer protocol or for extensions (chapter 54.2.1, NegotiateProtocolVersion). */
function negotiateVersion(opened: Opened): void {
  const { minor, parameters } = opened.startup;
  const extensions = [...parameters.keys()].filter((name) => name.startsWith('_pq_.'));
  if (minor <= NEWEST_MINOR && extensions.length === 0) return;
  opened.stream.write(encodeNegotiateProtocolVersion(Math.min(minor, NEWEST_MINOR), extensions));
}
