/** Numbers in PostgreSQL's binary forms, to and from their text. */

const INT_BYTES = { int2: 2, int4: 4, int8: 8 } as const;
/** A value of type integer. */
export type IntKind = keyof typeof INT_BYTES;

/** Text of a binary integer; undefined where its length is another. */
export function readInt(kind: IntKind, bytes: Buffer): string | undefined {
  if (bytes.length !== INT_BYTES[kind]) return undefined;
  if (kind === 'int8') return String(bytes.readBigInt64BE());
  return String(bytes.readIntBE(0, INT_BYTES[kind]));
}

/** Binary form of an integer; undefined where the text is none or out of range. */
export function writeInt(kind: IntKind, text: string): Buffer | undefined {
  if (!/^[+-]?\d{1,20}$/.test(text)) return undefined;
  const size = INT_BYTES[kind];
  const value = BigInt(text.startsWith('+') ? text.slice(1) : text);
  if (BigInt.asIntN(size * 8, value) !== value) return undefined;
  const bytes = Buffer.alloc(8);
  bytes.writeBigInt64BE(value);
  return bytes.subarray(8 - size);
}

/** Text of a binary float as JavaScript writes it; undefined where its length is another. */
export function readFloat(size: 4 | 8, bytes: Buffer): string | undefined {
  if (bytes.length !== size) return undefined;
  return String(size === 4 ? bytes.readFloatBE() : bytes.readDoubleBE());
}

/** Binary form of a finite float; undefined for any other text. */
export function writeFloat(size: 4 | 8, text: string): Buffer | undefined {
  const value = isDecimal(text) ? Number(text) : Number.NaN;
  if (!Number.isFinite(size === 4 ? Math.fround(value) : value)) return undefined;
  const bytes = Buffer.alloc(size);
  if (size === 4) bytes.writeFloatBE(value);
  else bytes.writeDoubleBE(value);
  return bytes;
}

/** Whether the text is a plain decimal number, of at most 1000 characters. */
export function isDecimal(text: string): boolean {
  return text.length <= 1000 && /^[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d{1,3})?$/.test(text);
}

const NUMERIC_HEADER = 8;
const NEGATIVE = 0x4000;

/** Text of a binary numeric (numeric_send: digits of base 10000); undefined for NaN, infinity and malformed ones. */
export function readNumeric(bytes: Buffer): string | undefined {
  if (bytes.length < NUMERIC_HEADER) return undefined;
  const count = bytes.readUInt16BE(0);
  const weight = bytes.readInt16BE(2);
  const sign = bytes.readUInt16BE(4);
  const scale = bytes.readUInt16BE(6);
  if (bytes.length !== NUMERIC_HEADER + 2 * count || (sign !== 0 && sign !== NEGATIVE)) return undefined;
  // Weight and scale are the server's word: a number of 8 bytes must not unfold into 130,000 digits.
  if (Math.abs(weight) > 1000 || scale > 4000) return undefined;
  const group = (place: number): string => {
    const index = weight - place;
    const digit = index >= 0 && index < count ? bytes.readUInt16BE(NUMERIC_HEADER + 2 * index) : 0;
    return String(digit).padStart(4, '0');
  };
  let whole = '';
  for (let place = Math.max(weight, 0); place >= 0; place -= 1) whole += group(place);
  let fraction = '';
  for (let place = -1; fraction.length < scale; place -= 1) fraction += group(place);
  const text = `${whole.replace(/^0+(?=\d)/, '')}${scale === 0 ? '' : `.${fraction.slice(0, scale)}`}`;
  return sign === NEGATIVE ? `-${text}` : text;
}

/** Binary form of a plain decimal without exponent; undefined for any other text. */
export function writeNumeric(text: string): Buffer | undefined {
  const match = /^([+-]?)(\d{1,1000})(?:\.(\d{0,1000}))?$/.exec(text);
  if (match === null) return undefined;
  const [, sign = '', whole = '', fraction = ''] = match;
  const left = whole.replace(/^0+/, '');
  const padded = left.padStart(Math.ceil(left.length / 4) * 4, '0');
  const digits = `${padded}${fraction.padEnd(Math.ceil(fraction.length / 4) * 4, '0')}`;
  let groups = (digits.match(/.{4}/g) ?? []).map(Number);
  let weight = padded.length / 4 - 1;
  while (groups[0] === 0) {
    groups = groups.slice(1);
    weight -= 1;
  }
  while (groups.at(-1) === 0) groups = groups.slice(0, -1);
  const bytes = Buffer.alloc(NUMERIC_HEADER + 2 * groups.length);
  bytes.writeUInt16BE(groups.length, 0);
  bytes.writeInt16BE(groups.length === 0 ? 0 : weight, 2);
  bytes.writeUInt16BE(sign === '-' && groups.length > 0 ? NEGATIVE : 0, 4);
  bytes.writeUInt16BE(fraction.length, 6);
  groups.forEach((value, index) => bytes.writeUInt16BE(value, NUMERIC_HEADER + 2 * index));
  return bytes;
}
