/** Where the gate asks for approvals and is given grants. */
import type {
  ApprovalAsk,
  ApprovalGrounds,
  ApprovalOutcome,
  Approvals,
  ApprovalWait,
  Grant,
} from '../model/approval.ts';
import type { Clock } from '../model/clock.ts';
import { approvalsIn, bindingDigest, groundsDigest } from './digest.ts';
import { ApprovalError } from './errors.ts';
import type { Ledger } from './ledger.ts';
import { newRequest } from './new-request.ts';
import { requestedRecord } from './records.ts';
import { type ApprovalRequest, isLive } from './request.ts';
import type { Waiters } from './waiters.ts';

/** What the desk works with. */
export interface DeskServices {
  readonly ledger: Ledger;
  readonly waiters: Waiters;
  /** Goes forward only. */
  readonly steady: Clock;
  /** How long an asker waits where neither caller nor obligation says, in milliseconds. */
  readonly waitMs: number;
}

/** Asks, waits and hands out grants; holds nothing of a client but the promise it awaits. */
export class ApprovalDesk implements Approvals {
  readonly #services: DeskServices;
  #isClosed = false;

  constructor(services: DeskServices) {
    this.#services = services;
  }

  /** See {@link Approvals.ask}. @throws ApprovalError */
  async ask(ask: ApprovalAsk, { waitMs, signal }: ApprovalWait = {}): Promise<ApprovalOutcome> {
    const { waiters, steady } = this.#services;
    const digest = bindingDigest(ask.binding);
    const isGone = (): boolean => this.#isClosed || signal?.aborted === true;
    using waiter = waiters.enter(digest);
    waiter?.look();
    let outcome = await this.#look({ ask, digest, isGone });
    if (waiter === undefined || outcome.state !== 'pending') return outcome;
    const endMs = steady.nowMs() + this.#waitFor(ask, waitMs);
    for (;;) {
      if (outcome.state !== 'pending' || isGone()) return outcome;
      const leftMs = endMs - steady.nowMs();
      if (leftMs <= 0) return outcome;
      await waiter.changed(Math.min(leftMs, outcome.remainingMs), signal);
      if (isGone()) return outcome;
      waiter.look();
      outcome = await this.#look({ ask, digest, isGone, attached: outcome.id });
    }
  }

  /** From now on nobody waits: all that do are told that it is pending. */
  close(): void {
    this.#isClosed = true;
    this.#services.waiters.wakeAll();
  }

  #waitFor(ask: ApprovalAsk, waitMs: number | undefined): number {
    if (waitMs !== undefined) return waitMs;
    const said = approvalsIn(ask.grounds()?.obligations ?? []).flatMap((one) => one.waitMs ?? []);
    return said.length === 0 ? this.#services.waitMs : Math.min(...said);
  }

  #look(look: Look): Promise<ApprovalOutcome> {
    if (this.#isClosed)
      return Promise.reject(new ApprovalError('ERR_APPROVALS_STOPPED', 'the gateway stops'));
    return this.#services.ledger.step(look.digest, async () => {
      const { ledger } = this.#services;
      const current = await ledger.current(look.digest);
      // Asked for only now: whatever the policy said before the lock was free counts no more.
      const grounds = look.ask.grounds();
      if (current !== undefined && isLive(current) && !isStillSo(current, grounds)) {
        const reason =
          grounds === undefined ? 'it is no longer permitted' : 'the decision is another one now';
        const voided = await ledger.close(current, 'voided', { reason });
        if (look.attached !== undefined) return ended(voided);
      }
      if (grounds === undefined) return { state: 'voided', reason: 'it is no longer permitted' };
      if (approvalsIn(grounds.obligations).length === 0) {
        if (look.attached !== undefined) return { state: 'voided', reason: 'it needs no approval any more' };
        throw new TypeError('nothing in these grounds asks for approval');
      }
      return this.#answer(look, grounds, current);
    });
  }

  async #answer(
    look: Look,
    grounds: ApprovalGrounds,
    current: ApprovalRequest | undefined,
  ): Promise<ApprovalOutcome> {
    const { ledger } = this.#services;
    if (current !== undefined && isLive(current) && isStillSo(current, grounds)) {
      if (current.status === 'open' || look.isGone()) return pending(current, ledger.remainingMs(current));
      return { state: 'granted', grant: grantOf(await ledger.consume(current, look.ask)) };
    }
    if (current?.status === 'denied') {
      const remainingMs = ledger.remainingMs(current);
      if (remainingMs > 0 || current.id === look.attached) return denied(current, remainingMs);
    }
    const wasOurs = current !== undefined && current.id === look.attached;
    if (wasOurs && (current.status === 'expired' || current.status === 'voided')) return ended(current);
    // Nothing yet, or it is over, or somebody else was quicker to use the grant.
    ledger.mayAdd(look.ask.binding);
    const rows = await look.ask.preview?.();
    const request = newRequest(look.ask, look.digest, grounds, ledger.nowMs(), rows);
    await ledger.add(request, [requestedRecord(request)], ['requested']);
    return pending(request, request.windowMs);
  }
}

interface Look {
  readonly ask: ApprovalAsk;
  readonly digest: string;
  /** The client has gone: whatever was granted stays for its next try. */
  readonly isGone: () => boolean;
  /** The request that the asker waits for already. */
  readonly attached?: string;
}

function isStillSo(request: ApprovalRequest, grounds: ApprovalGrounds | undefined): boolean {
  return grounds !== undefined && request.grounds === groundsDigest(grounds);
}

function pending({ id }: ApprovalRequest, remainingMs: number): ApprovalOutcome {
  return { state: 'pending', id, remainingMs };
}

function denied({ id, answers }: ApprovalRequest, remainingMs: number): ApprovalOutcome {
  const comment = answers.findLast(({ verdict }) => verdict === 'deny')?.comment;
  return { state: 'denied', id, remainingMs, ...(comment === undefined ? {} : { comment }) };
}

function ended({ id, status, reason }: ApprovalRequest): ApprovalOutcome {
  if (status === 'expired') return { state: 'expired', id };
  return { state: 'voided', id, reason: reason ?? 'it was cancelled' };
}

function grantOf({ id, digest, grant, quorums, policy, answers }: ApprovalRequest): Grant {
  return {
    id: grant ?? '',
    request: id,
    digest,
    rules: quorums.map(({ rule }) => rule),
    policy,
    approvers: answers.filter(({ verdict }) => verdict === 'approve').map(({ by }) => by.subject),
  };
}
