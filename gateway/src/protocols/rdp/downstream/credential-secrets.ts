/** What the secret of a session credential is checked with, on both ways in: NLA, and TLS alone. */
import { timingSafeEqual } from 'node:crypto';
import type { Challenge } from '../../../credentials/session/session-credentials.ts';
import type { KeyFiles } from '../../../listener/key-files.ts';
import { ntHash } from '../nla/ntlm/keys.ts';
import { openSealedHashes } from './sealed-hash.ts';

/** Checks secrets against what is kept of them. */
export interface CredentialSecrets {
  /** For NLA's look-up, which zeroes it; undefined where there is no such credential. */
  ntHashOf(challenge: Challenge): Buffer | undefined;
  /** Whether a secret that the client sent is the credential's; in constant time, for an unknown credential too. */
  isSecret(secret: string, challenge: Challenge): boolean;
}

/** Opens the key that they are kept under. @throws ListenerError */
export async function openCredentialSecrets(keyFiles: KeyFiles): Promise<CredentialSecrets> {
  const hashes = await openSealedHashes(keyFiles);
  const ntHashOf = ({ salt, verifier }: Challenge): Buffer | undefined =>
    verifier === undefined ? undefined : hashes.open(verifier, salt);
  return {
    ntHashOf,
    isSecret: (secret, challenge) => {
      const made = ntHash(secret);
      const known = ntHashOf(challenge);
      const isSame = timingSafeEqual(made, known ?? Buffer.alloc(made.length));
      made.fill(0);
      known?.fill(0);
      return isSame && known !== undefined;
    },
  };
}
