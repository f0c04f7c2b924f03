import type { KeyedHash } from './keyed-hash.ts';

/** As many as FF1 of NIST SP 800-38G; the round function here is HMAC-SHA-256. */
const ROUNDS = 10;
/** Digits that are permuted together; a longer text is cut in pieces of this size. */
const LONGEST_PIECE = 30;

/**
 * Maps texts of digits to texts of as many digits, one to one: a Feistel network over the decimal halves, so that
 * different values never share a pseudonym. A short text has few pseudonyms, whatever the method.
 */
export function permuteDigits(key: KeyedHash, digits: string): string {
  let result = '';
  for (let at = 0; at < digits.length; at += LONGEST_PIECE) {
    const piece = digits.slice(at, at + LONGEST_PIECE);
    const label = `digits/${digits.length}/${at}`;
    result += piece.length === 1 ? permuteDigit(key, label, piece) : permutePiece(key, label, piece);
  }
  return result;
}

function permutePiece(key: KeyedHash, label: string, piece: string): string {
  const half = piece.length >> 1;
  let left = piece.slice(0, half);
  let right = piece.slice(half);
  for (let round = 0; round < ROUNDS; round += 1) {
    const modulus = 10n ** BigInt(left.length);
    const sum = (BigInt(left) + roundValue(key, `${label}/${round}/${right}`)) % modulus;
    const next = sum.toString().padStart(left.length, '0');
    left = right;
    right = next;
  }
  return left + right;
}

/** One digit has no halves: the ten digits are put in the order of their keyed values. */
function permuteDigit(key: KeyedHash, label: string, digit: string): string {
  const order = Array.from('0123456789', (each) => ({ each, value: roundValue(key, `${label}/${each}`) }));
  order.sort((one, other) => (one.value < other.value ? -1 : 1));
  return order[Number(digit)]?.each ?? digit;
}

/**
 * Maps whole numbers `first` to `last` (inclusive) to each other, one to one: a Feistel network over an even number of
 * bits, walked on until it lands in the range, which takes four steps at most on average.
 */
export function permuteRange(key: KeyedHash, value: bigint, first: bigint, last: bigint): bigint {
  const size = last - first + 1n;
  let bits = (size - 1n).toString(2).length;
  bits += bits % 2;
  const half = BigInt(bits / 2);
  const mask = (1n << half) - 1n;
  const label = `range/${first}/${last}`;
  let current = value - first;
  do {
    let left = current >> half;
    let right = current & mask;
    for (let round = 0; round < ROUNDS; round += 1) {
      [left, right] = [right, left ^ (roundValue(key, `${label}/${round}/${right}`) & mask)];
    }
    current = (left << half) | right;
  } while (current >= size);
  return current + first;
}

function roundValue(key: KeyedHash, input: string): bigint {
  return BigInt(`0x${key.digest(input, '').toString('hex')}`);
}
