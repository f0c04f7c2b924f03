/** Quarantines on disk, so that a restart lifts none. */
import type { Quarantine } from '../model/run-guard.ts';
import type { Store, StoreSchema } from '../store/open-store.ts';

/** Where quarantines are kept. */
export interface QuarantineRepository {
  /** Puts one on file, in the place of another one of the same run. */
  put(run: string, quarantine: Quarantine): Promise<void>;
  remove(id: string): Promise<void>;
  all(): Promise<readonly Quarantine[]>;
}

/** Tables of quarantines. */
export const quarantineSchema: StoreSchema = {
  room: 'quarantine',
  migrations: [
    'CREATE TABLE quarantine_runs (run TEXT PRIMARY KEY, id TEXT NOT NULL UNIQUE, body TEXT NOT NULL) STRICT',
  ],
};

/** Quarantines in the gateway's own store. */
export function createQuarantineRepository({ database }: Store): QuarantineRepository {
  const put = database.prepare(
    'INSERT INTO quarantine_runs (run, id, body) VALUES (?, ?, ?) ON CONFLICT (run) DO UPDATE SET id = excluded.id, body = excluded.body',
  );
  const remove = database.prepare('DELETE FROM quarantine_runs WHERE id = ?');
  const all = database.prepare('SELECT body FROM quarantine_runs');
  return {
    async put(run, quarantine) {
      put.run(run, quarantine.id, JSON.stringify(quarantine));
    },
    async remove(id) {
      remove.run(id);
    },
    // The bodies were written by this file.
    all: async () => all.all().map((row) => JSON.parse(String(row['body'])) as Quarantine),
  };
}
