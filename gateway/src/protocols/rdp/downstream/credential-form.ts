import type { CredentialForm } from '../../../credentials/session/credential-form.ts';
import { keyedHash } from '../../../credentials/session/keyed-hash.ts';

/** RDP's session credentials. */
export const credentialForm: CredentialForm = {
  makeVerifier: (secret, salt) => Promise.resolve(keyedHash(secret, salt)),
  login({ id, secret, account, resource, host, port }) {
    const user = `${account}+${resource}+${id}`;
    const authority = `${host.includes(':') ? `[${host}]` : host}:${port}`;
    return { user, url: `rdp://${encodeURIComponent(user)}:${encodeURIComponent(secret)}@${authority}` };
  },
};
