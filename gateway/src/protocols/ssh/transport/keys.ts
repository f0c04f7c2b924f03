/** Keys of SSH: made, read, and named by their fingerprints. */
import { hash } from 'node:crypto';
import { newEd25519Pair, privateKeyFile } from '../certificate/private-key-file.ts';
import { wireString } from '../certificate/wire.ts';
import { type ParsedKey, ssh2 } from './ssh2.ts';

export type { ParsedKey } from './ssh2.ts';

/** A new Ed25519 key in OpenSSH's file format. About one in 150 that the package itself writes cannot be read again. */
export function newHostKeyText(): string {
  return privateKeyFile(newEd25519Pair(), '');
}

/** Reads a private key without passphrase; undefined for anything else. */
export function readPrivateKey(text: string): ParsedKey | undefined {
  const parsed = ssh2.utils.parseKey(text);
  const key = parsed instanceof Error ? undefined : Array.isArray(parsed) ? parsed[0] : parsed;
  return key !== undefined && 'isPrivateKey' in key && key.isPrivateKey() ? key : undefined;
}

/** `SHA256:…`, as OpenSSH prints it, of a public key in wire form (RFC 4253 section 6.6). */
export function fingerprintOf(publicKey: Uint8Array): string {
  return `SHA256:${hash('sha256', publicKey, 'base64').replace(/=+$/, '')}`;
}

/** Signs with an Ed25519 key; undefined for keys of other types. */
export function ed25519Signer(
  key: ParsedKey,
): { readonly publicKey: Buffer; sign(data: Buffer): Buffer } | undefined {
  if (key.type !== 'ssh-ed25519') return undefined;
  return {
    publicKey: key.getPublicSSH(),
    sign(data) {
      const signature = key.sign(data);
      if (signature instanceof Error) throw signature;
      return Buffer.concat([wireString(key.type), wireString(signature)]);
    },
  };
}
