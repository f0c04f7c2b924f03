import type { Store } from '../../store/open-store.ts';
import { FILE_HEADER_BYTES } from '../format.ts';
import type { RecordingPlace } from '../layout.ts';
import type { ScannedBegin, ScannedEnd, ScannedFact, ScannedSession } from './scan-recording.ts';
import { IDS_PER_MS } from './schema.ts';
import { exchangeTags } from './search-query.ts';

/** A forged time must not break the ids. */
const MOST_MS = 2 ** 42;

/** Where the reading of a recording goes on. */
export interface BatchStart {
  readonly indexedTo: number;
}

/** What changes of one session. */
interface SessionChange {
  readonly place: RecordingPlace;
  /** Undefined until its head was read. */
  session: ScannedSession | undefined;
  indexedTo: number;
  exchanges: number;
  refused: number;
  state: string;
  endedMs: number | null;
}

interface NewExchange {
  readonly change: SessionChange;
  readonly number: number;
  readonly offset: number;
  readonly atMs: number;
  readonly head: ScannedBegin;
  end: ScannedEnd | undefined;
}

/** Facts that go into the index in one transaction. */
export class IndexBatch {
  readonly #store: Store;
  readonly #changes = new Map<string, SessionChange>();
  readonly #begun = new Map<string, NewExchange>();
  /** Ends of exchanges that the index has. */
  readonly #ended: { readonly change: SessionChange; readonly number: number; readonly end: ScannedEnd }[] =
    [];
  readonly #keys: { readonly change: SessionChange; readonly ms: number; readonly offset: number }[] = [];
  #current: SessionChange | undefined;
  #size = 0;

  constructor(store: Store) {
    this.#store = store;
  }

  /** Facts that were taken. */
  get size(): number {
    return this.#size;
  }

  /** What is taken next is of this recording. */
  begin(place: RecordingPlace): BatchStart {
    const row = this.#store.database.prepare('SELECT * FROM sessions WHERE session = ?').get(place.session);
    const number = (name: string): number => Number(row?.[name] ?? 0);
    const optional = (name: string): string | null => {
      const value = row?.[name];
      return typeof value === 'string' ? value : null;
    };
    this.#current = {
      place,
      session:
        row === undefined
          ? undefined
          : {
              protocol: String(row['protocol']),
              subject: String(row['subject']),
              agent: optional('agent'),
              run: optional('run'),
              resource: String(row['resource']),
              account: String(row['account']),
              openedMs: number('opened_ms'),
            },
      indexedTo: row === undefined ? FILE_HEADER_BYTES : number('indexed_to'),
      exchanges: number('exchanges'),
      refused: number('refused'),
      state: optional('state') ?? 'open',
      endedMs: typeof row?.['ended_ms'] === 'number' ? row['ended_ms'] : null,
    };
    return this.#current;
  }

  take(fact: ScannedFact): void {
    const change = this.#current;
    if (change === undefined) return;
    this.#size += 1;
    change.indexedTo = fact.to;
    this.#changes.set(change.place.session, change);
    const atMs = Math.min(MOST_MS, (change.session?.openedMs ?? 0) + fact.ms);
    switch (fact.kind) {
      case 'session':
        change.session ??= fact.head;
        break;
      case 'begin':
        change.exchanges += 1;
        if (fact.head.effect === 'deny') change.refused += 1;
        this.#begun.set(keyOf(change, fact.number), { ...fact, change, atMs, end: undefined });
        break;
      case 'end': {
        const begun = this.#begun.get(keyOf(change, fact.number));
        if (begun === undefined) this.#ended.push({ change, number: fact.number, end: fact.head });
        else begun.end = fact.head;
        break;
      }
      case 'key':
        this.#keys.push({ change, ms: Math.min(MOST_MS, fact.ms), offset: fact.offset });
        break;
      case 'closed':
        change.state = fact.state;
        change.endedMs = atMs;
        break;
      case 'passed':
        break;
      case 'damaged':
        change.state = 'damaged';
        break;
    }
  }

  /** Puts all into the index: all of it, or nothing. */
  commit(): void {
    if (this.#changes.size === 0) return;
    this.#store.transaction(() => {
      const ids = new Map([...this.#changes].map(([session, change]) => [session, this.#putSession(change)]));
      const idOf = ({ place }: SessionChange): number => ids.get(place.session) ?? 0;
      this.#putExchanges(idOf);
      const update = this.#store.database.prepare(
        'UPDATE exchanges SET status = ?, row_count = ?, duration_ms = ? WHERE session_id = ? AND number = ?',
      );
      for (const { change, number, end } of this.#ended)
        update.run(end.status, end.rows, end.durationMs, idOf(change), number);
      const place = this.#store.database.prepare('INSERT OR IGNORE INTO key_places VALUES (?, ?, ?)');
      for (const { change, ms, offset } of this.#keys) place.run(idOf(change), offset, ms);
    });
    this.#changes.clear();
    this.#begun.clear();
    this.#ended.length = 0;
    this.#keys.length = 0;
    this.#size = 0;
  }

  #putSession(change: SessionChange): number {
    const { place, session, indexedTo, exchanges, refused, state, endedMs } = change;
    const row = this.#store.database
      .prepare(
        `INSERT INTO sessions (session, day, protocol, subject, agent, run, resource, account, opened_ms, ended_ms, state,
           exchanges, refused, indexed_to) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
         ON CONFLICT (session) DO UPDATE SET ended_ms = excluded.ended_ms, state = excluded.state,
           exchanges = excluded.exchanges, refused = excluded.refused, indexed_to = excluded.indexed_to
         RETURNING id`,
      )
      .get(
        place.session,
        place.day,
        session?.protocol ?? '',
        session?.subject ?? '',
        session?.agent ?? null,
        session?.run ?? null,
        session?.resource ?? '',
        session?.account ?? '',
        session?.openedMs ?? 0,
        endedMs,
        state,
        exchanges,
        refused,
        indexedTo,
      );
    return Number(row?.['id']);
  }

  /** In the order of their ids: the full-text index wants them so. */
  #putExchanges(idOf: (change: SessionChange) => number): void {
    const { database } = this.#store;
    const insert = database.prepare(
      `INSERT OR IGNORE INTO exchanges (id, session_id, number, exchange, effect, decision, rules, observed, summary, text,
         status, row_count, duration_ms, place) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
    );
    const words = database.prepare('INSERT INTO exchange_text (rowid, text, tags) VALUES (?, ?, ?)');
    // Text of a picture has the id already.
    const isTaken = database.prepare('SELECT 1 FROM screen_texts WHERE id = ?');
    const isKnown = database.prepare('SELECT 1 FROM exchanges WHERE session_id = ? AND number = ?');
    const sorted = [...this.#begun.values()].sort((a, b) => a.atMs - b.atMs);
    for (const one of sorted) {
      const { change, number, offset, atMs, head, end } = one;
      const sessionId = idOf(change);
      // A damaged or forged recording may hold a number twice: the first counts.
      if (isKnown.get(sessionId, number) !== undefined) continue;
      let id = atMs * IDS_PER_MS;
      const rest = [
        sessionId,
        number,
        head.exchange,
        head.effect,
        head.decision,
        JSON.stringify(head.rules),
        JSON.stringify(head.observed),
        head.summary,
        head.shown,
        end?.status ?? null,
        end?.rows ?? null,
        end?.durationMs ?? null,
        offset,
      ] as const;
      while (isTaken.get(id) !== undefined || insert.run(id, ...rest).changes === 0) id += 1;
      words.run(id, head.found, tagsOf(change, head));
    }
  }
}

function keyOf({ place }: SessionChange, number: number): string {
  return `${place.session}\0${number}`;
}

function tagsOf({ place, session }: SessionChange, head: ScannedBegin): string {
  return exchangeTags({ ...session, session: place.session }, head);
}
