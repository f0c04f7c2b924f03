import type { CredentialForm } from '../../../credentials/session/credential-form.ts';
import { makeScramVerifier } from './scram/scram-keys.ts';

/** PostgreSQL's session credentials: a SCRAM verifier is kept, and a URL is given. */
export const credentialForm: CredentialForm = {
  makeVerifier: (secret, salt) => makeScramVerifier(secret, salt),
  login({ id, secret, account, resource, database, host, port, caFile }) {
    const user = `${account}+${id}`;
    const authority = `${host.includes(':') ? `[${host}]` : host}:${port}`;
    const path = [resource, ...(database === undefined ? [] : [database])].map(encodeURIComponent).join('/');
    // The plus is escaped, because some clients read one as a space.
    const url = `postgresql://${encodeURIComponent(user)}:${encodeURIComponent(secret)}@${authority}/${path}`;
    const ca = encodeURIComponent(caFile).replaceAll('%2F', '/');
    return { user, url: `${url}?sslmode=verify-full&sslrootcert=${ca}` };
  },
};
