/** The connection on which the gateway asks for the catalog of a session's database, kept for some seconds while the session changes it. */
import { findAccount } from '../../session/accounts.ts';
import type { PostgresResourceConfig } from './config.ts';
import { endUpstream } from './relay/end-upstream.ts';
import { checkAccount } from './upstream/account-check.ts';
import type { Knowledge } from './upstream/catalog/catalog-cache.ts';
import { CATALOG_LIMITS, loadCatalog } from './upstream/catalog/load-catalog.ts';
import {
  EXECUTE_ACCOUNT_QUERY,
  EXECUTE_CATALOG_QUERY,
  prepareQuestions,
} from './upstream/catalog/prepared-questions.ts';
import { withDeadline } from './upstream/deadline.ts';
import { UpstreamError } from './upstream/errors.ts';
import { MessageChannel } from './upstream/message-channel.ts';
import { pinnedSettings } from './upstream/startup-parameters.ts';
import type { UpstreamConnection } from './upstream.ts';

/** How long a connection waits for the next question: a DROP DATABASE waits 5 seconds for others to leave. */
const IDLE_MS = 2_000;
/** How old a connection gets: a login that was taken away, or another server behind the name, is noticed then. */
const AGE_MS = 10_000;
/** Connections that a gateway keeps at once (P10); beyond that each question has one of its own. */
const MOST_KEPT = 64;

/** How many connections are kept in the process. */
export class KeptConnections {
  taken = 0;
}

/** What a catalog connection needs. */
export interface CatalogConnectionOptions {
  readonly resource: PostgresResourceConfig;
  /** Name of one of the resource's accounts. */
  readonly account: string;
  /** Logs in anew, and asks for everything. */
  readonly dial: () => Promise<UpstreamConnection>;
  readonly nowMs: () => number;
  readonly kept: KeptConnections;
  /** Aborted when the session is over. */
  readonly signal: AbortSignal;
  /** How long a connection waits for the next question, in milliseconds. */
  readonly idleMs?: number;
}

interface Open {
  readonly upstream: UpstreamConnection;
  readonly openedMs: number;
  /** Whether it has the questions prepared. */
  isPrepared: boolean;
}

/**
 * Asks on a connection that was opened shortly before, if there is one, with the checks of a login; where that does not
 * answer, on a new one. Nothing that was answered before is used again.
 */
export class CatalogConnection {
  readonly #options: CatalogConnectionOptions;
  #idle: (Open & { readonly timer: NodeJS.Timeout }) | undefined;

  constructor(options: CatalogConnectionOptions) {
    this.#options = options;
    options.signal.addEventListener('abort', () => this.#close(this.#take()), { once: true });
  }

  /**
   * What the database is now. Rejects with an UpstreamError of the new connection.
   * @param how.keep whether the next question is likely to come soon: after a change of the structure, not for a renewal,
   *   so that a session that changes nothing holds one connection only
   */
  async ask({ keep }: { readonly keep: boolean }): Promise<Knowledge> {
    return (await this.#askKept(keep)) ?? (await this.#askAnew(keep));
  }

  async #askKept(keep: boolean): Promise<Knowledge | undefined> {
    const open = this.#take();
    if (open === undefined) return undefined;
    if (this.#options.nowMs() - open.openedMs >= AGE_MS) {
      this.#close(open);
      return undefined;
    }
    try {
      const known = await this.#askAgain(open);
      this.#keepOrClose(open, keep);
      return known;
    } catch {
      // Whatever it was, a new login finds out and tells.
      open.upstream.socket.destroy();
      return undefined;
    }
  }

  async #askAnew(keep: boolean): Promise<Knowledge> {
    const openedMs = this.#options.nowMs();
    const upstream = await this.#options.dial();
    const isClean = upstream.leftover.length === 0;
    this.#keepOrClose({ upstream, openedMs, isPrepared: false }, keep && isClean);
    if (upstream.known === undefined) throw new TypeError('a catalog was asked for and did not come');
    return { catalog: upstream.known.catalog, routines: upstream.routines };
  }

  /** What the login asks, once more. */
  #askAgain(open: Open): Promise<Knowledge> {
    const { resource, account: name, signal: outer } = this.#options;
    const account = findAccount(resource, name);
    if (account === undefined) throw new TypeError('a session has an account');
    const limit = { timeoutMs: resource.connectTimeoutMs, outer, what: 'asking for the catalog' };
    const { upstream } = open;
    return withDeadline(limit, async (signal) => {
      const destroy = (): void => {
        upstream.socket.destroy();
      };
      signal.addEventListener('abort', destroy, { once: true });
      const { parameters, cancelKey } = upstream;
      const state = { parameters, cancelKey, notices: [] };
      // The secret can be in errors only, and those are told to nobody.
      const how = { secret: undefined, status: 'I' } as const;
      const channel = new MessageChannel(upstream.socket);
      if (!open.isPrepared) await prepareQuestions(channel, state);
      open.isPrepared = true;
      const expected = { account, pinned: pinnedSettings(resource), text: EXECUTE_ACCOUNT_QUERY, ...how };
      const { routines } = await checkAccount(channel, state, expected);
      channel.allow(CATALOG_LIMITS);
      const catalog = await loadCatalog(channel, state, { text: EXECUTE_CATALOG_QUERY, ...how });
      signal.removeEventListener('abort', destroy);
      if (channel.detach().length > 0) {
        throw new UpstreamError('ERR_UPSTREAM_PROTOCOL', 'the server sent more than it was asked for');
      }
      return { catalog, routines };
    });
  }

  #keepOrClose(open: Open, keep: boolean): void {
    const { kept, signal, idleMs = IDLE_MS } = this.#options;
    if (!keep || signal.aborted || this.#idle !== undefined || kept.taken >= MOST_KEPT) {
      this.#close(open);
      return;
    }
    kept.taken += 1;
    const timer = setTimeout(() => this.#close(this.#take()), idleMs);
    this.#idle = { ...open, timer };
  }

  /** The connection that is kept, which then is nobody's. */
  #take(): Open | undefined {
    const idle = this.#idle;
    if (idle === undefined) return undefined;
    this.#idle = undefined;
    this.#options.kept.taken -= 1;
    clearTimeout(idle.timer);
    return idle;
  }

  #close(open: Open | undefined): void {
    if (open !== undefined) endUpstream(open.upstream.socket, false);
  }
}
