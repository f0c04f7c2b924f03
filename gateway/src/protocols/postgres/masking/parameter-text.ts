/** Values of parameters as text, and back: of the types whose binary form is plain (PostgreSQL 18, src/backend/utils/adt). */
import type { Format } from '../wire/format-codes.ts';

/** How a value was sent. */
export interface ParameterForm {
  /** Oid of its type; 0 where the server infers it. */
  readonly type: number;
  readonly format: Format;
}

const INTEGER_BYTES: ReadonlyMap<number, number> = new Map([
  [21, 2],
  [23, 4],
  [20, 8],
]);
const UUID = 2950;
/** text, varchar, bpchar, unknown: the same bytes in both formats. */
const TEXTS: ReadonlySet<number> = new Set([25, 1043, 1042, 705]);

/** The text of a value; `undefined` where its form is not known. */
export function decodeParameter(value: Buffer, { type, format }: ParameterForm): string | undefined {
  if (format === 'text' || TEXTS.has(type)) return value.toString('utf8');
  const bytes = INTEGER_BYTES.get(type);
  if (bytes !== undefined && value.length === bytes) return integerOf(value).toString();
  if (type !== UUID || value.length !== 16) return undefined;
  return value.toString('hex').replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
}

/** The value of a text; `undefined` where the form cannot hold it. */
export function encodeParameter(text: string, { type, format }: ParameterForm): Buffer | undefined {
  if (format === 'text' || TEXTS.has(type)) return Buffer.from(text, 'utf8');
  const bytes = INTEGER_BYTES.get(type);
  if (bytes === undefined) {
    const hex = text.replaceAll('-', '');
    return type === UUID && /^[0-9a-f]{32}$/i.test(hex) ? Buffer.from(hex, 'hex') : undefined;
  }
  if (!/^-?\d{1,19}$/.test(text)) return undefined;
  const number = BigInt(text);
  if (BigInt.asIntN(bytes * 8, number) !== number) return undefined;
  const value = Buffer.alloc(8);
  value.writeBigInt64BE(number);
  return value.subarray(8 - bytes);
}

function integerOf(value: Buffer): bigint {
  return value.reduce((sum, byte) => (sum << 8n) | BigInt(byte), value.readInt8(0) < 0 ? -1n : 0n);
}
