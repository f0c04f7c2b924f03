/** Masks of hstore: the values are masked as text, keys stay (hstore_out, hstore_send of PostgreSQL's contrib/hstore). */
import { encodeValue } from './array-mask.ts';
import type { TypeMask } from './type-mask.ts';

const PAIR = /\s*("(?:[^"\\]|\\.)*")=>(?:("(?:[^"\\]|\\.)*")|NULL)(?:, |$)/gsy;

/** What masks the values of an hstore, and what is looked for in its keys: a finding there makes the whole NULL. */
export interface PairMasks {
  readonly values: TypeMask;
  readonly keys: TypeMask | undefined;
}

/** Makes the mask of an hstore. What is none becomes NULL. */
export function hstoreMask(masks: PairMasks): TypeMask {
  return { text: (value) => maskText(value, masks), binary: (value) => maskBinary(value, masks) };
}

function maskText(value: string, { values, keys }: PairMasks): string | undefined {
  PAIR.lastIndex = 0;
  const pairs: string[] = [];
  let isChanged = false;
  while (PAIR.lastIndex < value.length) {
    const pair = PAIR.exec(value);
    if (pair === null) return undefined;
    const [, key = '', quoted] = pair;
    if (keys !== undefined && keys.text(unquote(key)) !== unquote(key)) return undefined;
    const original = quoted === undefined ? undefined : unquote(quoted);
    const masked = original === undefined ? undefined : values.text(original);
    isChanged ||= masked !== original;
    pairs.push(`${key}=>${masked === undefined ? 'NULL' : quote(masked)}`);
  }
  return isChanged ? pairs.join(', ') : value;
}

function unquote(quoted: string): string {
  return quoted.slice(1, -1).replaceAll(/\\(.)/gs, '$1');
}

function quote(text: string): string {
  return `"${text.replaceAll(/["\\]/g, '\\$&')}"`;
}

function maskBinary(value: Buffer, { values, keys }: PairMasks): Buffer | undefined {
  const count = value.length < 4 ? -1 : value.readInt32BE(0);
  const pieces: Buffer[] = [value.subarray(0, 4)];
  let isChanged = false;
  let at = 4;
  for (let item = 0; item < 2 * count; item += 1) {
    if (at + 4 > value.length) return undefined;
    const length = value.readInt32BE(at);
    const end = at + 4 + Math.max(length, 0);
    if (length < -1 || end > value.length) return undefined;
    const original = value.subarray(at + 4, end);
    const isValue = item % 2 === 1 && length >= 0;
    const masked = isValue ? values.binary(original) : original;
    const isKey = item % 2 === 0;
    if (isKey && keys !== undefined && keys.binary(original) !== original) return undefined;
    isChanged ||= masked !== original;
    pieces.push(...(masked === original ? [value.subarray(at, end)] : encodeValue(masked)));
    at = end;
  }
  if (count < 0 || at !== value.length) return undefined;
  return isChanged ? Buffer.concat(pieces) : value;
}
