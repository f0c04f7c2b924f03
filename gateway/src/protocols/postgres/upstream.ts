/** The server side of a session: a connection to a real PostgreSQL, authenticated by the gateway's own credential. */
import type { Socket } from 'node:net';
import { TLSSocket } from 'node:tls';
import type { CredentialSource } from '../../credentials/credential-source.ts';
import { CredentialError } from '../../credentials/errors.ts';
import { findAccount } from '../../session/accounts.ts';
import type { AuthMethod, PostgresResourceConfig } from './config.ts';
import { isDatabaseAllowed } from './database-names.ts';
import { checkAccount } from './upstream/account-check.ts';
import { sendCancel } from './upstream/cancel.ts';
import type { CatalogCache, CatalogPlace, KnownAt } from './upstream/catalog/catalog-cache.ts';
import { CATALOG_LIMITS, loadCatalog } from './upstream/catalog/load-catalog.ts';
import { withDeadline } from './upstream/deadline.ts';
import { dial } from './upstream/dial.ts';
import { UpstreamError } from './upstream/errors.ts';
import { logIn } from './upstream/login.ts';
import type { Protection } from './upstream/login-context.ts';
import { MessageChannel } from './upstream/message-channel.ts';
import { inOwnTransaction } from './upstream/own-transaction.ts';
import type { ServerRoutines } from './upstream/server-routines.ts';
import type { CancelKey } from './upstream/session-start.ts';
import { buildStartup, pinnedSettings } from './upstream/startup-parameters.ts';
import { loadTlsSettings, type TlsSettings, upgradeToTls } from './upstream/tls.ts';
import type { Report } from './wire/backend/error-response.ts';
import { WireError } from './wire/errors.ts';

/** What {@link connectUpstream} needs. */
export interface UpstreamOptions {
  readonly resource: PostgresResourceConfig;
  /** Name of one of the resource's accounts. */
  readonly account: string;
  readonly database: string;
  /** The client's startup parameters, vetted: only settings, none that the gateway pins. */
  readonly startupParameters: ReadonlyMap<string, string>;
  /** Shown in `pg_stat_activity`: names the session. */
  readonly applicationName: string;
  /** Source of the account's secret; read only when the server asks for it in an allowed way. */
  readonly credential: CredentialSource;
  /** Gives up while connecting; has no effect on the connection afterwards. */
  readonly signal: AbortSignal;
  /** Minor version of protocol 3 to ask for: the client's. */
  readonly minor: 0 | 2;
  /** Where the database's catalog is kept; absent: nobody needs it. */
  readonly catalogs?: CatalogCache;
}

/** An authenticated session on the server, idle, with the pinned settings verified. */
export interface UpstreamConnection {
  /**
   * Paused: attach listeners, handle {@link leftover}, then `resume()`. It has an error listener for ever, so that an
   * error cannot end the process; look at `destroyed` if anything was awaited in between.
   */
  readonly socket: Socket | TLSSocket;
  /** Bytes that came after the last ReadyForQuery and belong in front of what the socket delivers. */
  readonly leftover: Buffer;
  /** ParameterStatus values so far. */
  readonly parameters: Map<string, string>;
  readonly cancelKey: CancelKey;
  /** `server_version_num`, for example 180004. */
  readonly serverVersion: number;
  /** What in the database can stand in for built-in functions, operators and columns. */
  readonly routines: ServerRoutines;
  /** Relations and types of the database, as of now or a little earlier; absent where no `catalogs` were given. */
  readonly known?: KnownAt;
  /** What was agreed; may be 0 where 2 was asked for. */
  readonly protocolMinor: 0 | 2;
  readonly method: AuthMethod;
  readonly tls: UpstreamTls | undefined;
  /** Notices of the login, without the secret should the server repeat it. */
  readonly notices: readonly Report[];
  /**
   * Cancels what the session is doing, over a connection of its own to the same address. Calls while one is on its way
   * share it. Takes at most 5 seconds; rejects with an UpstreamError.
   */
  cancel(): Promise<void>;
}

/** TLS of the session, for the record. */
export interface UpstreamTls {
  readonly protocol: string;
  readonly cipher: string;
  /** Whether the certificate was verified against a CA. */
  readonly verified: boolean;
}

/**
 * Connects, authenticates, pins and verifies settings, and checks what the login may do, all within
 * `connectTimeoutMs`. Rejects with an {@link UpstreamError} and leaves no socket open.
 */
export async function connectUpstream(options: UpstreamOptions): Promise<UpstreamConnection> {
  const limit = {
    timeoutMs: options.resource.connectTimeoutMs,
    outer: options.signal,
    what: 'connecting upstream',
  };
  try {
    return await withDeadline(limit, (signal) => connectWithin(options, signal));
  } catch (error) {
    throw toUpstreamError(error);
  }
}

async function connectWithin(options: UpstreamOptions, signal: AbortSignal): Promise<UpstreamConnection> {
  const { resource } = options;
  const account = findAccount(resource, options.account);
  if (account === undefined) {
    throw new UpstreamError('ERR_UPSTREAM_CONFIGURATION', `there is no account ${quote(options.account)}`);
  }
  if (!isDatabaseAllowed(resource, options.database)) {
    throw new UpstreamError(
      'ERR_UPSTREAM_DATABASE',
      `database ${quote(options.database)} is not among the databases`,
    );
  }
  const pinned = pinnedSettings(resource);
  const user = account.user ?? account.name;
  const packet = buildStartup({ ...options, user, pinned, requested: options.startupParameters });
  const settings = resource.tls.mode === 'disable' ? undefined : await loadTlsSettings(resource, account);
  const plain = await dial(resource, resource, signal);
  try {
    const socket = settings === undefined ? plain : await upgradeToTls(plain, settings, signal);
    const channel = new MessageChannel(socket);
    const context = { ...options, user, protection: protectionOf(socket), signal };
    const login = await logIn(channel, { packet, minor: options.minor }, context).catch((error: unknown) => {
      // The secret may have been rotated: the next attempt must not use a cached one.
      if (error instanceof UpstreamError && error.code === 'ERR_UPSTREAM_AUTHENTICATION') {
        options.credential.invalidate();
      }
      throw error;
    });
    const { secret } = login;
    const asking = { peer: channel, state: login.ready, secret, requested: options.startupParameters };
    const { facts, known } = await inOwnTransaction(asking, async (status) => {
      const facts = await checkAccount(channel, login.ready, { account, pinned, secret, status });
      const known = await options.catalogs?.get(catalogPlace(options), async () => {
        channel.allow(CATALOG_LIMITS);
        const catalog = await loadCatalog(channel, login.ready, { secret, status });
        return { catalog, routines: facts.routines };
      });
      return { facts, known };
    });
    const cancel = makeCancel({ plain, resource, settings, key: login.ready.cancelKey });
    signal.throwIfAborted();
    return {
      socket,
      leftover: channel.detach(),
      ...login.ready,
      serverVersion: facts.serverVersion,
      routines: facts.routines,
      ...(known === undefined ? {} : { known }),
      protocolMinor: login.protocolMinor,
      method: login.method,
      tls: describeTls(socket, settings),
      cancel,
    };
  } catch (error) {
    plain.destroy();
    throw error;
  }
}

/** Where the catalog of a session belongs. */
export function catalogPlace(
  options: Pick<UpstreamOptions, 'resource' | 'account' | 'database'>,
): CatalogPlace {
  const { resource, account, database } = options;
  const user = findAccount(resource, account)?.user ?? account;
  return { resource: `${resource.host}:${resource.port}`, database, user };
}

function makeCancel(session: {
  readonly plain: Socket;
  readonly resource: PostgresResourceConfig;
  readonly settings: TlsSettings | undefined;
  readonly key: CancelKey;
}): () => Promise<void> {
  const { plain, resource, settings, key } = session;
  const endpoint = { host: plain.remoteAddress ?? resource.host, port: resource.port };
  let running: Promise<void> | undefined;
  return () => {
    running ??= sendCancel({ endpoint, resource, tls: settings, key })
      .catch((error: unknown) => {
        throw toUpstreamError(error);
      })
      .finally(() => {
        running = undefined;
      });
    return running;
  };
}

function protectionOf(socket: Socket): Protection {
  if (!(socket instanceof TLSSocket)) return { kind: 'plaintext' };
  return { kind: 'tls', certificate: socket.getPeerCertificate().raw };
}

function describeTls(socket: Socket, settings: TlsSettings | undefined): UpstreamTls | undefined {
  if (!(socket instanceof TLSSocket)) return undefined;
  return {
    protocol: socket.getProtocol() ?? 'unknown',
    cipher: socket.getCipher().name,
    verified: settings?.rejectUnauthorized !== false && socket.authorized,
  };
}

/** What a client chose, fit for a log line. */
function quote(name: string): string {
  return JSON.stringify(name.slice(0, 64));
}

function toUpstreamError(error: unknown): UpstreamError {
  if (error instanceof UpstreamError) return error;
  if (error instanceof CredentialError) {
    return new UpstreamError('ERR_UPSTREAM_CREDENTIAL', error.message, { cause: error });
  }
  const message = error instanceof Error ? error.message : String(error);
  const isOurs = error instanceof WireError && error.source === 'internal';
  return new UpstreamError(isOurs ? 'ERR_UPSTREAM_CONFIGURATION' : 'ERR_UPSTREAM_PROTOCOL', message, {
    cause: error,
  });
}
