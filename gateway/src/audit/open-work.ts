import type { AuditEvent } from '../model/audit-event.ts';

/** What is open, as a segment's first record carries it. */
export interface OpenSnapshot {
  /** Session, exchanges so far, refused so far. */
  readonly sessions: readonly (readonly [string, number, number])[];
  /** Exchange, its session, time of the intent in milliseconds. */
  readonly exchanges: readonly (readonly [string, string, number])[];
}

/** Counters of a session that is open. */
export interface OpenSession {
  readonly exchanges: number;
  readonly refused: number;
}

/** A permitted exchange without outcome. */
export interface OpenExchange {
  readonly session: string;
  readonly atMs: number;
}

/** Follows the events to know which sessions and permitted exchanges have no end yet. */
export class OpenWork {
  readonly #sessions = new Map<string, { exchanges: number; refused: number }>();
  readonly #exchanges = new Map<string, OpenExchange>();

  constructor(snapshot: OpenSnapshot = { sessions: [], exchanges: [] }) {
    for (const [id, exchanges, refused] of snapshot.sessions) this.#sessions.set(id, { exchanges, refused });
    for (const [id, session, atMs] of snapshot.exchanges) this.#exchanges.set(id, { session, atMs });
  }

  /** Takes note of one event; marks and events of no session change nothing. */
  apply(event: { readonly type: string }, atMs: number): void {
    const known = event as AuditEvent;
    switch (known.type) {
      case 'session.opened':
        this.#sessions.set(known.session, { exchanges: 0, refused: 0 });
        break;
      case 'session.closed':
        this.#sessions.delete(known.session);
        break;
      case 'exchange.intent': {
        const session = this.#sessions.get(known.session);
        if (session !== undefined) session.exchanges += 1;
        if (known.effect === 'permit') this.#exchanges.set(known.exchange, { session: known.session, atMs });
        else if (session !== undefined) session.refused += 1;
        break;
      }
      case 'exchange.outcome':
        this.#exchanges.delete(known.exchange);
        break;
      default:
        break;
    }
  }

  /** Number of permitted exchanges without outcome. */
  get openExchanges(): number {
    return this.#exchanges.size;
  }

  /** The exchange that is open longest, if any. */
  oldestExchange(): readonly [string, OpenExchange] | undefined {
    const first = this.#exchanges.entries().next();
    return first.done === true ? undefined : first.value;
  }

  /** The counters of a session, if it is open. */
  session(id: string): OpenSession | undefined {
    return this.#sessions.get(id);
  }

  /** Whether the exchange has an intent with effect permit and no outcome. */
  hasExchange(id: string): boolean {
    return this.#exchanges.has(id);
  }

  /** All that is open, for a segment's first record. */
  snapshot(): OpenSnapshot {
    return {
      sessions: [...this.#sessions].map(([id, { exchanges, refused }]) => [id, exchanges, refused] as const),
      exchanges: [...this.#exchanges].map(([id, { session, atMs }]) => [id, session, atMs] as const),
    };
  }

  /**
   * The events that end all that is open because the process that held it is gone (P4). What happened upstream
   * is not known, so each outcome is `unknown`; its duration is the least it can have been.
   */
  endings(reason: string, lastAtMs: number): readonly AuditEvent[] {
    const events: AuditEvent[] = [];
    for (const [exchange, { session, atMs }] of this.#exchanges)
      events.push(unknownOutcome(exchange, session, Math.max(0, lastAtMs - atMs), reason));
    for (const [session, { exchanges, refused }] of this.#sessions)
      events.push({ type: 'session.closed', session, reason, exchanges, refused });
    return events;
  }
}

/** An outcome that says that nobody knows. */
export function unknownOutcome(
  exchange: string,
  session: string,
  durationMs: number,
  reason: string,
): AuditEvent {
  return { type: 'exchange.outcome', session, exchange, status: 'unknown', result: { reason }, durationMs };
}
