/** Masks of rows as values, field by field (PostgreSQL documentation, 8.16.6; record_send of its source). */
import { encodeValue } from './array-mask.ts';
import type { TypeMask } from './type-mask.ts';

/** How the fields of a row are masked; undefined leaves a field as it is. */
export interface FieldMasks {
  /** Number of fields; undefined for a record of which it is not known. */
  readonly count: number | undefined;
  /** The mask of the field at `index`; `type` is its oid where the value tells it (binary format). */
  at(index: number, type: number | undefined): TypeMask | undefined;
}

/** Makes the mask of a row. What is no row, or has another number of fields, becomes NULL. */
export function compositeMask(fields: FieldMasks): TypeMask {
  return {
    text: (value) => maskText(value, fields),
    binary: (value) => maskBinary(value, fields),
  };
}

function maskText(value: string, fields: FieldMasks): string | undefined {
  if (!value.startsWith('(') || !value.endsWith(')')) return undefined;
  const last = value.length - 1;
  let output = '';
  let done = 0;
  let index = 0;
  for (let at = 1; at <= last; index += 1) {
    const end = fieldEnd(value, at, last);
    if (end < 0) return undefined;
    const replaced = maskField(value.slice(at, end), fields.at(index, undefined));
    if (replaced !== undefined) {
      output += value.slice(done, at) + replaced;
      done = end;
    }
    at = end + 1;
  }
  // `()` is a row without fields, or with one that is NULL.
  if (fields.count !== undefined && index !== fields.count && !(value === '()' && fields.count === 0))
    return undefined;
  return done === 0 ? value : output + value.slice(done);
}

/** Place of the comma or parenthesis behind the field; -1 where a quote is not closed. */
function fieldEnd(value: string, start: number, last: number): number {
  let isQuoted = false;
  for (let at = start; at <= last; at += 1) {
    const sign = value.charAt(at);
    if (sign === '\\') at += 1;
    else if (sign === '"') isQuoted = !isQuoted;
    else if (!isQuoted && (sign === ',' || at === last)) return at;
  }
  return -1;
}

function maskField(raw: string, mask: TypeMask | undefined): string | undefined {
  if (raw === '' || mask === undefined) return undefined;
  const text = /["\\]/.test(raw) ? unquote(raw) : raw;
  const masked = mask.text(text);
  if (masked === text) return undefined;
  return masked === undefined ? '' : `"${masked.replaceAll(/["\\]/g, '$&$&')}"`;
}

function unquote(raw: string): string {
  return raw.replaceAll(/\\(.)|""|"/gs, (sign, escaped?: string) => escaped ?? (sign === '""' ? '"' : ''));
}

const FIELD_HEADER = 8;

function maskBinary(value: Buffer, fields: FieldMasks): Buffer | undefined {
  if (value.length < 4) return undefined;
  const count = value.readInt32BE(0);
  if (fields.count !== undefined && count !== fields.count) return undefined;
  const pieces: Buffer[] = [value.subarray(0, 4)];
  let isChanged = false;
  let at = 4;
  for (let index = 0; index < count; index += 1) {
    if (at + FIELD_HEADER > value.length) return undefined;
    const type = value.readUInt32BE(at);
    const length = value.readInt32BE(at + 4);
    const end = at + FIELD_HEADER + Math.max(length, 0);
    if (length < -1 || end > value.length) return undefined;
    const original = value.subarray(at + FIELD_HEADER, end);
    const mask = length < 0 ? undefined : fields.at(index, type);
    const masked = mask === undefined ? original : mask.binary(original);
    isChanged ||= masked !== original;
    pieces.push(value.subarray(at, at + 4));
    pieces.push(...(masked === original ? [value.subarray(at + 4, end)] : encodeValue(masked)));
    at = end;
  }
  if (at !== value.length) return undefined;
  return isChanged ? Buffer.concat(pieces) : value;
}
