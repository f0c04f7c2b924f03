/** Notices on their way to one receiver. Whatever the receiver does, nobody waits for it, and no more is kept than the bound. */
import { randomBytes } from 'node:crypto';
import type { ApprovalEventType } from '../../model/approval.ts';
import type { Clock } from '../../model/clock.ts';
import type { Log } from '../../telemetry/log.ts';
import type { ApprovalEvent } from '../event-feed.ts';
import type { Attempt } from './deliver.ts';
import type { KeptNotices } from './kept-notices.ts';

/** Somebody who is told, by whatever way. */
export interface Receiver {
  /** What it is, for the log: `webhook`, `slack`, `mail`. */
  readonly kind: string;
  readonly name: string;
  /** Scheme, host and port: the rest of a URL may be secret. */
  readonly origin: string;
  readonly events: readonly ApprovalEventType[];
  /** The notice of an event; made when it happens. Undefined where there is nobody to tell. */
  compose(event: ApprovalEvent): Omit<Notice, 'id'> | undefined;
  /** One attempt. Never rejects. */
  deliver(notice: Notice, timeoutMs: number): Promise<Attempt>;
}

/** What an outbox works with. */
export interface OutboxServices {
  readonly clock: Clock;
  readonly log: Log;
  /** Where notices outlive the process. */
  readonly kept: (receiver: Pick<Receiver, 'kind' | 'name'>) => KeptNotices;
}

/** How often and how long. */
export interface OutboxTerms {
  /** Pauses between attempts, in milliseconds; one attempt more than there are pauses. */
  readonly pausesMs: readonly number[];
  readonly timeoutMs: number;
  readonly maxQueued: number;
  readonly maxInFlight: number;
}

/** Nine attempts over about eight minutes. */
export const OUTBOX_TERMS: OutboxTerms = {
  pausesMs: [1_000, 3_000, 10_000, 30_000, 60_000, 120_000, 120_000, 120_000],
  timeoutMs: 10_000,
  maxQueued: 1_000,
  maxInFlight: 4,
};

/** How a receiver does. */
export interface WebhookState {
  readonly name: string;
  /** Scheme, host and port: the rest of a URL may be secret. */
  readonly origin: string;
  readonly state: 'unused' | 'ok' | 'failing';
  readonly queued: number;
  readonly delivered: number;
  /** Notices that were given up after their last attempt. */
  readonly failed: number;
  /** Notices that were dropped because too many waited. */
  readonly dropped: number;
  readonly lastFailure?: { readonly atMs: number; readonly reason: string };
}

/** A notice on its way. */
export interface Notice {
  /** The same for each attempt. */
  readonly id: string;
  readonly event: string;
  readonly body: string;
  /** What it is about. */
  readonly request: string;
}

/** The notices of one receiver. */
export class Outbox {
  readonly #receiver: Receiver;
  readonly #services: OutboxServices;
  readonly #kept: KeptNotices;
  readonly #terms: OutboxTerms;
  readonly #queue: Notice[] = [];
  readonly #stop = new AbortController();
  #inFlight = 0;
  #counts = { delivered: 0, failed: 0, dropped: 0 };
  #state: WebhookState['state'] = 'unused';
  #lastFailure: { readonly atMs: number; readonly reason: string } | undefined;

  constructor(receiver: Receiver, services: OutboxServices, terms: OutboxTerms = OUTBOX_TERMS) {
    this.#receiver = receiver;
    this.#services = services;
    this.#kept = services.kept(receiver);
    this.#terms = terms;
  }

  /** Takes up what the process before did not deliver. @returns what these notices are about */
  resume(): ReadonlySet<string> {
    const left = this.#kept.all();
    const [gone, taken] = [left.slice(0, -this.#terms.maxQueued), left.slice(-this.#terms.maxQueued)];
    for (const { id } of gone) this.#forget(id);
    this.#queue.push(...taken);
    this.#pump();
    return new Set(taken.map(({ request }) => request));
  }

  /** Takes a notice, without waiting. */
  push(event: ApprovalEvent): void {
    if (this.#stop.signal.aborted || !this.#receiver.events.includes(event.type)) return;
    const notice = this.#receiver.compose(event);
    if (notice === undefined) return;
    if (this.#queue.length >= this.#terms.maxQueued) {
      const oldest = this.#queue.shift();
      if (oldest !== undefined) this.#forget(oldest.id);
      if (this.#counts.dropped === 0)
        this.#warn(`too many notices wait for the ${this.#receiver.kind}: the oldest are dropped`);
      this.#counts.dropped += 1;
    }
    const whole = { id: `dlv_${randomBytes(12).toString('hex')}`, ...notice };
    this.#keep(() => this.#kept.put(whole, this.#services.clock.nowMs()));
    this.#queue.push(whole);
    this.#pump();
  }

  status(): WebhookState {
    return {
      name: this.#receiver.name,
      origin: this.#receiver.origin,
      state: this.#state,
      queued: this.#queue.length + this.#inFlight,
      ...this.#counts,
      ...(this.#lastFailure === undefined ? {} : { lastFailure: this.#lastFailure }),
    };
  }

  /** Stops. What is not delivered is kept, for the next process. */
  close(): void {
    this.#stop.abort();
    this.#queue.length = 0;
  }

  #pump(): void {
    while (this.#inFlight < this.#terms.maxInFlight) {
      const notice = this.#queue.shift();
      if (notice === undefined) return;
      this.#inFlight += 1;
      void this.#carry(notice).finally(() => {
        this.#inFlight -= 1;
        this.#pump();
      });
    }
  }

  /** Never rejects. */
  async #carry(notice: Notice): Promise<void> {
    for (const pauseMs of [...this.#terms.pausesMs, undefined]) {
      const attempt = await this.#attempt(notice);
      if (this.#stop.signal.aborted) return;
      if (attempt.ok) {
        this.#forget(notice.id);
        this.#succeeded();
        return;
      }
      this.#failedOnce(attempt.reason);
      if (!attempt.retry || pauseMs === undefined) break;
      await pause(pauseMs, this.#stop.signal);
      if (this.#stop.signal.aborted) return;
    }
    this.#forget(notice.id);
    this.#counts.failed += 1;
    this.#warn(`a notice to the ${this.#receiver.kind} is given up`, { delivery: notice.id });
  }

  #forget(id: string): void {
    this.#keep(() => this.#kept.remove(id));
  }

  /** A disk that fails costs what the next process would have told, not what this one tells. */
  #keep(work: () => void): void {
    try {
      work();
    } catch (error) {
      if (this.#stop.signal.aborted) return;
      this.#warn('notices cannot be kept on disk', {
        reason: error instanceof Error ? error.message : String(error),
      });
    }
  }

  #attempt(notice: Notice): Promise<Attempt> {
    return this.#receiver.deliver(notice, this.#terms.timeoutMs);
  }

  #succeeded(): void {
    this.#counts.delivered += 1;
    if (this.#state === 'failing')
      this.#services.log.info(`the ${this.#receiver.kind} works again`, {
        [this.#receiver.kind]: this.#receiver.name,
      });
    this.#state = 'ok';
  }

  /** Told once, not at every attempt: a receiver that is down must not fill the log. */
  #failedOnce(reason: string): void {
    this.#lastFailure = { atMs: this.#services.clock.nowMs(), reason };
    if (this.#state !== 'failing')
      this.#warn(`the ${this.#receiver.kind} cannot be told; it is tried again for a while`, { reason });
    this.#state = 'failing';
  }

  #warn(message: string, fields: Readonly<Record<string, string>> = {}): void {
    this.#services.log.warn(message, { [this.#receiver.kind]: this.#receiver.name, ...fields });
  }
}

/** Keeps no process alive. */
async function pause(ms: number, signal: AbortSignal): Promise<void> {
  if (signal.aborted) return;
  const { promise, resolve } = Promise.withResolvers<void>();
  const timer = setTimeout(resolve, ms);
  timer.unref();
  const stop = (): void => resolve();
  signal.addEventListener('abort', stop, { once: true });
  await promise;
  signal.removeEventListener('abort', stop);
  clearTimeout(timer);
}
