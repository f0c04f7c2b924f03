import type { CredentialForm } from '../../../credentials/session/credential-form.ts';
import { keyedHash } from '../../../credentials/session/keyed-hash.ts';

/**
 * HTTP's session credentials. Clients that take logins in URLs (curl) send Basic; others send `Bearer ID.SECRET`.
 */
export const credentialForm: CredentialForm = {
  makeVerifier: (secret, salt) => Promise.resolve(keyedHash(secret, salt)),
  login({ id, secret, account, resource, host, port }) {
    const user = `${account}+${id}`;
    const authority = `${host.includes(':') ? `[${host}]` : host}:${port}`;
    const login = `${encodeURIComponent(user)}:${encodeURIComponent(secret)}`;
    return { user, url: `https://${login}@${authority}/${encodeURIComponent(resource)}/` };
  },
};
