/** The sessions of one client connection: one for each claim on each resource, opened when it is first used. */
import type { Verdict } from '../../enforcement/gate.ts';
import type { Connection } from '../../listener/listener.ts';
import { GatewayError } from '../../model/gateway-error.ts';
import { type Claim, type Identified, identify } from '../../session/identify.ts';
import type { ProtocolServices } from '../protocol.ts';
import type { HttpResourceConfig } from './config.ts';
import type { ClientExchange } from './downstream/client-exchange.ts';
import { type Route, unknownResource } from './downstream/route.ts';
import { claimDigest } from './downstream/token.ts';
import { HttpError } from './errors.ts';
import { HttpSession } from './session.ts';

/** How the sessions of a connection are kept. */
export interface SessionsOptions {
  readonly services: ProtocolServices<HttpResourceConfig>;
  readonly connection: Connection;
  /** TLS version; undefined without TLS. */
  readonly tls: string | undefined;
  readonly version: 'HTTP/1.1' | 'HTTP/2';
  /** Open at once; the one that was unused the longest makes room. */
  readonly most: number;
  /** Cuts what a session has under way when it is killed. @param isLast the connection has no other session */
  readonly cut: (exchanges: readonly ClientExchange[], isLast: boolean) => void;
}

/** Who asks, and where. */
export interface Asked {
  readonly claim: Claim;
  readonly route: Route;
}

interface Entry {
  readonly key: string;
  readonly opening: Promise<HttpSession | Verdict>;
  readonly exchanges: Set<ClientExchange>;
  session: HttpSession | undefined;
}

/** Finds, opens and closes them. Requests that run side by side may share one. */
export class ConnectionSessions {
  readonly #how: SessionsOptions;
  // The one that was unused the longest is the first.
  readonly #entries = new Map<string, Entry>();

  constructor(how: SessionsOptions) {
    this.#how = how;
  }

  /**
   * Runs `use` within the session of who asks, opened now if it is not yet: or with the verdict that refuses it. Rejects with a
   * GatewayError where the claim does not count.
   */
  async within(
    exchange: ClientExchange,
    asked: Asked,
    use: (opened: HttpSession | Verdict) => Promise<void>,
  ): Promise<void> {
    const { resource, destination } = asked.route;
    const place = destination === undefined ? '' : destination.configured.config.url;
    const key = `${resource} ${place} ${claimDigest(asked.claim)}`;
    const known = this.#entries.get(key);
    const entry = known ?? this.#begin(key, exchange, asked);
    // The youngest is the last.
    this.#entries.delete(key);
    this.#entries.set(key, entry);
    entry.exchanges.add(exchange);
    try {
      const opened = await entry.opening;
      if (known !== undefined && opened instanceof HttpSession) await this.#goOn(opened, asked.claim);
      await use(opened);
    } finally {
      entry.exchanges.delete(exchange);
      await this.#tidy(entry);
    }
  }

  /** Closes all of them on record. Never rejects. */
  async close(reason: string): Promise<void> {
    const open = [...this.#entries.values()];
    this.#entries.clear();
    await Promise.all(
      open.map(async ({ opening }) => {
        const session = await opening.catch(() => undefined);
        if (session instanceof HttpSession) await session.close(reason);
      }),
    );
  }

  #begin(key: string, exchange: ClientExchange, asked: Asked): Entry {
    const exchanges = new Set<ClientExchange>();
    const opening = this.#open(key, exchange, asked, exchanges);
    const entry: Entry = { key, opening, exchanges, session: undefined };
    opening.then(
      (opened) => {
        if (opened instanceof HttpSession) entry.session = opened;
      },
      () => undefined,
    );
    return entry;
  }

  /** A session that was opened before: whether it may go on is looked at anew each time. */
  async #goOn(session: HttpSession, claim: Claim): Promise<void> {
    if (session.over.aborted) throw session.over.reason;
    const { services } = this.#how;
    // The end of a token is in it: it is verified again, which a cache makes cheap.
    if (claim.kind === 'token') await services.verifyToken(claim.token);
    else if (services.clock.nowMs() >= session.principal.expiresAtMs) {
      throw new HttpError('ERR_HTTP_CREDENTIAL', 401, 'the session credential is over; mint a new one');
    }
  }

  async #open(
    key: string,
    { head }: ClientExchange,
    { claim, route }: Asked,
    exchanges: ReadonlySet<ClientExchange>,
  ): Promise<HttpSession | Verdict> {
    const { services, connection, tls, version, cut } = this.#how;
    const { destination } = route;
    const found = destination?.configured ?? services.findResource(route.resource);
    const who = await this.prove(claim, route.resource, found?.config.account ?? '');
    if (found === undefined) throw unknownResource();
    await this.#makeRoom(key);
    const agent = head.fields.valuesOf('user-agent')[0];
    const run = who.credential?.run;
    return HttpSession.open(
      {
        who,
        configured: found,
        sourceAddress: connection.remoteAddress,
        // Named by the client, and proved by nothing (P11).
        hints: {
          ...(agent === undefined ? {} : { user_agent: printable(agent) }),
          ...(run === undefined ? {} : { run }),
        },
        version,
        ...(destination === undefined ? {} : { destination }),
        tls: tls ?? 'none',
        cut: () => cut([...exchanges], this.#entries.size <= 1),
      },
      services,
    );
  }

  /** Proves a claim; a failure is counted, and on record. Rejects with a GatewayError. */
  async prove(claim: Claim, resource: string, account: string): Promise<Identified> {
    const { services, connection } = this.#how;
    const sourceAddress = connection.remoteAddress;
    services.failedAuthentications.admits(sourceAddress);
    try {
      const use = { protocol: 'http', resource, account, sourceAddress };
      const who = await identify(claim, use, LOGIN_ERRORS, services);
      connection.establish();
      return who;
    } catch (error) {
      this.#noteFailure(error, { resource });
      throw error;
    }
  }

  #noteFailure(error: unknown, claimed: { readonly resource: string }): void {
    const { services, connection } = this.#how;
    const known = error instanceof GatewayError ? error : undefined;
    const isTheirs = known?.source === 'downstream';
    if (!services.failedAuthentications.failed(connection.remoteAddress, isTheirs)) return;
    services.audit.enqueue({
      type: 'authentication.failed',
      protocol: 'http',
      sourceAddress: connection.remoteAddress,
      code: known?.code ?? 'ERR_INTERNAL',
      message: error instanceof Error ? error.message : String(error),
      claimed,
    });
  }

  /** @throws HttpError where all others are at work */
  async #makeRoom(key: string): Promise<void> {
    const { most } = this.#how;
    while (this.#entries.size > most) {
      const unused = [...this.#entries.values()].find(
        (entry) => entry.key !== key && entry.exchanges.size === 0,
      );
      if (unused === undefined) {
        const message = `more than ${most} sessions at work on one connection; use another connection`;
        throw new HttpError('ERR_HTTP_TOO_MANY_SESSIONS', 429, message);
      }
      await this.#close(unused, 'replaced');
    }
  }

  /** What could not be opened, or is over, is asked for anew by the next request. */
  async #tidy(entry: Entry): Promise<void> {
    if (entry.exchanges.size > 0) return;
    const { session } = entry;
    if (session === undefined || session.over.aborted) await this.#close(entry);
  }

  async #close(entry: Entry, reason?: string): Promise<void> {
    if (this.#entries.get(entry.key) === entry) this.#entries.delete(entry.key);
    await entry.session?.close(reason);
  }
}

function printable(text: string): string {
  return text.replace(/[^ -~]/g, '?').slice(0, 256);
}

const LOGIN_ERRORS = {
  credential: (message: string, publicMessage: string) =>
    new HttpError('ERR_HTTP_CREDENTIAL', 401, message, publicMessage),
  guessed: (message: string) => new HttpError('ERR_HTTP_CREDENTIAL_GUESSED', 429, message),
};
