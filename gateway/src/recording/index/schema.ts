import type { StoreSchema } from '../../store/open-store.ts';
import { COUNT_MS } from './statistics-query.ts';

/** Ids of exchanges are times in milliseconds times this, plus a number that makes them unique: so they sort by time. */
export const IDS_PER_MS = 1024;

/** What is counted of an exchange: itself, the rules that decided, and those that were only observed. */
const VERDICTS = (row: 'NEW' | 'OLD'): string =>
  `SELECT '' AS rule, ${row}.effect AS effect UNION SELECT value, ${row}.effect FROM json_each(${row}.rules)
     UNION SELECT value ->> 'rule', 'observed-' || (value ->> 'effect') FROM json_each(${row}.observed)`;

/**
 * The index of recordings. It holds nothing that is not in them: it may be deleted and made anew, so it is written
 * without waiting for the device. `tags` holds digests of whole values (principal, run, resource, rule…), so that
 * conditions on them meet the words inside the full-text index.
 */
export const INDEX_SCHEMA: StoreSchema = {
  room: 'recordings',
  migrations: [
    `CREATE TABLE sessions (
       id INTEGER PRIMARY KEY,
       session TEXT NOT NULL UNIQUE,
       day TEXT NOT NULL,
       protocol TEXT NOT NULL,
       subject TEXT NOT NULL,
       agent TEXT,
       run TEXT,
       resource TEXT NOT NULL,
       account TEXT NOT NULL,
       opened_ms INTEGER NOT NULL,
       ended_ms INTEGER,
       state TEXT NOT NULL,
       exchanges INTEGER NOT NULL,
       refused INTEGER NOT NULL,
       indexed_to INTEGER NOT NULL
     ) STRICT;
     CREATE INDEX sessions_by_day ON sessions (day);
     CREATE TABLE exchanges (
       id INTEGER PRIMARY KEY,
       session_id INTEGER NOT NULL REFERENCES sessions (id),
       number INTEGER NOT NULL,
       exchange TEXT NOT NULL,
       effect TEXT NOT NULL,
       decision TEXT NOT NULL,
       rules TEXT NOT NULL,
       summary TEXT NOT NULL,
       text TEXT NOT NULL,
       status TEXT,
       row_count INTEGER,
       duration_ms INTEGER,
       place INTEGER NOT NULL
     ) STRICT;
     CREATE UNIQUE INDEX exchanges_by_session ON exchanges (session_id, number);
     CREATE VIRTUAL TABLE exchange_text USING fts5 (
       text, tags, content = '', contentless_delete = 1,
       tokenize = "unicode61 remove_diacritics 0 tokenchars '_'"
     );`,
    `CREATE INDEX sessions_by_run ON sessions (run, subject);
     CREATE TABLE counts (
       slot INTEGER NOT NULL,
       subject TEXT NOT NULL,
       agent TEXT NOT NULL,
       resource TEXT NOT NULL,
       effect TEXT NOT NULL,
       rule TEXT NOT NULL,
       count INTEGER NOT NULL,
       last_ms INTEGER NOT NULL,
       PRIMARY KEY (slot, subject, agent, resource, effect, rule)
     ) STRICT, WITHOUT ROWID;
     INSERT INTO counts
       SELECT e.id / ${IDS_PER_MS} / ${COUNT_MS} AS slot, s.subject, coalesce(s.agent, ''), s.resource, e.effect, r.rule,
         count(*), max(e.id) / ${IDS_PER_MS}
       FROM exchanges e JOIN sessions s ON s.id = e.session_id
         JOIN (SELECT id, '' AS rule FROM exchanges UNION ALL
           SELECT x.id, value FROM exchanges x, json_each(x.rules)) r ON r.id = e.id
       GROUP BY 1, 2, 3, 4, 5, 6;
     CREATE TRIGGER exchange_counted AFTER INSERT ON exchanges BEGIN
       INSERT INTO counts
         SELECT NEW.id / ${IDS_PER_MS} / ${COUNT_MS}, s.subject, coalesce(s.agent, ''), s.resource, NEW.effect, r.rule, 1,
           NEW.id / ${IDS_PER_MS}
         FROM sessions s, (SELECT '' AS rule UNION SELECT value FROM json_each(NEW.rules)) r
         WHERE s.id = NEW.session_id
         ON CONFLICT DO UPDATE SET count = count + 1, last_ms = max(last_ms, excluded.last_ms);
     END;
     CREATE TRIGGER exchange_discounted AFTER DELETE ON exchanges BEGIN
       UPDATE counts SET count = count - 1
         WHERE slot = OLD.id / ${IDS_PER_MS} / ${COUNT_MS} AND effect = OLD.effect
           AND (rule = '' OR rule IN (SELECT value FROM json_each(OLD.rules)))
           AND (subject, agent, resource) =
             (SELECT s.subject, coalesce(s.agent, ''), s.resource FROM sessions s WHERE s.id = OLD.session_id);
     END;`,
    `CREATE TABLE key_places (
       session_id INTEGER NOT NULL,
       place INTEGER NOT NULL,
       ms INTEGER NOT NULL,
       PRIMARY KEY (session_id, place)
     ) STRICT, WITHOUT ROWID;`,
    // What rules that are only observed would have said is in the recordings: they are read anew.
    `DROP TRIGGER exchange_counted;
     DROP TRIGGER exchange_discounted;
     INSERT INTO exchange_text (exchange_text) VALUES ('delete-all');
     DELETE FROM exchanges;
     DELETE FROM sessions;
     DELETE FROM counts;
     DELETE FROM key_places;
     ALTER TABLE exchanges ADD COLUMN observed TEXT NOT NULL DEFAULT '[]';
     CREATE TRIGGER exchange_counted AFTER INSERT ON exchanges BEGIN
       INSERT INTO counts
         SELECT NEW.id / ${IDS_PER_MS} / ${COUNT_MS}, s.subject, coalesce(s.agent, ''), s.resource, r.effect, r.rule, 1,
           NEW.id / ${IDS_PER_MS}
         FROM sessions s, (${VERDICTS('NEW')}) r
         WHERE s.id = NEW.session_id
         ON CONFLICT DO UPDATE SET count = count + 1, last_ms = max(last_ms, excluded.last_ms);
     END;
     CREATE TRIGGER exchange_discounted AFTER DELETE ON exchanges BEGIN
       UPDATE counts SET count = count - 1
         WHERE slot = OLD.id / ${IDS_PER_MS} / ${COUNT_MS}
           AND (rule, effect) IN (${VERDICTS('OLD')})
           AND (subject, agent, resource) =
             (SELECT s.subject, coalesce(s.agent, ''), s.resource FROM sessions s WHERE s.id = OLD.session_id);
     END;`,
    // Text in pictures. Ids are of the same kind as those of exchanges, and distinct from them: both are rows of exchange_text.
    // `screens` is NULL until the pictures of a session were read; then `read` or `failed`.
    `ALTER TABLE sessions ADD COLUMN screens TEXT;
     CREATE TABLE screen_texts (
       id INTEGER PRIMARY KEY,
       session_id INTEGER NOT NULL,
       exchange_id INTEGER NOT NULL,
       ms INTEGER NOT NULL,
       text TEXT NOT NULL
     ) STRICT;
     CREATE INDEX screen_texts_by_session ON screen_texts (session_id);`,
  ],
};
