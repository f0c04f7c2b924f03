import type { CredentialForm, CredentialLogin } from '../../../credentials/session/credential-form.ts';
import type { KeyFiles } from '../../../listener/key-files.ts';
import { rdpFileText } from '../client-file/rdp-file.ts';
import { openSealedHashes } from './sealed-hash.ts';

/** RDP's session credentials: the NT hash is kept, sealed, because NLA checks a secret by nothing else. */
export async function openCredentialForm(keyFiles: KeyFiles): Promise<CredentialForm> {
  const hashes = await openSealedHashes(keyFiles);
  return {
    makeVerifier: (secret, salt) => Promise.resolve(hashes.seal(secret, salt)),
    login({ id, secret, account, resource, host, port }) {
      const user = userName({ id, account, resource });
      const authority = `${host.includes(':') ? `[${host}]` : host}:${port}`;
      return { user, url: `rdp://${encodeURIComponent(user)}:${encodeURIComponent(secret)}@${authority}` };
    },
    rdpFile: ({ id, account, resource, ...rest }) =>
      rdpFileText({ user: userName({ id, account, resource }), ...rest }),
  };
}

/** No part of it is secret: clients show it, keep it, and send its beginning in the clear. */
function userName({ id, account, resource }: Pick<CredentialLogin, 'id' | 'account' | 'resource'>): string {
  return `${account}+${resource}+${id}`;
}
