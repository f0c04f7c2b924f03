/** Session credentials in the state store. */
import { randomBytes } from 'node:crypto';
import type { StatementSync } from 'node:sqlite';
import type { Store, StoreSchema } from '../../store/open-store.ts';
import type { CredentialBounds, CredentialRepository, Taken } from './credential-repository.ts';
import type { StoredCredential } from './session-credential.ts';

/** The tables. There is no column for a secret. */
export const credentialSchema: StoreSchema = {
  room: 'credentials',
  migrations: [
    `CREATE TABLE credentials (
       id TEXT PRIMARY KEY,
       owner TEXT NOT NULL,
       issued_ms INTEGER NOT NULL,
       expires_ms INTEGER NOT NULL,
       revoked_ms INTEGER,
       max_uses INTEGER,
       uses INTEGER NOT NULL DEFAULT 0,
       record TEXT NOT NULL
     ) STRICT;
     CREATE INDEX credentials_owner ON credentials (owner, issued_ms);
     CREATE INDEX credentials_expiry ON credentials (expires_ms);
     CREATE TABLE credentials_salt (only INTEGER PRIMARY KEY CHECK (only = 1), key BLOB NOT NULL) STRICT`,
  ],
};

/** A clock may run this much behind the one that a credential was minted by; in milliseconds. */
const LEEWAY_MS = 60_000;

const SQL = {
  makeSalt: 'INSERT OR IGNORE INTO credentials_salt VALUES (1, ?)',
  readSalt: 'SELECT key FROM credentials_salt',
  byId: 'SELECT * FROM credentials WHERE id = ?',
  add: 'INSERT INTO credentials (id, owner, issued_ms, expires_ms, max_uses, record) VALUES (?, ?, ?, ?, ?, ?)',
  use: `UPDATE credentials SET uses = uses + 1
        WHERE id = ? AND expires_ms > ? AND revoked_ms IS NULL AND uses < max_uses`,
  revoke: 'UPDATE credentials SET revoked_ms = ? WHERE id = ? AND revoked_ms IS NULL',
  remove: 'DELETE FROM credentials WHERE id = ?',
  sweep: 'DELETE FROM credentials WHERE expires_ms <= ?',
  // Makes room for an owner, when there is need. One that is used up stays: its sessions may run, and it be revoked.
  sweepRevoked: 'DELETE FROM credentials WHERE owner = ? AND revoked_ms IS NOT NULL',
  countOf: 'SELECT count(*) AS n FROM credentials WHERE owner = ?',
  count: 'SELECT count(*) AS n FROM credentials',
  list: `SELECT * FROM credentials WHERE (?1 IS NULL OR owner = ?1) AND expires_ms > ?2
         ORDER BY issued_ms DESC, id LIMIT ?3`,
} as const;

type Row = Readonly<Record<string, unknown>>;
/** What never changes of a credential: one value of JSON. */
type Fixed = Omit<StoredCredential, 'id' | 'issuedAtMs' | 'expiresAtMs' | 'revokedAtMs' | 'maxUses' | 'uses'>;

/** Makes the repository over an open store that has {@link credentialSchema}. */
export function sqliteCredentials(store: Store): CredentialRepository {
  return new SqliteCredentials(store);
}

class SqliteCredentials implements CredentialRepository {
  readonly #store: Store;
  readonly #sql: Record<keyof typeof SQL, StatementSync>;

  constructor(store: Store) {
    this.#store = store;
    const prepared = Object.entries(SQL).map(([name, text]) => [name, store.database.prepare(text)]);
    this.#sql = Object.fromEntries(prepared) as Record<keyof typeof SQL, StatementSync>;
  }

  async saltKey(): Promise<Buffer> {
    return this.#store.transaction(() => {
      this.#sql.makeSalt.run(randomBytes(32));
      return Buffer.from(this.#sql.readSalt.get()?.['key'] as Uint8Array);
    });
  }

  async insert(credential: StoredCredential, owner: string, bounds: CredentialBounds): Promise<boolean> {
    const sql = this.#sql;
    return this.#store.transaction(() => {
      sql.sweep.run(credential.issuedAtMs);
      if (numberOf(sql.countOf.get(owner)) >= bounds.perOwner) sql.sweepRevoked.run(owner);
      if (numberOf(sql.countOf.get(owner)) >= bounds.perOwner) return false;
      if (numberOf(sql.count.get()) >= bounds.total) return false;
      const { id, issuedAtMs, expiresAtMs, maxUses } = credential;
      sql.add.run(id, owner, issuedAtMs, expiresAtMs, maxUses ?? null, JSON.stringify(fixedOf(credential)));
      return true;
    });
  }

  async find(id: string): Promise<StoredCredential | undefined> {
    return toCredential(this.#sql.byId.get(id));
  }

  async take(id: string, nowMs: number): Promise<Taken> {
    const row = this.#sql.byId.get(id);
    const state = this.#stateOf(row, nowMs);
    if (state !== 'taken' || row?.['max_uses'] === null) return state;
    // Whatever another process did to the row meanwhile, this either takes one of the uses that are left or nothing.
    return this.#sql.use.run(id, nowMs).changes === 1 ? 'taken' : 'spent';
  }

  async isValid(id: string, nowMs: number): Promise<boolean> {
    return this.#stateOf(this.#sql.byId.get(id), nowMs) === 'taken';
  }

  async revoke(id: string, nowMs: number): Promise<boolean> {
    return this.#sql.revoke.run(nowMs, id).changes === 1;
  }

  async remove(id: string): Promise<void> {
    this.#sql.remove.run(id);
  }

  async list(owner: string | undefined, nowMs: number, limit: number): Promise<readonly StoredCredential[]> {
    const rows = this.#sql.list.all(owner ?? null, nowMs, limit);
    return rows.flatMap((row) => toCredential(row) ?? []);
  }

  #stateOf(row: Row | undefined, nowMs: number): Taken {
    if (row === undefined) return 'unknown';
    if (row['revoked_ms'] !== null) return 'revoked';
    if (Number(row['expires_ms']) <= nowMs) {
      // A clock that is set back later must not bring it back to life.
      this.#sql.remove.run(String(row['id']));
      return 'expired';
    }
    return Number(row['issued_ms']) > nowMs + LEEWAY_MS ? 'early' : 'taken';
  }
}

function fixedOf(credential: StoredCredential): Fixed {
  const { protocol, resource, account, principal, run, verifier, providerGroups } = credential;
  return {
    protocol,
    resource,
    account,
    principal,
    ...(run === undefined ? {} : { run }),
    verifier,
    providerGroups,
  };
}

function toCredential(row: Row | undefined): StoredCredential | undefined {
  if (row === undefined) return undefined;
  // The text was written above: its shape is that of what it was made from.
  const fixed = JSON.parse(String(row['record'])) as Fixed;
  return {
    ...fixed,
    id: String(row['id']),
    issuedAtMs: Number(row['issued_ms']),
    expiresAtMs: Number(row['expires_ms']),
    ...(row['revoked_ms'] === null ? {} : { revokedAtMs: Number(row['revoked_ms']) }),
    ...(row['max_uses'] === null ? {} : { maxUses: Number(row['max_uses']) }),
    uses: Number(row['uses']),
  };
}

function numberOf(row: Row | undefined): number {
  return Number(row?.['n'] ?? 0);
}
