/** Signing and sealing of a session with extended session security (MS-NLMP 3.4.3, 3.4.4). */
import { timingSafeEqual } from 'node:crypto';
import { malformed, NlaFault } from '../errors.ts';
import { Rc4 } from '../rc4.ts';
import { type DirectionKeys, directionKeys, hmacMd5 } from './keys.ts';

/** NTLMSSP_MESSAGE_SIGNATURE: version, checksum, sequence number. */
const SIGNATURE_BYTES = 16;
const CHECKSUM_BYTES = 8;

/** What one side sends: each message has a number, and a place in the key stream. */
class Direction {
  readonly #keys: DirectionKeys;
  #stream: Rc4;
  #sequence = 0;

  constructor(keys: DirectionKeys) {
    this.#keys = keys;
    this.#stream = new Rc4(keys.sealing);
  }

  crypt(bytes: Uint8Array): Buffer {
    return this.#stream.apply(bytes);
  }

  /** The signature of the next message. */
  sign(message: Uint8Array): Buffer {
    const sequence = Buffer.alloc(4);
    sequence.writeUInt32LE(this.#sequence >>> 0);
    this.#sequence += 1;
    const digest = hmacMd5(this.#keys.signing, sequence, message).subarray(0, CHECKSUM_BYTES);
    return Buffer.concat([Buffer.from([1, 0, 0, 0]), this.crypt(digest), sequence]);
  }

  /** Begins the key stream anew; numbers go on. */
  restart(): void {
    this.#stream.wipe();
    this.#stream = new Rc4(this.#keys.sealing);
  }

  wipe(): void {
    this.#stream.wipe();
    this.#keys.signing.fill(0);
    this.#keys.sealing.fill(0);
  }
}

/** A session's keys, at one of its ends. */
export class NtlmSealing {
  readonly #sending: Direction;
  readonly #receiving: Direction;

  /** @param sessionKey ExportedSessionKey, 16 bytes */
  constructor(sessionKey: Uint8Array, role: 'client' | 'server') {
    const toServer = new Direction(directionKeys(sessionKey, 'client-to-server'));
    const toClient = new Direction(directionKeys(sessionKey, 'server-to-client'));
    this.#sending = role === 'client' ? toServer : toClient;
    this.#receiving = role === 'client' ? toClient : toServer;
  }

  /** Encrypts and signs: signature, then ciphertext. */
  seal(message: Uint8Array): Buffer {
    const sealed = this.#sending.crypt(message);
    return Buffer.concat([this.#sending.sign(message), sealed]);
  }

  /** @throws NlaFault where it is not the peer's next message, as the peer sealed it */
  unseal(sealed: Buffer): Buffer {
    if (sealed.length < SIGNATURE_BYTES) throw malformed('a sealed message that is cut off');
    const message = this.#receiving.crypt(sealed.subarray(SIGNATURE_BYTES));
    this.#check(message, sealed.subarray(0, SIGNATURE_BYTES));
    return message;
  }

  /** Signs what is sent in the clear. */
  sign(message: Uint8Array): Buffer {
    return this.#sending.sign(message);
  }

  /** @throws NlaFault where it is no signature of the peer's over this, as its next */
  verify(message: Uint8Array, signature: Buffer): void {
    this.#check(message, signature);
  }

  /** Begins both key streams anew, as after the exchange of SPNEGO's integrity codes; sequence numbers go on. */
  restart(): void {
    this.#sending.restart();
    this.#receiving.restart();
  }

  /** Forgets the keys. */
  wipe(): void {
    this.#sending.wipe();
    this.#receiving.wipe();
  }

  #check(message: Uint8Array, signature: Buffer): void {
    const expected = this.#receiving.sign(message);
    if (signature.length !== expected.length || !timingSafeEqual(signature, expected))
      throw new NlaFault('ERR_RDP_NLA_INTEGRITY', 'a signature is wrong, or of another message');
  }
}
