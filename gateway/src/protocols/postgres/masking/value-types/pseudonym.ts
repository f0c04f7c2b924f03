/** Pseudonyms of values that are not text: valid values of the same type, equal for equal ones. */
import type { ShapedPseudonyms } from '../value-mask.ts';
import type { ScalarKind } from './value-type.ts';

type Shape = (text: string, pseudonyms: ShapedPseudonyms) => string | undefined;

const integer =
  (bits: 16 | 32 | 64): Shape =>
  (text, pseudonyms) =>
    /^-?\d{1,19}$/.test(text) ? String(pseudonyms.integer(BigInt(text), bits)) : undefined;

const SHAPES: Partial<Readonly<Record<ScalarKind, Shape>>> = {
  int2: integer(16),
  int4: integer(32),
  int8: integer(64),
  // Digits stay in their places, so that precision and scale fit the column.
  numeric: (text, pseudonyms) =>
    /^-?\d{1,1000}(?:\.\d{1,1000})?$/.test(text) ? pseudonyms.text(text, 'digits') : undefined,
  float4: (text, pseudonyms) => String(numberOf(text, pseudonyms) % 1_000_000n),
  float8: (text, pseudonyms) => String(numberOf(text, pseudonyms) % 1_000_000_000_000n),
  uuid: (text, pseudonyms) => pseudonyms.text(text, 'uuid'),
  date: (text, pseudonyms) => pseudonyms.text(text, 'date'),
  timestamp: (text, pseudonyms) => instantOf(text, pseudonyms),
  timestamptz: (text, pseudonyms) => `${instantOf(text, pseudonyms)}+00`,
  inet: (text, pseudonyms) => pseudonyms.text(text.replace(/\/\d+$/, ''), 'ip'),
  macaddr: (text, pseudonyms) => pseudonyms.text(text, 'mac'),
  bytea: (text, pseudonyms) =>
    text.startsWith('\\x')
      ? `\\x${Buffer.from(pseudonyms.bytes(Buffer.from(text.slice(2), 'hex'))).toString('hex')}`
      : undefined,
};

/**
 * A pseudonym of the kind as text; undefined where the kind has none, or so few values that none would hide anything.
 * @param text one and the same for equal values, whatever format they came in.
 */
export function shapePseudonym(
  kind: ScalarKind,
  text: string,
  pseudonyms: ShapedPseudonyms,
): string | undefined {
  return SHAPES[kind]?.(text, pseudonyms);
}

/** 64 bits of a digest. */
function numberOf(text: string, pseudonyms: ShapedPseudonyms): bigint {
  return Buffer.from(pseudonyms.bytes(Buffer.from(text, 'utf8'))).readBigUInt64BE();
}

/** A moment from 1950 to 2049. */
function instantOf(text: string, pseudonyms: ShapedPseudonyms): string {
  let rest = numberOf(text, pseudonyms);
  const take = (below: bigint): bigint => {
    const part = rest % below;
    rest /= below;
    return part;
  };
  const pad = (value: bigint): string => String(value).padStart(2, '0');
  const day = `${1950n + take(100n)}-${pad(1n + take(12n))}-${pad(1n + take(28n))}`;
  return `${day} ${pad(take(24n))}:${pad(take(60n))}:${pad(take(60n))}`;
}
