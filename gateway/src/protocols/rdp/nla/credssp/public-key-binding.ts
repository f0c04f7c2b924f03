/** How both sides prove that they speak through the same TLS connection (MS-CSSP 3.1.5). */
import { createHash, timingSafeEqual } from 'node:crypto';
import { FIRST_SAFE_VERSION } from './ts-request.ts';

/** Which side proves it. */
export type BindingSide = 'client' | 'server';

/** What a binding is made of. */
export interface BindingParts {
  /** The lower of both versions. */
  readonly version: number;
  /** SubjectPublicKey of the TLS certificate. */
  readonly publicKey: Uint8Array;
  /** The client's; there is none before version 5. */
  readonly nonce: Uint8Array;
}

/** What that side seals. */
export function publicKeyBinding(side: BindingSide, { version, publicKey, nonce }: BindingParts): Buffer {
  if (version >= FIRST_SAFE_VERSION) {
    const direction = side === 'client' ? 'Client-To-Server' : 'Server-To-Client';
    return createHash('sha256')
      .update(`CredSSP ${direction} Binding Hash\0`, 'latin1')
      .update(nonce)
      .update(publicKey)
      .digest();
  }
  const key = Buffer.from(publicKey);
  // The server's answer is the key as a number, plus one; Windows has no carry, and numbers begin with their low byte.
  if (side === 'server') key[0] = (key[0] ?? 0) + 1;
  return key;
}

/** Compares in constant time. */
export function isBinding(found: Uint8Array, side: BindingSide, parts: BindingParts): boolean {
  const expected = publicKeyBinding(side, parts);
  return found.length === expected.length && timingSafeEqual(found, expected);
}
