/** What the gateway keeps from one start to the next, in one store: approvals, quarantines, session credentials. */
import { join } from 'node:path';
import type { ApprovalsPlan } from '../approvals/config.ts';
import { type ApprovalServices, type OpenApprovals, openApprovals } from '../approvals/open-approvals.ts';
import { approvalSchema } from '../approvals/repository.ts';
import {
  openSessionCredentials,
  type SessionCredentialServices,
  type SessionCredentials,
} from '../credentials/session/session-credentials.ts';
import { credentialSchema, sqliteCredentials } from '../credentials/session/sqlite-credentials.ts';
import type { AuditLog } from '../model/audit-event.ts';
import type { Clock } from '../model/clock.ts';
import { type OpenRunGuard, openRunGuard } from '../quarantine/open-run-guard.ts';
import { createQuarantineRepository, quarantineSchema } from '../quarantine/repository.ts';
import { openStore } from '../store/open-store.ts';
import type { Log } from '../telemetry/log.ts';

/** The state while the gateway serves. */
export interface GatewayState extends Disposable {
  readonly approvals: OpenApprovals;
  readonly guard: OpenRunGuard;
  readonly credentials: SessionCredentials;
}

/** What the state works with. */
export interface StateServices {
  readonly audit: AuditLog;
  readonly clock: Clock;
  /** Goes forward only. */
  readonly steady: Clock;
  readonly log: Log;
  /** Base URL of the console, where there is one. */
  readonly console: string | undefined;
  readonly principals: SessionCredentialServices['principals'];
  /** What may be opened for a time, as of now. */
  readonly policy: NonNullable<ApprovalServices['policy']>;
  /** Live sessions, which end with what was opened to them. */
  readonly sessions: NonNullable<ApprovalServices['sessions']>;
}

/** Opens the store and takes up what is in it. @throws StoreError, ApprovalError, CredentialError */
export async function openState(
  plan: { readonly dataDir: string; readonly approvals: ApprovalsPlan },
  { audit, clock, steady, log, console, principals, policy, sessions }: StateServices,
): Promise<GatewayState> {
  using undo = new DisposableStack();
  const store = openStore(join(plan.dataDir, 'state', 'state.sqlite'), [
    credentialSchema,
    approvalSchema,
    quarantineSchema,
  ]);
  undo.defer(() => store.close());
  const approvals = await openApprovals(plan.approvals, {
    store,
    audit,
    clocks: { wall: clock, steady },
    log,
    console,
    policy,
    sessions,
  });
  undo.defer(() => approvals.close());
  const guard = await openRunGuard({
    repository: createQuarantineRepository(store),
    audit,
    wall: clock,
    steady,
    log,
  });
  const credentials = await openSessionCredentials({
    repository: sqliteCredentials(store),
    clock,
    principals,
  });
  const owned = undo.move();
  return { approvals, guard, credentials, [Symbol.dispose]: () => owned.dispose() };
}
