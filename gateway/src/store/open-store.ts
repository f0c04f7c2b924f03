/** The gateway's state on disk: approvals, session credentials, the index of recordings. One SQLite file, one writer. */
import { chmodSync, mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { StoreError } from './errors.ts';

/** The tables of one room: its migrations in order; what once shipped never changes. */
export interface StoreSchema {
  /** Prefix of its tables: `approvals`, `credentials`… */
  readonly room: string;
  /** SQL, one entry a version. */
  readonly migrations: readonly string[];
}

/** An open store. */
export interface Store {
  readonly database: DatabaseSync;
  /** Runs `work` in one transaction: all of it is on the device when this returns, or nothing of it happened. */
  transaction<Result>(work: () => Result): Result;
  close(): void;
}

/**
 * Opens the store, making it where it is missing (mode 0600), and brings every room's tables up to date.
 * WAL with synchronous=FULL: what a call acknowledged survives the death of the machine (P4).
 * @throws StoreError
 */
export function openStore(file: string, schemas: readonly StoreSchema[]): Store {
  const database = openDatabase(file);
  try {
    const store = withTransactions(database);
    database.exec(
      'CREATE TABLE IF NOT EXISTS schema_version (room TEXT PRIMARY KEY, version INTEGER NOT NULL)',
    );
    for (const schema of schemas) migrate(store, schema);
    return store;
  } catch (error) {
    database.close();
    throw error instanceof StoreError ? error : cannotOpen(file, error);
  }
}

function openDatabase(file: string): DatabaseSync {
  let database: DatabaseSync | undefined;
  try {
    mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
    database = new DatabaseSync(file, { timeout: 5_000 });
    chmodSync(file, 0o600);
    database.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON');
    return database;
  } catch (cause) {
    database?.close();
    throw cannotOpen(file, cause);
  }
}

function withTransactions(database: DatabaseSync): Store {
  return {
    database,
    transaction(work) {
      database.exec('BEGIN IMMEDIATE');
      try {
        const result = work();
        database.exec('COMMIT');
        return result;
      } catch (error) {
        if (database.isTransaction) database.exec('ROLLBACK');
        throw error;
      }
    },
    close: () => database.close(),
  };
}

function migrate(store: Store, { room, migrations }: StoreSchema): void {
  store.transaction(() => {
    const { database } = store;
    const row = database.prepare('SELECT version FROM schema_version WHERE room = ?').get(room);
    const version = Number(row?.['version'] ?? 0);
    if (version > migrations.length) {
      throw new StoreError(
        'ERR_STORE_NEWER',
        `the tables of ${room} have version ${version}, this gateway knows ${migrations.length}: run the newer gateway`,
        { source: 'config' },
      );
    }
    for (const sql of migrations.slice(version)) database.exec(sql);
    database
      .prepare(
        'INSERT INTO schema_version (room, version) VALUES (?, ?) ON CONFLICT (room) DO UPDATE SET version = excluded.version',
      )
      .run(room, migrations.length);
  });
}

function cannotOpen(file: string, cause: unknown): StoreError {
  const reason = cause instanceof Error ? cause.message : String(cause);
  return new StoreError('ERR_STORE_OPEN', `the state store ${file} cannot be opened: ${reason}`, {
    source: 'config',
    cause,
  });
}
