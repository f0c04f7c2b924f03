/** The gateway's own certificate authorities. Each vouches for one thing: no certificate of one is worth anything to another. */
import type { KeyFiles } from '../../listener/key-files.ts';
import type { Signer } from './certificate/certificate.ts';
import { publicKeyLine } from './certificate/public-key.ts';
import { SshError } from './errors.ts';
import { ed25519Signer, newHostKeyText, readPrivateKey } from './transport/keys.ts';

/**
 * `user`: clients, to this gateway. `host`: this gateway, to clients. `upstream`: this gateway's accounts, to machines. Were the
 * first and the last one key, clients could log in to machines past the gateway.
 */
export type AuthorityName = 'user' | 'host' | 'upstream';

/** An authority. */
export interface Authority {
  readonly signer: Signer;
  /** Its public key as one line: for TrustedUserCAKeys, or behind `@cert-authority`. */
  readonly line: string;
}

/** Its key, made at first use. Rejects with a GatewayError. */
export async function openAuthority(keyFiles: KeyFiles, name: AuthorityName): Promise<Authority> {
  const file = `ssh_${name}_ca_ed25519_key`;
  const key = readPrivateKey(await keyFiles.open(file, newHostKeyText));
  const signer = key === undefined ? undefined : ed25519Signer(key);
  if (signer !== undefined) {
    return { signer, line: publicKeyLine('ssh-ed25519', signer.publicKey, `sallyport-${name}-ca`) };
  }
  // Never made anew by itself: what it signed would be worth nothing all at once.
  const message = `${file} holds no Ed25519 key without passphrase in OpenSSH format; put the old key back, or delete the file so that a new one is made`;
  throw new SshError('ERR_SSH_AUTHORITY', message);
}
