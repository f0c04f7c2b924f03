/** The catalog of a session, kept true while it lives. */
import type { Permit } from '../../enforcement/permit.ts';
import { type Admitted, dialUpstream } from './downstream/login.ts';
import { toKnownRelations } from './facts/relations.ts';
import { toKnownRoutines } from './facts/routines.ts';
import type { SessionState } from './facts/session-state.ts';
import { endUpstream } from './relay/end-upstream.ts';
import type { SessionServices, SessionStart } from './session.ts';
import { CatalogCache, type Knowledge } from './upstream/catalog/catalog-cache.ts';
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
  return new LiveCatalog(upstream.known, {
    cache: how.catalogs,
    place: catalogPlace({
      resource: admitted.resource.config,
      account: admitted.subject.account,
      database: admitted.database,
    }),
    nowMs: () => clock.nowMs(),
    load: () => askCatalog(start, admitted, opened),
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
 * Asks on a connection of the gateway's own, beside the session's, which may be in the middle of something. The permit is
 * that of the session's connection: nothing of the client reaches the server here.
 */
async function askCatalog(
  { credential }: SessionStart,
  admitted: Admitted,
  { permit, signal }: { readonly permit: Permit; readonly signal: AbortSignal },
): Promise<Knowledge> {
  if (credential === undefined) throw new TypeError('a session without a credential has no catalog');
  // Kept nowhere: whoever asked keeps what comes.
  const catalogs = new CatalogCache(() => 0);
  const settings = new Map<string, string>();
  const upstream = await dialUpstream(permit, admitted, { credential, settings, signal, catalogs });
  endUpstream(upstream.socket, false);
  if (upstream.known === undefined) throw new TypeError('a catalog was asked for and did not come');
  return { catalog: upstream.known.catalog, routines: upstream.routines };
}
