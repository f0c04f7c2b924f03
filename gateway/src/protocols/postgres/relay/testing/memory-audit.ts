import type {
  AuditEvent,
  AuditLog,
  Durability,
  ExchangeIntent,
  ExchangeOutcome,
} from '../../../../model/audit-event.ts';

/** An audit log in memory whose disk the test holds, lets go, or breaks. */
export class MemoryAudit implements AuditLog {
  /** On file, in order. */
  readonly events: AuditEvent[] = [];
  /** How each append was asked for. */
  readonly durabilities: (Durability | undefined)[] = [];
  #mode: 'works' | 'held' | 'broken' = 'works';
  #waiting: { readonly write: () => void; readonly fail: () => void }[] = [];

  append(events: readonly AuditEvent[], durability?: Durability): Promise<void> {
    this.durabilities.push(durability);
    if (this.#mode === 'broken') return Promise.reject(new Error('the disk is full'));
    if (this.#mode === 'works') {
      this.events.push(...events);
      return Promise.resolve();
    }
    return new Promise((resolve, reject) => {
      this.#waiting.push({
        write: () => {
          this.events.push(...events);
          resolve();
        },
        fail: () => reject(new Error('the disk is full')),
      });
    });
  }

  enqueue(event: AuditEvent): void {
    this.events.push(event);
  }

  /** Appends wait from now on. */
  hold(): void {
    this.#mode = 'held';
  }

  /** Appends that wait get through, and later ones too. */
  release(): void {
    this.#mode = 'works';
    for (const { write } of this.#waiting.splice(0)) write();
  }

  /** Appends that wait fail, and later ones too. */
  break(): void {
    this.#mode = 'broken';
    for (const { fail } of this.#waiting.splice(0)) fail();
  }

  get intents(): readonly ExchangeIntent[] {
    return this.events.filter((event) => event.type === 'exchange.intent');
  }

  get outcomes(): readonly ExchangeOutcome[] {
    return this.events.filter((event) => event.type === 'exchange.outcome');
  }

  /** Permitted exchanges without outcome, by id. */
  get open(): readonly string[] {
    const ended = new Set(this.outcomes.map(({ exchange }) => exchange));
    return this.intents
      .filter(({ effect, exchange }) => effect === 'permit' && !ended.has(exchange))
      .map(({ exchange }) => exchange);
  }
}
