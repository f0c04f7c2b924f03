/** The index of recordings in one SQLite file: brought up to date from the recordings, searched, made anew at will. */
import { rmSync } from 'node:fs';
import type { ObservedVerdict } from '../../model/decision.ts';
import { openStore, type Store } from '../../store/open-store.ts';
import { causeText, recordingError } from '../errors.ts';
import { openSource } from '../frame-reader.ts';
import {
  listDays,
  listSessions,
  type RecordingLayout,
  type RecordingPlace,
  recordingPath,
} from '../layout.ts';
import { type BatchStart, IndexBatch } from './index-batch.ts';
import type {
  IndexQuestion,
  IndexQuestions,
  KeyPlace,
  KeySearch,
  ScreenTexts,
  UnreadSearch,
} from './index-words.ts';
import { findRuns, type RunKey, type RunSearch, showRun } from './run-query.ts';
import { scanRecording } from './scan-recording.ts';
import { IDS_PER_MS, INDEX_SCHEMA } from './schema.ts';
import { findUnread, forgetFailed, putScreenTexts, removeScreenTexts } from './screen-texts.ts';
import {
  type ExchangeSearch,
  type FoundExchange,
  idRange,
  matchExpression,
  type SearchPage,
} from './search-query.ts';
import { countDecisions, type StatisticsSearch } from './statistics-query.ts';

/** Facts of one transaction: it holds up a search for some milliseconds. */
const BATCH_FACTS = 1000;

const COLUMNS = `hits.id, t.ms AS screen_ms, t.text AS screen_text, e.number, e.exchange, e.effect, e.decision, e.rules, e.observed, e.summary, e.text, e.status, e.row_count,
  e.duration_ms, e.place, s.session, s.protocol, s.subject, s.agent, s.run, s.resource, s.account`;

/** An open index; one process writes at a time, any number may read. */
export class RecordingIndex {
  readonly #store: Store;
  readonly #layout: RecordingLayout;

  private constructor(store: Store, layout: RecordingLayout) {
    this.#store = store;
    this.#layout = layout;
  }

  /** Opens the index, making it where it is missing. @throws RecordingError `ERR_RECORDING_INDEX` */
  static open(layout: RecordingLayout): RecordingIndex {
    try {
      const store = openStore(layout.indexFile, [INDEX_SCHEMA]);
      // It can be made anew from the recordings, so it need not wait for the device.
      store.database.exec('PRAGMA synchronous = NORMAL; PRAGMA cache_size = -16000');
      return new RecordingIndex(store, layout);
    } catch (cause) {
      throw recordingError(
        'ERR_RECORDING_INDEX',
        `the index of recordings cannot be opened: ${causeText(cause)}; make it anew`,
        cause,
      );
    }
  }

  /** Removes the index: the next {@link catchUp} makes it anew. */
  static remove({ indexFile }: RecordingLayout): void {
    for (const end of ['', '-wal', '-shm']) rmSync(`${indexFile}${end}`, { force: true });
  }

  close(): void {
    this.#store.close();
  }

  /** Recordings that the index does not know to the end, the oldest first. */
  behind(): readonly RecordingPlace[] {
    const known = this.#store.database.prepare(
      "SELECT session FROM sessions WHERE day = ? AND state <> 'open'",
    );
    return listDays(this.#layout).flatMap((day) => {
      const whole = new Set(known.all(day).map((row) => String(row['session'])));
      return listSessions(this.#layout, day)
        .filter((session) => !whole.has(session))
        .map((session) => ({ day, session }));
    });
  }

  /** Reads on in recordings that have grown. `pause` is awaited between two transactions. */
  async update(places: Iterable<RecordingPlace>, pause: () => Promise<void> = async () => {}): Promise<void> {
    let batch = new IndexBatch(this.#store);
    const commit = async (): Promise<void> => {
      batch.commit();
      batch = new IndexBatch(this.#store);
      await pause();
    };
    for (const place of places) {
      const source = await openSource(recordingPath(this.#layout, place)).catch(() => undefined);
      if (source === undefined) continue;
      try {
        const known = batch.begin(place);
        const start = (await source.size()) < known.indexedTo ? this.#forget(place, batch) : known;
        for await (const fact of scanRecording(source, start.indexedTo)) {
          batch.take(fact);
          if (batch.size >= BATCH_FACTS) {
            await commit();
            batch.begin(place);
          }
        }
      } finally {
        await source.close();
      }
    }
    await commit();
  }

  /** Brings the whole index up to date. */
  async catchUp(pause?: () => Promise<void>): Promise<void> {
    await this.update(this.behind(), pause);
  }

  /** Forgets sessions whose recordings are gone. */
  remove(sessions: readonly string[]): void {
    this.#store.transaction(() => {
      for (const session of sessions) this.#delete(session);
    });
  }

  /** @throws RecordingError `ERR_RECORDING_QUERY` */
  search(search: ExchangeSearch): SearchPage {
    const match = matchExpression(search);
    const [from, before] = idRange(search);
    const hits =
      match === undefined
        ? 'SELECT id FROM exchanges WHERE id >= ? AND id < ? ORDER BY id DESC LIMIT ?'
        : 'SELECT rowid AS id FROM exchange_text WHERE exchange_text MATCH ? AND rowid >= ? AND rowid < ? ORDER BY rowid DESC LIMIT ?';
    const rows = this.#store.database
      .prepare(
        `WITH hits AS MATERIALIZED (${hits}) SELECT ${COLUMNS} FROM hits LEFT JOIN screen_texts t ON t.id = hits.id
         JOIN exchanges e ON e.id = coalesce(t.exchange_id, hits.id)
         JOIN sessions s ON s.id = e.session_id ORDER BY hits.id DESC`,
      )
      .all(...(match === undefined ? [] : [match]), from, before, search.limit + 1);
    const exchanges = rows.slice(0, search.limit).map(toFound);
    const last = rows[search.limit - 1];
    return rows.length > search.limit && last !== undefined
      ? { exchanges, next: String(last['id']) }
      : { exchanges };
  }

  /**
   * Where to begin to read a session so that all is known at a time. The last key before it may not be whole then, and the one before
   * is: it was over when the last began. 0: at the beginning.
   */
  keyPlace({ session, ms }: KeySearch): KeyPlace {
    const row = this.#store.database
      .prepare(
        `SELECT k.place, k.ms FROM key_places k JOIN sessions s ON s.id = k.session_id
         WHERE s.session = ? AND k.ms <= ? ORDER BY k.place DESC LIMIT 1 OFFSET 1`,
      )
      .get(session, ms);
    return { offset: Number(row?.['place'] ?? 0), ms: Number(row?.['ms'] ?? 0) };
  }

  /** Takes what was read of the pictures of a session, all of it or nothing. */
  putScreens(screens: ScreenTexts): void {
    this.#store.transaction(() => putScreenTexts(this.#store, screens));
  }

  /** What could not be read is tried again. */
  forgetFailedScreens(): void {
    forgetFailed(this.#store);
  }

  /** Answers any question. @throws RecordingError `ERR_RECORDING_QUERY` */
  answer<Question extends IndexQuestion>(
    question: Question,
    asked: IndexQuestions[Question]['asked'],
  ): IndexQuestions[Question]['answer'] {
    const answers: { readonly [Name in IndexQuestion]: (own: never) => unknown } = {
      keyPlace: (own: KeySearch) => this.keyPlace(own),
      search: (own: ExchangeSearch) => this.search(own),
      runs: (own: RunSearch) => findRuns(this.#store, own),
      run: (own: RunKey) => showRun(this.#store, own),
      unreadScreens: (own: UnreadSearch) => findUnread(this.#store, own),
      statistics: (own: StatisticsSearch) => countDecisions(this.#store, own),
    };
    return answers[question](asked as never) as IndexQuestions[Question]['answer'];
  }

  #forget(place: RecordingPlace, batch: IndexBatch): BatchStart {
    batch.commit();
    this.remove([place.session]);
    return batch.begin(place);
  }

  #delete(session: string): void {
    const { database } = this.#store;
    const row = database.prepare('SELECT id FROM sessions WHERE session = ?').get(session);
    const id = row?.['id'];
    if (id === undefined || id === null) return;
    removeScreenTexts(database, Number(id));
    database
      .prepare('DELETE FROM exchange_text WHERE rowid IN (SELECT id FROM exchanges WHERE session_id = ?)')
      .run(id);
    database.prepare('DELETE FROM exchanges WHERE session_id = ?').run(id);
    database.prepare('DELETE FROM key_places WHERE session_id = ?').run(id);
    database.prepare('DELETE FROM counts WHERE count <= 0').run();
    database.prepare('DELETE FROM sessions WHERE id = ?').run(id);
  }
}

type Row = Record<string, string | number | bigint | Uint8Array | null>;

function toFound(row: Row): FoundExchange {
  const text = (name: string): string => {
    const value = row[name];
    return typeof value === 'string' ? value : '';
  };
  const optional = (key: string, value: unknown): object => (value === null ? {} : { [key]: value });
  return {
    session: text('session'),
    exchange: text('exchange'),
    number: Number(row['number']),
    offset: Number(row['place']),
    at: new Date(Math.floor(Number(row['id']) / IDS_PER_MS)).toISOString(),
    protocol: text('protocol'),
    subject: text('subject'),
    ...optional('agent', row['agent']),
    ...optional('run', row['run']),
    resource: text('resource'),
    account: text('account'),
    effect: row['effect'] === 'permit' ? 'permit' : 'deny',
    decision: text('decision'),
    rules: JSON.parse(text('rules')) as readonly string[],
    ...(text('observed') === '[]'
      ? {}
      : { observed: JSON.parse(text('observed')) as readonly ObservedVerdict[] }),
    summary: text('summary'),
    text: text('text'),
    ...optional('status', row['status']),
    ...optional('rows', row['row_count']),
    ...optional('durationMs', row['duration_ms']),
    ...(row['screen_text'] === null
      ? {}
      : { screen: { ms: Number(row['screen_ms']), text: text('screen_text') } }),
  };
}
