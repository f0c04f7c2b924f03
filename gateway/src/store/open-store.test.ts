import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openStore, type StoreSchema } from './open-store.ts';

const FIRST: StoreSchema = { room: 'notes', migrations: ['CREATE TABLE notes (text TEXT NOT NULL) STRICT'] };
const SECOND: StoreSchema = {
  room: 'notes',
  migrations: [...FIRST.migrations, "ALTER TABLE notes ADD COLUMN author TEXT NOT NULL DEFAULT 'nobody'"],
};

describe('the state store', () => {
  let folder = '';
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'store-'));
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));
  const file = (): string => join(folder, 'state', 'state.sqlite');

  it('P6: is made for its owner alone, and syncs what it acknowledges', () => {
    const store = openStore(file(), [FIRST]);
    expect(statSync(file()).mode & 0o777).toBe(0o600);
    expect(store.database.prepare('PRAGMA synchronous').get()).toEqual({ synchronous: 2 });
    expect(store.database.prepare('PRAGMA journal_mode').get()).toEqual({ journal_mode: 'wal' });
    store.close();
  });

  it('keeps what was written, and brings old tables up to date', () => {
    const before = openStore(file(), [FIRST]);
    before.database.prepare('INSERT INTO notes VALUES (?)').run('hello');
    before.close();
    const after = openStore(file(), [SECOND]);
    expect(after.database.prepare('SELECT * FROM notes').all()).toEqual([
      { text: 'hello', author: 'nobody' },
    ]);
    after.close();
  });

  it('undoes a transaction whose work failed', () => {
    const store = openStore(file(), [FIRST]);
    expect(() =>
      store.transaction(() => {
        store.database.prepare('INSERT INTO notes VALUES (?)').run('half');
        throw new Error('stop');
      }),
    ).toThrow('stop');
    expect(store.database.prepare('SELECT count(*) AS n FROM notes').get()).toEqual({ n: 0 });
    store.close();
  });

  it('P3: refuses a file of a newer gateway, and one that is no store', () => {
    openStore(file(), [SECOND]).close();
    expect(() => openStore(file(), [FIRST])).toThrow(expect.objectContaining({ code: 'ERR_STORE_NEWER' }));
    writeFileSync(join(folder, 'other'), 'not a database, but long enough to look like one'.repeat(50));
    expect(() => openStore(join(folder, 'other'), [FIRST])).toThrow(
      expect.objectContaining({ code: 'ERR_STORE_OPEN' }),
    );
  });
});
