/**
 * Pseudonyms of values that are not text: valid values of the same type, made of a keyed digest, so that equal values
 * stay equal (joins, look-ups). Numbers keep their sign, number of digits and scale, so that they fit where they came
 * from.
 */
import type { ScalarKind } from './value-type.ts';

type Shape = (digest: Uint8Array, text: string) => string | undefined;

/** The smallest number of digits of which all numbers fit, by type. */
const SAFE_DIGITS = { int2: 4, int4: 9, int8: 18 } as const;

const SHAPES: Partial<Readonly<Record<ScalarKind, Shape>>> = {
  int2: (digest, text) => digitsLike(digest, text, SAFE_DIGITS.int2),
  int4: (digest, text) => digitsLike(digest, text, SAFE_DIGITS.int4),
  int8: (digest, text) => digitsLike(digest, text, SAFE_DIGITS.int8),
  numeric: (digest, text) => (/^-?\d+(?:\.\d+)?$/.test(text) ? digitsLike(digest, text, 1000) : undefined),
  float4: (digest) => `${toBigInt(digest, 0, 3) % 1_000_000n}`,
  float8: (digest) => `${toBigInt(digest, 0, 6) % 1_000_000_000_000n}`,
  uuid: uuidOf,
  date: dayOf,
  timestamp: (digest) => `${dayOf(digest)} ${timeOf(digest)}`,
  timestamptz: (digest) => `${dayOf(digest)} ${timeOf(digest)}+00`,
  inet: (digest, text) =>
    text.includes(':')
      ? `fd00:${Array.from({ length: 7 }, (_, index) => toBigInt(digest, 2 * index, 2).toString(16)).join(':')}`
      : `10.${digest[0] ?? 0}.${digest[1] ?? 0}.${digest[2] ?? 0}`,
  macaddr: (digest) =>
    `02:${[...digest.subarray(0, 5)].map((byte) => byte.toString(16).padStart(2, '0')).join(':')}`,
};

/** A pseudonym of the kind, as text; undefined where the kind has none, or too few values to hide anything. */
export function shapePseudonym(kind: ScalarKind, digest: Uint8Array, text: string): string | undefined {
  return SHAPES[kind]?.(digest, text);
}

/** A number with as many digits before and after the point; the first is no zero, so that the count stays. */
function digitsLike(digest: Uint8Array, text: string, most: number): string {
  const [whole = '', fraction] = text.replace('-', '').split('.');
  const digits = stretch(digest, Math.min(whole.length, most) + (fraction?.length ?? 0));
  const cut = Math.min(whole.length, most);
  const first = cut > 1 && digits.startsWith('0') ? '1' : digits.charAt(0);
  const number = `${first}${digits.slice(1, cut)}${fraction === undefined ? '' : `.${digits.slice(cut)}`}`;
  return text.startsWith('-') && /[1-9]/.test(number) ? `-${number}` : number;
}

/** As many decimal digits as asked for; the digest is repeated, which hides as much as it can. */
function stretch(digest: Uint8Array, count: number): string {
  const block = toBigInt(digest, 0, digest.length).toString().padStart(36, '0').slice(-36);
  return block.repeat(Math.ceil(count / block.length)).slice(0, count);
}

/** A UUID of version 8 (RFC 9562 §5.8). */
function uuidOf(digest: Uint8Array): string {
  const bytes = Buffer.from(digest.subarray(0, 16));
  bytes[6] = ((bytes[6] ?? 0) & 0x0f) | 0x80;
  bytes[8] = ((bytes[8] ?? 0) & 0x3f) | 0x80;
  return bytes.toString('hex').replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-');
}

function dayOf(digest: Uint8Array): string {
  const year = 1950n + (toBigInt(digest, 0, 4) % 100n);
  const month = 1n + (toBigInt(digest, 4, 2) % 12n);
  const day = 1n + (toBigInt(digest, 6, 2) % 28n);
  return `${year}-${pad(month)}-${pad(day)}`;
}

function timeOf(digest: Uint8Array): string {
  const seconds = toBigInt(digest, 8, 4) % 86_400n;
  return `${pad(seconds / 3600n)}:${pad((seconds / 60n) % 60n)}:${pad(seconds % 60n)}`;
}

function pad(value: bigint): string {
  return String(value).padStart(2, '0');
}

function toBigInt(digest: Uint8Array, start: number, count: number): bigint {
  const hex = Buffer.from(digest.subarray(start, start + count)).toString('hex');
  return BigInt(`0x${hex === '' ? '0' : hex}`);
}
