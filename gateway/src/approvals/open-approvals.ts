/** Puts approvals together: what the gate asks, what people answer, who is told. */
import type { Approvals } from '../model/approval.ts';
import type { AuditLog } from '../model/audit-event.ts';
import type { Store } from '../store/open-store.ts';
import type { Log } from '../telemetry/log.ts';
import { ApprovalDesk } from './approval-desk.ts';
import { ApprovalsInbox } from './approvals-inbox.ts';
import type { ApprovalsPlan } from './config.ts';
import type { ApprovalClocks } from './deadlines.ts';
import { EventFeed } from './event-feed.ts';
import { Ledger } from './ledger.ts';
import { createApprovalRepository } from './repository.ts';
import { Waiters } from './waiters.ts';
import { openWebhooks } from './webhooks/open-webhooks.ts';
import type { OutboxTerms, WebhookState } from './webhooks/outbox.ts';

/** What approvals work with. */
export interface ApprovalServices {
  readonly store: Store;
  readonly audit: AuditLog;
  readonly clocks: ApprovalClocks;
  readonly log: Log;
  readonly outboxTerms?: OutboxTerms;
}

/** Approvals while the gateway serves. */
export interface OpenApprovals {
  /** For the gate. */
  readonly desk: Approvals;
  /** For people, by the API. */
  readonly inbox: ApprovalsInbox;
  readonly feed: EventFeed;
  webhooks(): readonly WebhookState[];
  /** How many askers wait for an answer. */
  waiting(): number;
  /** Ends and notes what is due; happens every few seconds by itself. */
  sweep(): Promise<void>;
  /** Nobody waits any more, nobody is told any more. */
  close(): void;
}

const SWEEP_MS = 5_000;
const PRUNE_EVERY = 120;
const KEEP_ENDED_MS = 30 * 86_400_000;
const KEEP_ENDED = 100_000;
const WAITERS = { total: 2_000, perDigest: 32 };

/** Takes up what is on file and begins. @throws ApprovalError, CredentialError */
export async function openApprovals(plan: ApprovalsPlan, services: ApprovalServices): Promise<OpenApprovals> {
  const { store, audit, clocks, log } = services;
  const repository = createApprovalRepository(store);
  const feed = new EventFeed();
  const waiters = new Waiters(WAITERS);
  const limits = { total: plan.maxOpen, perPrincipal: plan.maxOpenPerPrincipal };
  const ledger = new Ledger({ repository, audit, clocks, feed, waiters, limits });
  await ledger.restore();
  const webhooks = await openWebhooks(plan.webhooks, { feed, clock: clocks.wall, log }, services.outboxTerms);
  const desk = new ApprovalDesk({ ledger, waiters, steady: clocks.steady, waitMs: plan.waitMs });
  let sweeps = 0;
  let isClosed = false;
  const sweep = async (): Promise<void> => {
    await ledger.sweep();
    if (sweeps % PRUNE_EVERY === 0) await repository.prune(clocks.wall.nowMs() - KEEP_ENDED_MS, KEEP_ENDED);
    sweeps += 1;
  };
  const timer = setInterval(() => {
    sweep().catch((error: unknown) => {
      // The store may be closed under a sweep that was under way at the stop.
      if (isClosed) return;
      log.error('approvals cannot be swept', {
        reason: error instanceof Error ? error.message : String(error),
      });
    });
  }, SWEEP_MS);
  timer.unref();
  return {
    desk,
    inbox: new ApprovalsInbox({
      ledger,
      repository,
      grantMs: plan.grantMs,
      clientsOfPeople: plan.clientsOfPeople,
    }),
    feed,
    webhooks: () => webhooks.status(),
    waiting: () => waiters.count,
    sweep,
    close() {
      isClosed = true;
      clearInterval(timer);
      desk.close();
      webhooks.close();
    },
  };
}
