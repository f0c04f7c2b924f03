/** The catalog of a session, kept true while it lives. */
import type { Permit } from '../../enforcement/permit.ts';
import { CatalogConnection } from './catalog-connection.ts';
import { dialUpstream } from './downstream/login.ts';
import { toKnownRelations } from './facts/relations.ts';
import { toKnownRoutines } from './facts/routines.ts';
import type { SessionState } from './facts/session-state.ts';
import type { SessionServices, SessionStart } from './session.ts';
import { CatalogCache } from './upstream/catalog/catalog-cache.ts';
import { LiveCatalog } from './upstream/catalog/live-catalog.ts';
import { catalogPlace, type UpstreamConnection } from './upstream.ts';

/** Makes the catalog of a session; what it learns later, it tells the state. */
export function liveCatalog(
  start: SessionStart,
  how: SessionServices,
  opened: {
    readonly permit: Permit;
    readonly upstream: UpstreamConnection;
    /** Aborted when the session is over. */
    readonly signal: AbortSignal;
  },
  state: () => SessionState | undefined,
): LiveCatalog {
  const { admitted } = start;
  const { clock, log } = how.services;
  const { upstream } = opened;
  let routines = upstream.routines;
  const beside = new CatalogConnection({
    resource: admitted.resource.config,
    account: admitted.subject.account,
    dial: () => dialBeside(start, opened),
    nowMs: () => clock.nowMs(),
    kept: how.keptConnections,
    signal: opened.signal,
  });
  return new LiveCatalog(upstream.known, {
    cache: how.catalogs,
    place: catalogPlace({
      resource: admitted.resource.config,
      account: admitted.subject.account,
      database: admitted.database,
    }),
    nowMs: () => clock.nowMs(),
    load: (isChanging) => beside.ask({ keep: isChanging }),
    onRenewed: (known) => {
      routines = known?.routines ?? routines;
      state()?.learn(
        toKnownRoutines(routines),
        known === undefined ? undefined : toKnownRelations(known.catalog),
      );
    },
    onFailed: (error) =>
      log.warn('the catalog could not be asked for', {
        session: admitted.subject.id,
        reason: error instanceof Error ? error.message : String(error),
      }),
  });
}

/**
 * A connection of the gateway's own, beside the session's, which may be in the middle of something. The permit is that of the
 * session's connection: nothing of the client reaches the server here.
 */
function dialBeside(
  { admitted, credential }: SessionStart,
  { permit, signal }: { readonly permit: Permit; readonly signal: AbortSignal },
): Promise<UpstreamConnection> {
  if (credential === undefined) throw new TypeError('a session without a credential has no catalog');
  // Kept nowhere: whoever asked keeps what comes.
  const catalogs = new CatalogCache(() => 0);
  return dialUpstream(permit, admitted, { credential, settings: new Map(), signal, catalogs });
}
