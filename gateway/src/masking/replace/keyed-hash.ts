/**
 * HMAC-SHA-256 (RFC 2104, FIPS 180-4) for many short messages under one key. What depends on the key alone is hashed
 * once; a message then costs two or three compressions and no call into the crypto library, whose set-up alone costs
 * several times as much. Same results as `node:crypto`; no branch and no look-up depends on key or message.
 */
import { createHmac } from 'node:crypto';

const BLOCK_BYTES = 64;
const DIGEST_BYTES = 32;
/** The end of a message takes a byte of 0x80 and eight of its length. */
const PADDING_BYTES = 9;
/** Longer ones are left to `node:crypto`. */
const LONGEST = 1024;

const ROUND_CONSTANTS = constants(64, Math.cbrt);
const FIRST_STATE = constants(8, Math.sqrt);

/** First 32 bits of the fractions of the roots of the first primes. */
function constants(count: number, root: (prime: number) => number): Int32Array {
  const words = new Int32Array(count);
  let found = 0;
  for (let candidate = 2; found < count; candidate += 1) {
    let isPrime = true;
    for (let divisor = 2; divisor * divisor <= candidate; divisor += 1) {
      isPrime &&= candidate % divisor !== 0;
    }
    if (isPrime) {
      words[found] = Math.floor((root(candidate) % 1) * 2 ** 32);
      found += 1;
    }
  }
  return words;
}

const schedule = new Int32Array(64);
const message = Buffer.alloc(BLOCK_BYTES + LONGEST + BLOCK_BYTES);
const state = new Int32Array(8);

/** Digests under one key. */
export class KeyedHash {
  readonly #key: Uint8Array;
  readonly #inner: Int32Array;
  readonly #outer: Int32Array;

  /** @param key at most 64 bytes. */
  constructor(key: Uint8Array) {
    if (key.length > BLOCK_BYTES) {
      throw new RangeError('the key has more than 64 bytes');
    }
    this.#key = key;
    this.#inner = padState(key, 0x36);
    this.#outer = padState(key, 0x5c);
  }

  /** The 32 bytes of HMAC-SHA-256 over `prefix`, which is ASCII, and `value`; text is UTF-8. */
  digest(prefix: string, value: string | Uint8Array): Buffer {
    const most = prefix.length + (typeof value === 'string' ? 3 * value.length : value.length);
    if (most > LONGEST) {
      return createHmac('sha256', this.#key).update(prefix, 'latin1').update(value).digest();
    }
    let length = writeAscii(prefix, 0);
    length = typeof value === 'string' ? writeText(value, length) : writeBytes(value, length);
    state.set(this.#inner);
    finish(length);
    writeState(message);
    state.set(this.#outer);
    finish(DIGEST_BYTES);
    const digest = Buffer.allocUnsafe(DIGEST_BYTES);
    writeState(digest);
    // A value must not live longer than its digest takes.
    clear(0, length);
    return digest;
  }
}

function padState(key: Uint8Array, pad: number): Int32Array {
  message.fill(pad, 0, BLOCK_BYTES);
  key.forEach((byte, at) => {
    message[at] = byte ^ pad;
  });
  const padded = FIRST_STATE.slice();
  compress(padded, 0);
  message.fill(0, 0, BLOCK_BYTES);
  return padded;
}

function writeAscii(text: string, start: number): number {
  for (let at = 0; at < text.length; at += 1) {
    message[start + at] = text.charCodeAt(at);
  }
  return start + text.length;
}

function writeText(text: string, start: number): number {
  for (let at = 0; at < text.length; at += 1) {
    const code = text.charCodeAt(at);
    if (code > 0x7f) {
      return start + message.write(text, start, 'utf8');
    }
    message[start + at] = code;
  }
  return start + text.length;
}

function writeBytes(bytes: Uint8Array, start: number): number {
  message.set(bytes, start);
  return start + bytes.length;
}

function writeState(into: Buffer): void {
  for (let word = 0; word < 8; word += 1) {
    writeWord(into, 4 * word, state[word] ?? 0);
  }
}

function writeWord(into: Buffer, at: number, word: number): void {
  into[at] = word >>> 24;
  into[at + 1] = word >>> 16;
  into[at + 2] = word >>> 8;
  into[at + 3] = word;
}

/** A loop is quicker than a call for so few. */
function clear(start: number, end: number): void {
  for (let at = start; at < end; at += 1) {
    message[at] = 0;
  }
}

/** Hashes the first `length` bytes of the message, behind one block that `state` has seen. */
function finish(length: number): void {
  const end = Math.ceil((length + PADDING_BYTES) / BLOCK_BYTES) * BLOCK_BYTES;
  clear(length, end);
  message[length] = 0x80;
  writeWord(message, end - 4, (BLOCK_BYTES + length) * 8);
  for (let at = 0; at < end; at += BLOCK_BYTES) {
    compress(state, at);
  }
}

/** Spreads one block of the message over the schedule. */
function expand(start: number): void {
  const words = schedule;
  for (let word = 0; word < 16; word += 1) {
    const at = start + 4 * word;
    words[word] =
      ((message[at] ?? 0) << 24) |
      ((message[at + 1] ?? 0) << 16) |
      ((message[at + 2] ?? 0) << 8) |
      (message[at + 3] ?? 0);
  }
  for (let word = 16; word < 64; word += 1) {
    const x = words[word - 15] ?? 0;
    const y = words[word - 2] ?? 0;
    const low = ((x >>> 7) | (x << 25)) ^ ((x >>> 18) | (x << 14)) ^ (x >>> 3);
    const high = ((y >>> 17) | (y << 15)) ^ ((y >>> 19) | (y << 13)) ^ (y >>> 10);
    words[word] = ((words[word - 16] ?? 0) + low + (words[word - 7] ?? 0) + high) | 0;
  }
}

/** One block of the message. */
function compress(into: Int32Array, start: number): void {
  expand(start);
  let a = into[0] ?? 0;
  let b = into[1] ?? 0;
  let c = into[2] ?? 0;
  let d = into[3] ?? 0;
  let e = into[4] ?? 0;
  let f = into[5] ?? 0;
  let g = into[6] ?? 0;
  let h = into[7] ?? 0;
  for (let round = 0; round < 64; round += 1) {
    const sumE = ((e >>> 6) | (e << 26)) ^ ((e >>> 11) | (e << 21)) ^ ((e >>> 25) | (e << 7));
    const first =
      (h + sumE + ((e & f) ^ (~e & g)) + (ROUND_CONSTANTS[round] ?? 0) + (schedule[round] ?? 0)) | 0;
    const sumA = ((a >>> 2) | (a << 30)) ^ ((a >>> 13) | (a << 19)) ^ ((a >>> 22) | (a << 10));
    const second = (sumA + ((a & b) ^ (a & c) ^ (b & c))) | 0;
    h = g;
    g = f;
    f = e;
    e = (d + first) | 0;
    d = c;
    c = b;
    b = a;
    a = (first + second) | 0;
  }
  add(into, 0, a);
  add(into, 1, b);
  add(into, 2, c);
  add(into, 3, d);
  add(into, 4, e);
  add(into, 5, f);
  add(into, 6, g);
  add(into, 7, h);
}

function add(words: Int32Array, at: number, word: number): void {
  words[at] = ((words[at] ?? 0) + word) | 0;
}
