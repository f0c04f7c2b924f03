/**
 * Makes packets of `ssh2` cheaper where its native addon is not built: it writes three times for each packet, makes a key of OpenSSL's
 * anew for each, and takes memory for each before it is enciphered. The bytes on the wire are the same (RFC 5647, `aes*-gcm@openssh.com`).
 */
import { createCipheriv, createDecipheriv, createSecretKey, type KeyObject } from 'node:crypto';
import type { Duplex } from 'node:stream';
import type { Connection, GcmCipher, GcmDecipher } from './ssh2.ts';

const TAG_BYTES = 16;
const LENGTH_BYTES = 4;
/** Packets from this size on share one buffer before they are enciphered, which happens before the next one is begun. */
const LARGE = 4_096;
/** Largest packet that anything here sends: a channel's data (RFC 4253 section 6.1 asks for 35,000). */
const LARGEST = 40_960;
/** What `ssh2` takes (RFC 4253 section 6.1). */
const LONGEST_RECEIVED = 35_000;
const shared = Buffer.allocUnsafeSlow(LARGEST);

/** What is written in one tick goes out at its end, at once. */
export function corkByTick(socket: Duplex): void {
  const write = socket.write.bind(socket) as (data: Buffer) => boolean;
  let isCorked = false;
  socket.write = ((data: Buffer): boolean => {
    if (!isCorked) {
      isCorked = true;
      socket.cork();
      process.nextTick(() => {
        isCorked = false;
        socket.uncork();
      });
    }
    return write(data);
  }) as typeof socket.write;
}

/** Replaces what enciphers by what costs less, now and after each key exchange of the connection. */
export function useLeanCiphers(connection: Connection): void {
  const replace = (): void => {
    const { _cipher: cipher, _decipher: decipher } = connection._protocol;
    if (isGcm(cipher?._encSSLName)) leanCipher(cipher as GcmCipher);
    if (isGcm(decipher?._decipherSSLName)) leanDecipher(decipher as GcmDecipher);
  };
  replace();
  connection.on('handshake', replace);
}

function isGcm(name: string | undefined): boolean {
  return name === 'aes-128-gcm' || name === 'aes-256-gcm';
}

function leanDecipher(decipher: GcmDecipher): void {
  if (!Buffer.isBuffer(decipher._decipherKey)) return;
  const key: KeyObject = createSecretKey(decipher._decipherKey);
  decipher._decipherKey = key;
  /** A packet that has not come as a whole. */
  let held: Buffer | undefined;
  let length = 0;
  const open = (packet: Buffer): boolean | number | undefined => {
    const end = packet.length - TAG_BYTES;
    const gcm = createDecipheriv(decipher._decipherSSLName as 'aes-128-gcm', key, decipher._decipherIV);
    gcm.setAAD(packet.subarray(0, LENGTH_BYTES));
    gcm.setAuthTag(packet.subarray(end));
    const plain = gcm.update(packet.subarray(LENGTH_BYTES, end));
    gcm.final();
    const padding = plain[0] ?? 0;
    if (padding + 1 >= plain.length) throw new Error('Bad packet padding');
    decipher.inSeqno = (decipher.inSeqno + 1) >>> 0;
    increment(decipher._decipherIV);
    return decipher._onPayload(plain.subarray(1, plain.length - padding));
  };
  decipher.decrypt = (data, start, end) => {
    let at = start;
    while (at < end) {
      const isWhole = length === 0 && end - at >= LENGTH_BYTES && end - at >= sizeOf(data, at);
      let result: boolean | number | undefined;
      if (isWhole) {
        const size = sizeOf(data, at);
        at += size;
        result = open(data.subarray(at - size, at));
      } else {
        held ??= Buffer.allocUnsafeSlow(LARGEST);
        const wanted = length < LENGTH_BYTES ? LENGTH_BYTES : sizeOf(held, 0);
        const count = Math.min(wanted - length, end - at);
        data.copy(held, length, at, at + count);
        at += count;
        length += count;
        if (length < LENGTH_BYTES || length < sizeOf(held, 0)) continue;
        const packet = held.subarray(0, length);
        length = 0;
        result = open(packet);
      }
      // The connection goes on with another key, or ends.
      if (result !== undefined) return result === false ? at : result;
    }
    return undefined;
  };
}

/** Bytes of the packet that begins there, its tag among them. @throws Error as ssh2 does, which ends the connection */
function sizeOf(data: Buffer, at: number): number {
  const length = data.readUInt32BE(at);
  if (length + LENGTH_BYTES + TAG_BYTES > LONGEST_RECEIVED || length < 16 || (length & 15) !== 0) {
    throw new Error('Bad packet length');
  }
  return LENGTH_BYTES + length + TAG_BYTES;
}

function leanCipher(cipher: GcmCipher): void {
  if (!Buffer.isBuffer(cipher._encKey)) return;
  const key: KeyObject = createSecretKey(cipher._encKey);
  cipher._encKey = key;
  const allocate = cipher.allocPacket.bind(cipher);
  cipher.allocPacket = (payload) => {
    if (payload < LARGE || payload > LARGEST - 64) return allocate(payload);
    return begin(payload);
  };
  cipher.encrypt = (packet) => {
    if (cipher._dead) return;
    const gcm = createCipheriv(cipher._encSSLName as 'aes-128-gcm', key, cipher._encIV);
    const length = packet.subarray(0, LENGTH_BYTES);
    gcm.setAAD(length);
    const body = gcm.update(packet.subarray(LENGTH_BYTES));
    gcm.final();
    const tag = gcm.getAuthTag();
    if (body.length < LARGE) {
      cipher._onWrite(Buffer.concat([length, body, tag], LENGTH_BYTES + body.length + TAG_BYTES));
    } else {
      // The packet is about to be used again: nothing of it may wait to be sent.
      cipher._onWrite(Buffer.from(length));
      cipher._onWrite(body);
      cipher._onWrite(tag);
    }
    increment(cipher._encIV);
    cipher.outSeqno = (cipher.outSeqno + 1) >>> 0;
  };
}

/** A packet with room for its payload: length, length of the padding, payload, padding (RFC 4253 section 6, RFC 5647 section 7.2). */
function begin(payload: number): Buffer {
  const unpadded = 1 + payload;
  const least = 16 - (unpadded & 15);
  const padding = least < 4 ? least + 16 : least;
  const packet = shared.subarray(0, LENGTH_BYTES + unpadded + padding);
  packet.writeUInt32BE(unpadded + padding, 0);
  packet[LENGTH_BYTES] = padding;
  // Any bytes will do under a cipher that authenticates; those of an earlier packet may not be seen by this peer.
  packet.fill(0, packet.length - padding);
  return packet;
}

/** The invocation counter: the last eight bytes (RFC 5647 section 7.1). */
function increment(iv: Buffer): void {
  for (let at = 11; at >= 4; at -= 1) {
    const next = ((iv[at] ?? 0) + 1) & 0xff;
    iv[at] = next;
    if (next !== 0) return;
  }
}
