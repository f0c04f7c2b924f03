import type { AuditEvent } from '../model/audit-event.ts';

/** An enqueued event on its way to the file. */
export interface EnqueuedEvent {
  readonly event: AuditEvent;
  /** Its serialised form. */
  readonly text: string;
  /** When it was handed over. */
  readonly atMs: number;
}

/** Held events in order, and how many did not fit. */
export interface HeldSnapshot {
  readonly events: readonly EnqueuedEvent[];
  readonly lost: number;
}

/** Enqueued events that are kept in bounded memory while the log cannot be written. */
export class HeldEvents {
  readonly #limit: number;
  #events: EnqueuedEvent[] = [];
  #characters = 0;
  #lost = 0;

  constructor(limit: number) {
    this.#limit = limit;
  }

  /** Keeps the event, or counts it as lost when there is no room. */
  hold(event: EnqueuedEvent): void {
    if (this.#characters + event.text.length > this.#limit) {
      this.#lost += 1;
      return;
    }
    this.#characters += event.text.length;
    this.#events.push(event);
  }

  /** Counts events that were lost elsewhere. */
  lose(count: number): void {
    this.#lost += count;
  }

  /** What is held now, in order, and how many were lost. */
  peek(): HeldSnapshot {
    return { events: [...this.#events], lost: this.#lost };
  }

  /** Forgets what {@link peek} gave out and hands over what came since. */
  release(taken: HeldSnapshot): HeldSnapshot {
    const later = { events: this.#events.slice(taken.events.length), lost: this.#lost - taken.lost };
    this.#events = [];
    this.#characters = 0;
    this.#lost = 0;
    return later;
  }
}
