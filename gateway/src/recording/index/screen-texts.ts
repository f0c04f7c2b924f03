/** Text in pictures of recorded desktops, in the index: rows of the same full-text index as requests have. */
import type { Store } from '../../store/open-store.ts';
import type { RecordingPlace } from '../layout.ts';
import type { ScreenText, ScreenTexts, UnreadSearch } from './index-words.ts';
import { IDS_PER_MS } from './schema.ts';
import { exchangeTags, SCREEN_TAG } from './search-query.ts';

/** Of a picture's text, so much can be found, and so much is shown. */
const FOUND_CHARACTERS = 16 * 1024;
const SHOWN_CHARACTERS = 1000;

/** The session that has waited longest; undefined where none does. */
export function findUnread({ database }: Store, { protocol }: UnreadSearch): RecordingPlace | undefined {
  const row = database
    .prepare(
      `SELECT day, session FROM sessions WHERE protocol = ? AND screens IS NULL AND state IN ('closed', 'cut')
       ORDER BY opened_ms LIMIT 1`,
    )
    .get(protocol);
  return row === undefined ? undefined : { day: String(row['day']), session: String(row['session']) };
}

/** What failed is read again. */
export function forgetFailed({ database }: Store): void {
  database.exec("UPDATE sessions SET screens = NULL WHERE screens = 'failed'");
}

/** Removes those of a session, within a transaction. */
export function removeScreenTexts(database: Store['database'], sessionId: number): void {
  database
    .prepare('DELETE FROM exchange_text WHERE rowid IN (SELECT id FROM screen_texts WHERE session_id = ?)')
    .run(sessionId);
  database.prepare('DELETE FROM screen_texts WHERE session_id = ?').run(sessionId);
}

/** Puts them in, in place of what was there, within a transaction. A session that the index does not know any more is passed over. */
export function putScreenTexts({ database }: Store, { session, texts, ended }: ScreenTexts): void {
  const known = database.prepare('SELECT * FROM sessions WHERE session = ?').get(session);
  if (known === undefined) return;
  const optional = (name: string): string | null => {
    const value = known[name];
    return typeof value === 'string' ? value : null;
  };
  const tagged = {
    session,
    subject: String(known['subject']),
    agent: optional('agent'),
    run: optional('run'),
    resource: String(known['resource']),
  };
  const find = database.prepare(
    'SELECT id, decision, effect, rules, observed FROM exchanges WHERE session_id = ? AND number = ?',
  );
  const isTaken = database.prepare('SELECT 1 FROM exchanges WHERE id = ?');
  const insert = database.prepare('INSERT OR IGNORE INTO screen_texts VALUES (?, ?, ?, ?, ?)');
  const words = database.prepare('INSERT INTO exchange_text (rowid, text, tags) VALUES (?, ?, ?)');
  const put = ({ exchange, ms, text }: ScreenText): void => {
    const of = find.get(Number(known['id']), exchange);
    if (of === undefined) return;
    const decided = {
      decision: String(of['decision']),
      effect: of['effect'] === 'permit' ? ('permit' as const) : ('deny' as const),
      rules: JSON.parse(String(of['rules'])),
      observed: JSON.parse(String(of['observed'])),
    };
    const shown = text.slice(0, SHOWN_CHARACTERS).toWellFormed();
    let id = (Number(known['opened_ms']) + ms) * IDS_PER_MS;
    const rest = [Number(known['id']), Number(of['id']), ms, shown] as const;
    while (isTaken.get(id) !== undefined || insert.run(id, ...rest).changes === 0) id += 1;
    words.run(
      id,
      text.slice(0, FOUND_CHARACTERS).toWellFormed(),
      `${exchangeTags(tagged, decided)} ${SCREEN_TAG}`,
    );
  };
  removeScreenTexts(database, Number(known['id']));
  for (const text of texts) put(text);
  database.prepare('UPDATE sessions SET screens = ? WHERE session = ?').run(ended, session);
}
