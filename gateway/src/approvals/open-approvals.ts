/** Puts approvals together: what the gate asks, what people answer, who is told. */
import type { AccessPolicy, AccessWindows } from '../model/access-window.ts';
import type { Approvals } from '../model/approval.ts';
import type { AuditLog } from '../model/audit-event.ts';
import type { Clock } from '../model/clock.ts';
import type { LiveSession } from '../model/live-session.ts';
import type { Store } from '../store/open-store.ts';
import type { Log } from '../telemetry/log.ts';
import { AccessDesk } from './access/access-desk.ts';
import { OpenWindows } from './access/open-windows.ts';
import { withOverdue } from './access/review.ts';
import { ApprovalDesk } from './approval-desk.ts';
import { ApprovalsInbox } from './approvals-inbox.ts';
import type { ApprovalsPlan } from './config.ts';
import type { ApprovalClocks } from './deadlines.ts';
import { type ApprovalEvent, EventFeed } from './event-feed.ts';
import { Ledger } from './ledger.ts';
import { openMail } from './mail/open-mail.ts';
import { type ApprovalRepository, createApprovalRepository } from './repository.ts';
import type { ApprovalRequest } from './request.ts';
import { type OpenSlack, openSlack } from './slack/open-slack.ts';
import { Waiters } from './waiters.ts';
import { openKeptNotices } from './webhooks/kept-notices.ts';
import { openWebhooks } from './webhooks/open-webhooks.ts';
import type { OutboxTerms, WebhookState } from './webhooks/outbox.ts';

/** What approvals work with. */
export interface ApprovalServices {
  readonly store: Store;
  readonly audit: AuditLog;
  readonly clocks: ApprovalClocks;
  readonly log: Log;
  readonly outboxTerms?: OutboxTerms;
  /** Base URL of the console, for whoever is told by mail; absent where there is none. */
  readonly console?: string | undefined;
  /** What may be opened for a time, as of now; absent while there is none. */
  readonly policy?: (() => AccessPolicy) | undefined;
  /** Live sessions, which end with the window that they used. */
  readonly sessions?: { list(): readonly LiveSession[] } | undefined;
}

/** Approvals while the gateway serves. */
export interface OpenApprovals {
  /** For the gate. */
  readonly desk: Approvals;
  /** For the gate: what people opened for a time. */
  readonly windows: AccessWindows & { readonly users: number };
  /** For whoever asks for access for a time. */
  readonly access: AccessDesk;
  /** For people, by the API. */
  readonly inbox: ApprovalsInbox;
  readonly feed: EventFeed;
  webhooks(): readonly WebhookState[];
  /** Absent where it is not configured. */
  readonly slack: OpenSlack | undefined;
  /** How many askers wait for an answer. */
  waiting(): number;
  /** Ends and notes what is due; happens every few seconds by itself. */
  sweep(): Promise<void>;
  /** Nobody waits any more, nobody is told any more. */
  close(): void;
}

const SWEEP_MS = 5_000;
const WINDOW_SWEEP_MS = 500;
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
  const windows = new OpenWindows({
    ledger,
    feed,
    clocks,
    policy: services.policy,
    sessions: services.sessions,
  });
  const restored = await ledger.restore();
  for (const request of restored) windows.take(request);
  const channels = await openChannels(plan, { ...services, feed }, restored);
  const desk = new ApprovalDesk({ ledger, waiters, steady: clocks.steady, waitMs: plan.waitMs });
  const sweep = sweeper({ repository, ledger, wall: clocks.wall });
  const stop = everySoOften(log, [
    [sweep, SWEEP_MS],
    [() => windows.sweep(), WINDOW_SWEEP_MS],
  ]);
  return {
    desk,
    windows,
    access: new AccessDesk(ledger),
    inbox: new ApprovalsInbox({
      ledger,
      repository,
      grantMs: plan.grantMs,
      clientsOfPeople: plan.clientsOfPeople,
      policy: services.policy,
    }),
    feed,
    webhooks: () => channels.status(),
    slack: channels.slack,
    waiting: () => waiters.count,
    async sweep() {
      await windows.sweep();
      await sweep();
    },
    close() {
      stop();
      windows.close();
      desk.close();
      channels.close();
    },
  };
}

/** Everybody who is told. */
interface Channels {
  readonly slack: OpenSlack | undefined;
  status(): readonly WebhookState[];
  close(): void;
}

async function openChannels(
  plan: ApprovalsPlan,
  services: ApprovalServices & { readonly feed: EventFeed },
  restored: readonly ApprovalRequest[],
): Promise<Channels> {
  const { store, feed, log, outboxTerms: terms } = services;
  const clock = services.clocks.wall;
  const outbox = { feed, clock, log, kept: openKeptNotices(store, clock.nowMs()) };
  const webhooks = await openWebhooks(plan.webhooks, outbox, terms);
  const waiting = stillWaiting(restored, feed.lastId, clock.nowMs());
  const channel = { ...outbox, waiting, console: services.console };
  const slack = plan.slack === undefined ? undefined : await openSlack(plan.slack, channel, terms);
  const mail = plan.mail === undefined ? undefined : await openMail(plan.mail, channel, terms);
  const single = [slack, mail].flatMap((one) => (one === undefined ? [] : [one]));
  return {
    slack,
    status: () => [...webhooks.status(), ...single.map((one) => one.status())],
    close() {
      for (const one of [webhooks, ...single]) one.close();
    },
  };
}

/** What waited already when the gateway started, as if it were asked now. */
function stillWaiting(restored: readonly ApprovalRequest[], id: string, atMs: number): ApprovalEvent[] {
  return restored
    .filter(({ status }) => status === 'open')
    .map((request) => ({ id, type: 'requested', atMs, request }));
}

function sweeper({
  repository,
  ledger,
  wall,
}: {
  readonly repository: ApprovalRepository;
  readonly ledger: Ledger;
  readonly wall: Clock;
}): () => Promise<void> {
  let sweeps = 0;
  return async () => {
    await ledger.sweep();
    await noteOverdue(repository, ledger);
    if (sweeps % PRUNE_EVERY === 0) await repository.prune(wall.nowMs() - KEEP_ENDED_MS, KEEP_ENDED);
    sweeps += 1;
  };
}

/** Runs each of these again and again, until the result is called. */
function everySoOften(
  log: Log,
  works: readonly (readonly [work: () => Promise<void>, everyMs: number])[],
): () => void {
  let isStopped = false;
  const failed = (error: unknown): void => {
    // The store may be closed under a sweep that was under way at the stop.
    if (isStopped) return;
    const reason = error instanceof Error ? error.message : String(error);
    log.error('approvals cannot be swept', { reason });
  };
  const timers = works.map(([work, everyMs]) =>
    setInterval(() => void work().catch(failed), everyMs).unref(),
  );
  return () => {
    isStopped = true;
    for (const timer of timers) clearInterval(timer);
  };
}

/** Tells of reviews that nobody made in time, once each. */
async function noteOverdue(repository: ApprovalRepository, ledger: Ledger): Promise<void> {
  for (const seen of await repository.unreviewed()) {
    if (withOverdue(seen, ledger.nowMs()) === undefined) continue;
    await ledger.step(seen.digest, async () => {
      const current = await ledger.find(seen.id);
      const overdue = current === undefined ? undefined : withOverdue(current, ledger.nowMs());
      if (overdue !== undefined) await ledger.advance(overdue.next, [overdue.record], ['overdue']);
    });
  }
}
