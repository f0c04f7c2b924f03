import type { AuditRecord } from '../audit/record.ts';
import { showSession } from '../audit/sessions.ts';
import type { ExchangeIntent, ExchangeOutcome, SessionClosed, SessionOpened } from '../model/audit-event.ts';
import type { ApiExchange, ExchangeQuery, SessionTranscript } from './contract/exchange.ts';
import type { ApiSessionDetail } from './contract/session.ts';
import { cursorError, decodeCursor, encodeCursor } from './cursor.ts';
import { DamageList } from './session-page.ts';

/** A page ends when its exchanges fill this many bytes of JSON: recorded statements may be large (P10). */
const PAGE_BYTES = 2 * 1024 * 1024;
const CURSOR = 'x1';

/**
 * One session and a page of its exchanges; undefined when the audit has no such session. Holds one page in memory.
 * @param folder the data folder
 * @throws ApiError `ERR_API_CURSOR`; AuditError `ERR_AUDIT_UNREADABLE`
 */
export async function readTranscript(
  folder: string,
  session: string,
  query: ExchangeQuery,
): Promise<
  (Omit<SessionTranscript, 'session'> & { readonly session: Omit<ApiSessionDetail, 'live'> }) | undefined
> {
  const page = new TranscriptPage(session, query);
  const damage = new DamageList();
  for await (const record of showSession(folder, session, (file, offset) => damage.add(file, offset))) {
    page.take(record);
    // Nothing of a session follows its end.
    if (record.event.type === 'session.closed') break;
  }
  const found = page.finish();
  return found === undefined ? undefined : { ...found, damaged: damage.list };
}

type Growing = { -readonly [Key in keyof ApiExchange]: ApiExchange[Key] };

/** Gathers a page from the records of a session, in their order. */
class TranscriptPage {
  readonly #session: string;
  readonly #limit: number;
  readonly #skip: number;
  readonly #exchanges = new Map<string, Growing>();
  #opened: { readonly at: string; readonly event: SessionOpened } | undefined;
  #closed: { readonly at: string; readonly event: SessionClosed } | undefined;
  #seen = 0;
  #refused = 0;
  #bytes = 0;
  #isFull = false;

  constructor(session: string, { limit, cursor }: ExchangeQuery) {
    this.#session = session;
    this.#limit = limit;
    this.#skip = cursor === undefined ? 0 : positionOf(session, cursor);
  }

  take(record: AuditRecord): void {
    const { event, at } = record;
    if (event.type === 'session.opened') this.#opened = { at, event };
    if (event.type === 'session.closed') this.#closed = { at, event };
    if (event.type === 'exchange.intent') this.#intent(event, record);
    if (event.type === 'exchange.outcome') this.#outcome(event, at);
  }

  finish():
    | (Pick<SessionTranscript, 'exchanges' | 'nextCursor'> & { session: Omit<ApiSessionDetail, 'live'> })
    | undefined {
    if (this.#opened === undefined) return undefined;
    if (this.#skip > this.#seen) throw cursorError();
    const next = this.#skip + this.#exchanges.size;
    return {
      session: this.#detail(this.#opened),
      exchanges: [...this.#exchanges.values()],
      ...(next < this.#seen ? { nextCursor: encodeCursor(CURSOR, `${this.#session}.${next}`) } : {}),
    };
  }

  #intent(event: ExchangeIntent, { at, omitted }: AuditRecord): void {
    this.#seen += 1;
    if (event.effect === 'deny') this.#refused += 1;
    if (this.#seen <= this.#skip || this.#isFull) return;
    const { type: _, session: __, ...intent } = event;
    const exchange = { at, ...intent, ...(omitted === undefined ? {} : { omitted }) };
    this.#bytes += JSON.stringify(exchange).length;
    const isFirst = this.#exchanges.size === 0;
    if (this.#exchanges.size === this.#limit || (this.#bytes > PAGE_BYTES && !isFirst)) this.#isFull = true;
    else this.#exchanges.set(event.exchange, exchange);
  }

  #outcome({ exchange, status, result, durationMs }: ExchangeOutcome, at: string): void {
    const begun = this.#exchanges.get(exchange);
    if (begun !== undefined) begun.outcome = { at, status, result, durationMs };
  }

  #detail(opened: { readonly at: string; readonly event: SessionOpened }): Omit<ApiSessionDetail, 'live'> {
    const { type: _, ...session } = opened.event;
    const { credential } = session.details;
    const by = typeof credential === 'string' ? { credential } : {};
    const base = { ...session, ...by, openedAt: opened.at };
    if (this.#closed === undefined) {
      return { ...base, state: 'open', exchanges: this.#seen, refused: this.#refused };
    }
    const { reason, exchanges, refused } = this.#closed.event;
    return { ...base, closedAt: this.#closed.at, state: 'closed', reason, exchanges, refused };
  }
}

/** How many exchanges come before the page. The cursor names its session, so that it cannot be used for another. */
function positionOf(session: string, cursor: string): number {
  const position = decodeCursor(CURSOR, cursor);
  const prefix = `${session}.`;
  const count = position.startsWith(prefix) ? position.slice(prefix.length) : '';
  if (!/^[1-9][0-9]{0,14}$/.test(count)) throw cursorError();
  return Number(count);
}
