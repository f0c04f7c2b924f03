/** Keys of SSH: made, read, and named by their fingerprints. */
import { generateKeyPairSync, hash, randomBytes } from 'node:crypto';
import { type ParsedKey, ssh2 } from './ssh2.ts';

export type { ParsedKey } from './ssh2.ts';

/** Bytes that the private part is filled up to whole blocks of, with the cipher `none`. */
const BLOCK = 8;

/**
 * A new Ed25519 key in OpenSSH's file format (PROTOCOL.key). Written here, because about one in 150 that the package writes
 * cannot be read again.
 */
export function newHostKeyText(): string {
  const { privateKey } = generateKeyPairSync('ed25519');
  const { x = '', d = '' } = privateKey.export({ format: 'jwk' });
  const key = Buffer.from(x, 'base64url');
  const secret = Buffer.concat([Buffer.from(d, 'base64url'), key]);
  const type = sshString('ssh-ed25519');
  const check = randomBytes(4);
  const hidden = Buffer.concat([check, check, type, sshString(key), sshString(secret), sshString('')]);
  const padding = Buffer.from(Array.from({ length: -hidden.length & (BLOCK - 1) }, (_, index) => index + 1));
  const file = Buffer.concat([
    Buffer.from('openssh-key-v1\0'),
    ...['none', 'none', ''].map(sshString),
    Buffer.from([0, 0, 0, 1]),
    sshString(Buffer.concat([type, sshString(key)])),
    sshString(Buffer.concat([hidden, padding])),
  ]);
  const lines = file.toString('base64').match(/.{1,70}/g) ?? [];
  return ['-----BEGIN OPENSSH PRIVATE KEY-----', ...lines, '-----END OPENSSH PRIVATE KEY-----', ''].join(
    '\n',
  );
}

/** A string of SSH's wire (RFC 4251 section 5). */
function sshString(value: string | Buffer): Buffer {
  const bytes = Buffer.from(value);
  const length = Buffer.alloc(4);
  length.writeUInt32BE(bytes.length);
  return Buffer.concat([length, bytes]);
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
      return Buffer.concat([lengthAnd(Buffer.from(key.type)), lengthAnd(signature)]);
    },
  };
}

function lengthAnd(bytes: Buffer): Buffer {
  const length = Buffer.alloc(4);
  length.writeUInt32BE(bytes.length);
  return Buffer.concat([length, bytes]);
}
