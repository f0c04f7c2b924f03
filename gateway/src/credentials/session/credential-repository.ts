/** Where session credentials are kept. Asynchronous, so that a shared database can take the file's place. */
import type { StoredCredential } from './session-credential.ts';

/** How many credentials there may be. */
export interface CredentialBounds {
  readonly perOwner: number;
  readonly total: number;
}

/** What became of an attempt to use a credential. */
export type Taken = 'taken' | 'unknown' | 'revoked' | 'expired' | 'early' | 'spent';

/** Keeps credentials. Whatever resolves is on the device. */
export interface CredentialRepository {
  /** The key that salts are derived from: made once, so that an id has the same salt for ever, whether it exists or not. */
  saltKey(): Promise<Buffer>;
  /** Adds one, after those that have ended are gone; false where there is no room. @param owner who may list and revoke it */
  insert(credential: StoredCredential, owner: string, bounds: CredentialBounds): Promise<boolean>;
  find(id: string): Promise<StoredCredential | undefined>;
  /** Takes one use, exactly: of two that race for the last one, one gets it. One that is seen expired is gone for good. */
  take(id: string, nowMs: number): Promise<Taken>;
  /** Whether sessions of it may go on; uses do not matter. */
  isValid(id: string, nowMs: number): Promise<boolean>;
  /** False where there is nothing to revoke. */
  revoke(id: string, nowMs: number): Promise<boolean>;
  remove(id: string): Promise<void>;
  /** Those that have not ended, revoked ones too, the newest first; of one owner or of all. */
  list(owner: string | undefined, nowMs: number, limit: number): Promise<readonly StoredCredential[]>;
}
