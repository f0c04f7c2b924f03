import type { StoreSchema } from '../../store/open-store.ts';

/** Ids of exchanges are times in milliseconds times this, plus a number that makes them unique: so they sort by time. */
export const IDS_PER_MS = 1024;

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
  ],
};
