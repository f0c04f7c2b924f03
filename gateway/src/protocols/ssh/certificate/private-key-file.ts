/** Ed25519 keys in OpenSSH's own file format (PROTOCOL.key), without passphrase: what `ssh` reads as an IdentityFile. */
import { generateKeyPairSync, randomInt } from 'node:crypto';
import { wireString, wireUint32 } from './wire.ts';

/** A key pair of Ed25519, raw. */
export interface Ed25519Pair {
  /** 32 bytes (RFC 8032 section 5.1.5). */
  readonly seed: Buffer;
  /** 32 bytes. */
  readonly publicKey: Buffer;
}

const COLUMNS = 70;
const BLOCK = 8;

/** Wire form of the public key. */
export function ed25519Blob(publicKey: Uint8Array): Buffer {
  return Buffer.concat([wireString('ssh-ed25519'), wireString(publicKey)]);
}

/** A new pair. */
export function newEd25519Pair(): Ed25519Pair {
  const { x = '', d = '' } = generateKeyPairSync('ed25519').privateKey.export({ format: 'jwk' });
  return { seed: Buffer.from(d, 'base64url'), publicKey: Buffer.from(x, 'base64url') };
}

/** The text of the file. */
export function privateKeyFile({ seed, publicKey }: Ed25519Pair, comment: string): string {
  // Any number: a reader compares its two copies.
  const check = randomInt(2 ** 32);
  const secrets = Buffer.concat([
    wireUint32(check),
    wireUint32(check),
    ed25519Blob(publicKey),
    wireString(Buffer.concat([seed, publicKey])),
    wireString(comment),
  ]);
  const padding = Buffer.from(
    Array.from({ length: (BLOCK - (secrets.length % BLOCK)) % BLOCK }, (_, index) => index + 1),
  );
  const bytes = Buffer.concat([
    Buffer.from('openssh-key-v1\0'),
    wireString('none'),
    wireString('none'),
    wireString(''),
    wireUint32(1),
    wireString(ed25519Blob(publicKey)),
    wireString(Buffer.concat([secrets, padding])),
  ]);
  const lines = bytes.toString('base64').match(new RegExp(`.{1,${COLUMNS}}`, 'g')) ?? [];
  return ['-----BEGIN OPENSSH PRIVATE KEY-----', ...lines, '-----END OPENSSH PRIVATE KEY-----', ''].join(
    '\n',
  );
}
