/**
 * NT hashes at rest. Whoever has one can log in with it, so it is kept encrypted, and the key is not where the hashes
 * are: neither a copy of the database nor the key alone is of use.
 */
import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';
import type { KeyFiles } from '../../../listener/key-files.ts';
import { ntHash } from '../nla/ntlm/keys.ts';

/** The file of the key. */
const KEY = 'rdp_credentials_key';
const KEY_BYTES = 32;
const PREFIX = 'nt-hash.aes-256-gcm';
const IV_BYTES = 12;
const TAG_BYTES = 16;
const HASH_BYTES = 16;

/** Seals hashes of secrets, and opens them. */
export interface SealedHashes {
  /** The hash of a secret, sealed. @param salt the credential's: what is sealed for one opens for no other */
  seal(secret: string, salt: Uint8Array): string;
  /** The hash, to be zeroed after use; undefined where it was sealed for another credential or under another key. */
  open(sealed: string, salt: Uint8Array): Buffer | undefined;
}

/** Reads the key, or makes it. @throws ListenerError; TypeError where the file holds no key */
export async function openSealedHashes(keyFiles: KeyFiles): Promise<SealedHashes> {
  const text = await keyFiles.open(KEY, () => `${randomBytes(KEY_BYTES).toString('hex')}\n`);
  const key = Buffer.from(text.trim(), 'hex');
  if (key.length !== KEY_BYTES)
    throw new TypeError(
      `${KEY} holds no key of ${KEY_BYTES} bytes in hexadecimal; remove it to have a new one made`,
    );
  return {
    seal: (secret, salt) => {
      const iv = randomBytes(IV_BYTES);
      const cipher = createCipheriv('aes-256-gcm', key, iv, { authTagLength: TAG_BYTES });
      cipher.setAAD(salt);
      const hash = ntHash(secret);
      const sealed = Buffer.concat([cipher.update(hash), cipher.final(), cipher.getAuthTag()]);
      hash.fill(0);
      return [PREFIX, iv.toString('base64url'), sealed.toString('base64url')].join(':');
    },
    open: (sealed, salt) => {
      const [prefix, iv = '', text = ''] = sealed.split(':');
      const parts = { iv: Buffer.from(iv, 'base64url'), sealed: Buffer.from(text, 'base64url') };
      if (prefix !== PREFIX || parts.iv.length !== IV_BYTES) return undefined;
      if (parts.sealed.length !== HASH_BYTES + TAG_BYTES) return undefined;
      const decipher = createDecipheriv('aes-256-gcm', key, parts.iv, { authTagLength: TAG_BYTES });
      decipher.setAAD(salt);
      decipher.setAuthTag(parts.sealed.subarray(HASH_BYTES));
      try {
        return Buffer.concat([decipher.update(parts.sealed.subarray(0, HASH_BYTES)), decipher.final()]);
      } catch {
        return undefined;
      }
    },
  };
}
