/** What happens to requests, for whoever follows: streams of the API and webhooks. Bounded: a reader that is late has to begin again. */
import { randomBytes } from 'node:crypto';
import type { ApprovalEventType } from '../model/approval.ts';
import type { ApprovalRequest } from './request.ts';

/** One step of one request, as it was right after it. */
export interface ApprovalEvent {
  /** `<start of the gateway>-<n>`: ascending while a gateway runs, never used again after it. */
  readonly id: string;
  readonly type: ApprovalEventType;
  readonly atMs: number;
  readonly request: ApprovalRequest;
}

/** Follows events; must not throw and not wait. */
export type ApprovalListener = (event: ApprovalEvent) => void;

/** How many events a reader may be behind. */
const KEPT_EVENTS = 256;

/** Events of this process, the last ones kept. */
export class EventFeed {
  readonly #start = randomBytes(6).toString('hex');
  readonly #listeners = new Set<ApprovalListener>();
  readonly #kept: ApprovalEvent[] = [];
  #count = 0;

  /** Tells everybody. */
  publish(type: ApprovalEventType, request: ApprovalRequest, atMs: number): void {
    this.#count += 1;
    const event = { id: `${this.#start}-${this.#count}`, type, atMs, request };
    this.#kept.push(event);
    if (this.#kept.length > KEPT_EVENTS) this.#kept.shift();
    for (const listener of this.#listeners) listener(event);
  }

  /** Follows from now on; the result ends it. */
  subscribe(listener: ApprovalListener): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  /** What came after an event; `undefined` when that is no longer known, or was of another start. */
  since(id: string): readonly ApprovalEvent[] | undefined {
    const [start, count] = id.split('-');
    const after = Number(count);
    if (start !== this.#start || !Number.isInteger(after) || after < 0 || after > this.#count)
      return undefined;
    const missed = this.#count - after;
    if (missed > this.#kept.length) return undefined;
    return missed === 0 ? [] : this.#kept.slice(-missed);
  }

  /** Id of the last event, or of the place before the first. */
  get lastId(): string {
    return `${this.#start}-${this.#count}`;
  }
}
