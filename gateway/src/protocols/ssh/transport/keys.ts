/** Keys of SSH: made, read, and named by their fingerprints. */
import { hash } from 'node:crypto';
import { type ParsedKey, ssh2 } from './ssh2.ts';

export type { ParsedKey } from './ssh2.ts';

/** A new Ed25519 key in OpenSSH's file format (PROTOCOL.key). */
export function newHostKeyText(): string {
  return `${ssh2.utils.generateKeyPairSync('ed25519').private.trimEnd()}\n`;
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
