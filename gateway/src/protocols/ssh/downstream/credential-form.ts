import { createHmac, timingSafeEqual } from 'node:crypto';
import type { CredentialForm } from '../../../credentials/session/credential-form.ts';

/** SSH's session credentials: the secret has 180 random bits, so a keyed hash of it can be stored as it is. */
export const credentialForm: CredentialForm = {
  makeVerifier: (secret, salt) => Promise.resolve(verifierOf(secret, salt)),
  login({ id, secret, account, resource, host, port }) {
    const user = `${account}+${resource}+${id}`;
    const authority = `${host.includes(':') ? `[${host}]` : host}:${port}`;
    return { user, url: `ssh://${encodeURIComponent(user)}:${encodeURIComponent(secret)}@${authority}` };
  },
};

/** Whether the secret is the one that the verifier was made of; in constant time, for an unknown credential too. */
export function isSecretOf(secret: string, salt: Buffer, verifier: string | undefined): boolean {
  const made = Buffer.from(verifierOf(secret, salt));
  const known = Buffer.from(verifier ?? verifierOf('', salt));
  return made.length === known.length && timingSafeEqual(made, known) && verifier !== undefined;
}

function verifierOf(secret: string, salt: Buffer): string {
  return `hmac-sha256:${createHmac('sha256', salt).update(secret).digest('hex')}`;
}
