/** What records of one exchange do not repeat: who is in the session, and what was asked. Bounded; the oldest go. */
import type { AuditRecord } from '../../audit/record.ts';
import type { ExchangeIntent, SessionOpened } from '../../model/audit-event.ts';

const MOST_SESSIONS = 20_000;
const MOST_EXCHANGES = 20_000;

/** Sessions and exchanges that are under way. */
export class RecordContext {
  readonly #sessions = new Map<string, SessionOpened | undefined>();
  readonly #exchanges = new Map<string, ExchangeIntent>();

  /** Takes in a record, in the order of the log. */
  note({ event }: AuditRecord): void {
    if (event.type === 'session.opened') put(this.#sessions, event.session, event, MOST_SESSIONS);
    if (event.type === 'exchange.intent' && event.effect === 'permit')
      put(this.#exchanges, event.exchange, event, MOST_EXCHANGES);
  }

  /** After a record was told. */
  forget({ event }: AuditRecord): void {
    if (event.type === 'exchange.outcome') this.#exchanges.delete(event.exchange);
    // Its recording is closed behind it, so the session is known for a while.
  }

  session(id: string): SessionOpened | undefined {
    return this.#sessions.get(id);
  }

  /** Whether it was looked for, found or not. */
  knows(id: string): boolean {
    return this.#sessions.has(id);
  }

  /** Takes in what was found of a session that began before the export did. */
  learn(id: string, opened: SessionOpened | undefined): void {
    put(this.#sessions, id, opened, MOST_SESSIONS);
  }

  intent(exchange: string): ExchangeIntent | undefined {
    return this.#exchanges.get(exchange);
  }
}

function put<Value>(map: Map<string, Value>, key: string, value: Value, most: number): void {
  map.delete(key);
  map.set(key, value);
  for (const oldest of map.keys()) {
    if (map.size <= most) return;
    map.delete(oldest);
  }
}
