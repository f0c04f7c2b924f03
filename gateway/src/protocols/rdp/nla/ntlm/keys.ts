/** Keys of NTLMv2 (MS-NLMP 3.3.2, 3.4.5): from a secret to what signs and seals. */
import { createHash, createHmac } from 'node:crypto';
import { md4 } from '../md4.ts';

/** HMAC-MD5 over the parts, one after the other. */
export function hmacMd5(key: Uint8Array, ...parts: readonly Uint8Array[]): Buffer {
  const hmac = createHmac('md5', key);
  for (const part of parts) hmac.update(part);
  return hmac.digest();
}

function md5(...parts: readonly (Uint8Array | string)[]): Buffer {
  const hash = createHash('md5');
  for (const part of parts) hash.update(part);
  return hash.digest();
}

/** The NT hash of a secret, 16 bytes. Whoever has it can log in: it is as good as the secret. */
export function ntHash(secret: string): Buffer {
  const bytes = Buffer.from(secret, 'utf16le');
  const hash = md4(bytes);
  bytes.fill(0);
  return hash;
}

/** NTOWFv2: the key of a user's responses. */
export function responseKey(hash: Uint8Array, user: string, domain: string): Buffer {
  return hmacMd5(hash, Buffer.from(upperCase(user) + domain, 'utf16le'));
}

/** As Windows does it: each unit of UTF-16 by itself, so that no letter becomes two. */
function upperCase(text: string): string {
  return Array.from({ length: text.length }, (_, index) => {
    const unit = text.charAt(index);
    const upper = unit.toUpperCase();
    return upper.length === 1 ? upper : unit;
  }).join('');
}

/** NTProofStr: the proof that somebody has the key. */
export function proofOf(key: Uint8Array, serverChallenge: Uint8Array, clientChallenge: Uint8Array): Buffer {
  return hmacMd5(key, serverChallenge, clientChallenge);
}

/** Keys of one direction. */
export interface DirectionKeys {
  readonly signing: Buffer;
  readonly sealing: Buffer;
}

/** Keys of a direction, of a session key of 128 bits (SIGNKEY, SEALKEY with extended session security). */
export function directionKeys(
  sessionKey: Uint8Array,
  from: 'client-to-server' | 'server-to-client',
): DirectionKeys {
  const key = (purpose: string): Buffer =>
    md5(sessionKey, `session key to ${from} ${purpose} key magic constant\0`);
  return { signing: key('signing'), sealing: key('sealing') };
}
