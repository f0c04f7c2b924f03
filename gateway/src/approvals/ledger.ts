/**
 * The steps of requests, one at a time for each digest. In each step the audit comes first: what happens is on the
 * device before it counts (P4). Only the use of a grant is taken from the store first and then recorded, so that no crash
 * in between leaves a grant that was recorded as used and can be used again; nothing is forwarded before both.
 */
import type { ApprovalEventType } from '../model/approval.ts';
import type { AuditEvent, AuditLog } from '../model/audit-event.ts';
import { type ApprovalClocks, Deadlines } from './deadlines.ts';
import { ApprovalError } from './errors.ts';
import type { EventFeed } from './event-feed.ts';
import { KeyedLock } from './keyed-lock.ts';
import { type OpenLimits, OpenRequests } from './open-requests.ts';
import { closedRecord } from './records.ts';
import type { ApprovalRepository } from './repository.ts';
import { type ApprovalRequest, isLive, type Requester } from './request.ts';
import { closed } from './transitions.ts';
import type { Waiters } from './waiters.ts';

/** What a ledger works with. */
export interface LedgerServices {
  readonly repository: ApprovalRepository;
  readonly audit: AuditLog;
  readonly clocks: ApprovalClocks;
  readonly feed: EventFeed;
  readonly waiters: Waiters;
  readonly limits: OpenLimits;
}

/** Requests, on disk and in mind. */
export class Ledger {
  readonly #services: LedgerServices;
  readonly #deadlines: Deadlines;
  readonly #lock = new KeyedLock();
  readonly #open: OpenRequests;

  constructor(services: LedgerServices) {
    this.#services = services;
    this.#deadlines = new Deadlines(services.clocks);
    this.#open = new OpenRequests(services.limits);
  }

  /** Takes up what was live when the gateway stopped. */
  async restore(): Promise<readonly ApprovalRequest[]> {
    const live = await this.#services.repository.live();
    for (const request of live) this.#mind(request);
    return live;
  }

  /** Runs one step on what has this digest; no other step on it runs meanwhile. */
  step<Result>(digest: string, work: () => Promise<Result>): Promise<Result> {
    return this.#lock.run(digest, work);
  }

  nowMs(): number {
    return this.#services.clocks.wall.nowMs();
  }

  /** What is left of a request's window, or of its grant's life, in milliseconds. */
  remainingMs(request: ApprovalRequest): number {
    return this.#deadlines.remainingMs(request);
  }

  /** The last request of a digest as it is at this moment: one whose time is over is ended first. Within a step. */
  async current(digest: string): Promise<ApprovalRequest | undefined> {
    const found = await this.#guarded(() => this.#services.repository.latest(digest));
    if (found === undefined) return undefined;
    if (isLive(found) || found.status === 'denied') this.#mind(found);
    if (!isLive(found) || this.remainingMs(found) > 0) return found;
    return this.close(found, 'expired');
  }

  find(id: string): Promise<ApprovalRequest | undefined> {
    return this.#guarded(() => this.#services.repository.find(id));
  }

  /** Whether there is room for one more of them. @throws ApprovalError */
  mayAdd(requester: Requester): void {
    this.#open.reserve(requester);
  }

  /** Puts a new request on file. Within a step. @throws ApprovalError */
  async add(
    request: ApprovalRequest,
    events: readonly AuditEvent[],
    told: readonly ApprovalEventType[],
  ): Promise<void> {
    this.#open.reserve(request.requester);
    this.#mind(request);
    try {
      await this.#record(events);
      await this.#guarded(() => this.#services.repository.insert(request));
    } catch (error) {
      this.#forget(request.id);
      throw error;
    }
    for (const type of told) this.#tell(type, request);
  }

  /** Puts the next version of a request on file, `events` before it. Within a step. @throws ApprovalError */
  async advance(
    next: ApprovalRequest,
    events: readonly AuditEvent[],
    told: readonly ApprovalEventType[],
  ): Promise<void> {
    await this.#record(events);
    await this.#replace(next);
    // What is over is reviewed afterwards, and stays over.
    if (isLive(next) || next.status === 'denied') this.#mind(next);
    for (const type of told) this.#tell(type, next);
  }

  /** Ends a live request. Within a step. @throws ApprovalError */
  async close(
    request: ApprovalRequest,
    status: 'expired' | 'voided',
    why: { readonly reason: string; readonly by?: { readonly issuer: string; readonly subject: string } } = {
      reason: 'its time is over',
    },
  ): Promise<ApprovalRequest> {
    const next = closed(request, status, this.nowMs(), why.reason);
    if (next === undefined) return request;
    await this.#record([closedRecord(request, status, why)]);
    await this.#replace(next);
    // Whoever cancels and asks again and again does not get more of people's attention than others.
    if (status === 'voided') this.#open.put(next);
    else this.#forget(next.id);
    this.#tell(status, next);
    return next;
  }

  /** Uses up the grant of a request, for one asker. Within a step. @throws ApprovalError; the grant may be used up then */
  async consume(
    request: ApprovalRequest,
    asker: { readonly session: string; readonly decision: string },
  ): Promise<ApprovalRequest> {
    const next = closed(request, 'consumed', this.nowMs());
    if (next?.grant === undefined) throw alreadyChanged();
    await this.#replace(next);
    this.#forget(next.id);
    const { id: approval, digest, grant } = next;
    const { session, decision } = asker;
    try {
      await this.#record([{ type: 'approval.consumed', approval, digest, grant, session, decision }]);
    } finally {
      this.#tell('consumed', next);
    }
    return next;
  }

  /** Ends what is over, and notes what is left of the rest. To be called every few seconds. */
  async sweep(): Promise<void> {
    const left = new Map<string, number>();
    for (const request of this.#open.list()) {
      const remaining = this.remainingMs(request);
      if (remaining > 0) {
        if (request.status !== 'voided') left.set(request.id, remaining);
      } else if (isLive(request)) await this.step(request.digest, () => this.current(request.digest));
      else this.#forget(request.id);
    }
    if (left.size > 0) await this.#guarded(() => this.#services.repository.saveRemaining(left));
  }

  #mind(request: ApprovalRequest): void {
    if (request.status === 'denied' && this.#deadlines.remainingMs(request) === 0) {
      this.#forget(request.id);
      return;
    }
    this.#deadlines.watch(request);
    this.#open.put(request);
  }

  #forget(id: string): void {
    this.#deadlines.forget(id);
    this.#open.remove(id);
  }

  #tell(type: ApprovalEventType, request: ApprovalRequest): void {
    this.#services.feed.publish(type, request, this.nowMs());
    // A new request is news to people only: who asks for it has it.
    if (type !== 'requested') this.#services.waiters.wake(request.digest);
  }

  async #record(events: readonly AuditEvent[]): Promise<void> {
    try {
      await this.#services.audit.append(events, 'synced');
    } catch (cause) {
      throw unrecorded('the audit cannot be written', cause);
    }
  }

  async #replace(next: ApprovalRequest): Promise<void> {
    if (!(await this.#guarded(() => this.#services.repository.replace(next)))) throw alreadyChanged();
  }

  async #guarded<Result>(work: () => Promise<Result>): Promise<Result> {
    try {
      return await work();
    } catch (cause) {
      throw unrecorded('the state store cannot be used', cause);
    }
  }
}

function unrecorded(what: string, cause: unknown): ApprovalError {
  return new ApprovalError(
    'ERR_APPROVALS_UNRECORDED',
    `${what}, so nothing is asked, answered or granted; try again later`,
    cause,
  );
}

function alreadyChanged(): ApprovalError {
  return new ApprovalError('ERR_APPROVALS_CLOSED', 'the request has changed meanwhile; look at it again');
}
