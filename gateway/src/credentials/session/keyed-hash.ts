/**
 * Verifiers for protocols in which the secret itself arrives. It has 180 random bits, so a keyed hash of it can be stored
 * as it is.
 */
import { createHmac, timingSafeEqual } from 'node:crypto';

/** The verifier of a secret, for {@link CredentialForm}. */
export function keyedHash(secret: string, salt: Buffer): string {
  return `hmac-sha256:${createHmac('sha256', salt).update(secret).digest('hex')}`;
}

/** Whether the secret is the one that the verifier was made of; in constant time, for an unknown credential too. */
export function isSecretOf(secret: string, salt: Buffer, verifier: string | undefined): boolean {
  const made = Buffer.from(keyedHash(secret, salt));
  const known = Buffer.from(verifier ?? keyedHash('', salt));
  return made.length === known.length && timingSafeEqual(made, known) && verifier !== undefined;
}
