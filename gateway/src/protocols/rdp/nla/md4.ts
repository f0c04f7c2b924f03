/**
 * MD4 (RFC 1320), of which an NT hash is made. OpenSSL 3 has it in its legacy provider only, which Node does not load.
 * Broken as a hash; as the key of NTLM it is what there is.
 */

const BLOCK = 64;

type Mix = (x: number, y: number, z: number) => number;

interface Round {
  readonly mix: Mix;
  readonly constant: number;
  /** Words of the block, in the order of use. */
  readonly order: readonly number[];
  /** Rotations of four steps, over and over. */
  readonly shifts: readonly [number, number, number, number];
}

/** Section 3.4. */
const ROUNDS: readonly Round[] = [
  {
    mix: (x, y, z) => (x & y) | (~x & z),
    constant: 0,
    order: [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15],
    shifts: [3, 7, 11, 19],
  },
  {
    mix: (x, y, z) => (x & y) | (x & z) | (y & z),
    constant: 0x5a827999,
    order: [0, 4, 8, 12, 1, 5, 9, 13, 2, 6, 10, 14, 3, 7, 11, 15],
    shifts: [3, 5, 9, 13],
  },
  {
    mix: (x, y, z) => x ^ y ^ z,
    constant: 0x6ed9eba1,
    order: [0, 8, 4, 12, 2, 10, 6, 14, 1, 9, 5, 13, 3, 11, 7, 15],
    shifts: [3, 9, 11, 15],
  },
];

type State = readonly [number, number, number, number];

/** The digest of a message, 16 bytes. */
export function md4(message: Uint8Array): Buffer {
  const padded = Buffer.alloc(Math.ceil((message.length + 9) / BLOCK) * BLOCK);
  padded.set(message);
  padded[message.length] = 0x80;
  padded.writeBigUInt64LE(BigInt(message.length) * 8n, padded.length - 8);
  let state: State = [0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476];
  for (let at = 0; at < padded.length; at += BLOCK) state = compress(state, padded, at);
  // It may be a password that was hashed.
  padded.fill(0);
  const digest = Buffer.alloc(16);
  state.forEach((word, index) => digest.writeInt32LE(word | 0, index * 4));
  return digest;
}

function compress(before: State, bytes: Buffer, at: number): State {
  let [a, b, c, d] = before;
  for (const { mix, constant, order, shifts } of ROUNDS) {
    order.forEach((word, step) => {
      const sum = (a + mix(b, c, d) + bytes.readInt32LE(at + word * 4) + constant) | 0;
      const shift = shifts[step & 3] ?? 0;
      [a, b, c, d] = [d, (sum << shift) | (sum >>> (32 - shift)), b, c];
    });
  }
  return [(a + before[0]) | 0, (b + before[1]) | 0, (c + before[2]) | 0, (d + before[3]) | 0];
}
