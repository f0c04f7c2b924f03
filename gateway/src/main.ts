/** The composition root: this file and the folder `main/` are all that wires implementations together. */
import { type ApiServer, apiUrl } from './api/server.ts';
import { openExports } from './audit-export/open-exports.ts';
import type { Plan } from './config/schema.ts';
import { readGroupChanges } from './identity/group-changes.ts';
import { openApi } from './main/open-api.ts';
import { type OpenListener, openListeners } from './main/open-listeners.ts';
import { type GatewayServices, openParts, type Parts } from './main/parts.ts';
import { VERSION } from './version.ts';

/** What is told when the gateway serves; printed as one JSON line. */
export interface ReadyInfo {
  readonly listeners: readonly { readonly protocol: string; readonly host: string; readonly port: number }[];
  /** URL of the HTTP API, if it is configured. */
  readonly api?: string;
  /** PEM file of the CA that clients should trust, when the gateway made its own. */
  readonly ca: string | undefined;
  readonly policy: { readonly hash: string; readonly commit?: string; readonly rules: number };
}

/** A gateway that serves. */
export interface RunningGateway {
  readonly ready: ReadyInfo;
  /**
   * Reads policy and certificates again. Of a new config the group mappings take effect, on live sessions too, and issuers that
   * it leaves out are trusted no more; everything else waits for a restart.
   */
  reload(next?: Plan): Promise<void>;
  /** Drains, closes and records the stop. Idempotent. */
  stop(reason: string): Promise<void>;
}

/**
 * Starts a gateway: parse, provision, validate, serve. Anything that is wrong at start is an error here, and nothing
 * keeps running then.
 */
export async function startGateway(plan: Plan, services: GatewayServices): Promise<RunningGateway> {
  await using undo = new AsyncDisposableStack();
  const parts = await openParts(plan, services, undo);
  const { audit, policy, verifier, tls, state } = parts;
  const listeners = await openListeners(parts, undo);
  const exports = await openExports(plan.audit.exports, { dataFolder: plan.dataDir, ...services });
  undo.defer(() => exports.close());
  const api = await openApi({ ...parts, exports }, listeners, undo);
  // Before the servers are drained: nobody is to wait for people while the gateway waits for them.
  undo.defer(() => state.approvals.close());
  await audit.append([{ type: 'gateway.started', version: VERSION, durability: plan.audit.durability }]);
  void verifier.warmUp();
  const ready = readyInfo(parts, listeners, api);
  const owned = undo.move();
  let stopping: Promise<void> | undefined;
  return {
    ready,
    async reload(next) {
      await Promise.all([policy.reload(), tls.reload()]);
      if (next === undefined) return;
      reloadGroups(next, parts);
      api?.regroup();
    },
    stop(reason) {
      stopping ??= (async () => {
        audit.enqueue({ type: 'gateway.stopped', reason });
        await owned.disposeAsync();
      })();
      return stopping;
    },
  };
}

/** New group mappings act on whoever is here already; with the policy of this moment (P12). */
function reloadGroups(next: Plan, { plan, verifier, sessions, log }: Parts): void {
  const { trusted, waiting } = readGroupChanges(plan.identity.issuers, next.identity.issuers);
  for (const issuer of waiting) {
    log.warn('an issuer is new, or changed in more than its groups: restart for that', { issuer });
  }
  verifier.groups.replace(trusted);
  for (const session of sessions.list()) session.regroup();
}

function readyInfo(
  { tls, policy }: Parts,
  listeners: readonly OpenListener[],
  api: ApiServer | undefined,
): ReadyInfo {
  return {
    ...(api === undefined ? {} : { api: apiUrl(api) }),
    listeners: listeners.map(({ protocol, listener }) => {
      const { address, port } = listener.address();
      return { protocol, host: address, port };
    }),
    ca: tls.caFile,
    policy: { ...policy.current.version, rules: policy.current.ruleCount },
  };
}
