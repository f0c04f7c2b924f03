/** Values of single types: binary form ↔ text, and what of text is valid. */

import { readInet, readMac, writeInet, writeMac } from './addresses.ts';
import { formatDay, formatInstant, parseDay, parseInstant } from './calendar.ts';
import { isDecimal, readFloat, readInt, readNumeric, writeFloat, writeInt, writeNumeric } from './numbers.ts';
import type { ScalarKind } from './value-type.ts';

/** How values of a kind are read and written in binary format; text format is text. */
export interface ScalarCodec {
  /** The value's text, one and the same for equal values; undefined where it cannot be told. */
  read(bytes: Buffer): string | undefined;
  /** Binary form of a text that is valid for the type; undefined where it is not (also: where we cannot tell). */
  write(text: string): Buffer | undefined;
  /** Whether the text is valid in text format. */
  accepts(text: string): boolean;
}

const utf8 = (text: string): Buffer => Buffer.from(text, 'utf8');
const asText: ScalarCodec = { read: (bytes) => bytes.toString('utf8'), write: utf8, accepts: () => true };
/** Types without a way to make a value: whatever is put in their place is NULL. */
const closed = (read: ScalarCodec['read']): ScalarCodec => ({
  read,
  write: () => undefined,
  accepts: () => false,
});

function codec(read: ScalarCodec['read'], write: ScalarCodec['write']): ScalarCodec {
  return { read, write, accepts: (text) => write(text) !== undefined };
}

const JSONB_VERSION = 1;
const EPOCH_INFINITE = [2n ** 63n - 1n, -(2n ** 63n)];

function readInstant(bytes: Buffer): string | undefined {
  const micros = bytes.length === 8 ? bytes.readBigInt64BE() : undefined;
  return micros === undefined || EPOCH_INFINITE.includes(micros) ? undefined : formatInstant(micros);
}

function writeInstant(text: string): Buffer | undefined {
  const micros = parseInstant(text);
  if (micros === undefined) return undefined;
  const bytes = Buffer.alloc(8);
  bytes.writeBigInt64BE(micros);
  return bytes;
}

function writeDay(text: string): Buffer | undefined {
  const days = parseDay(text);
  if (days === undefined) return undefined;
  const bytes = Buffer.alloc(4);
  bytes.writeInt32BE(days);
  return bytes;
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

const UUID = /^([0-9a-f]{8})-([0-9a-f]{4})-([0-9a-f]{4})-([0-9a-f]{4})-([0-9a-f]{12})$/i;
const HEX = /^\\x(?:[0-9a-f]{2})*$/i;
const BOOLS = new Map([
  ['t', 1],
  ['true', 1],
  ['f', 0],
  ['false', 0],
]);
const int = (kind: 'int2' | 'int4' | 'int8'): ScalarCodec =>
  codec(
    (bytes) => readInt(kind, bytes),
    (text) => writeInt(kind, text),
  );
const float = (size: 4 | 8): ScalarCodec => ({
  read: (bytes) => readFloat(size, bytes),
  write: (text) => writeFloat(size, text),
  accepts: isDecimal,
});

/** The codec of each kind. */
export const CODECS: Readonly<Record<ScalarKind, ScalarCodec>> = {
  text: asText,
  word: closed((bytes) => bytes.toString('utf8')),
  json: { ...asText, accepts: isJson, write: (text) => (isJson(text) ? utf8(text) : undefined) },
  jsonb: {
    read: (bytes) => (bytes[0] === JSONB_VERSION ? bytes.toString('utf8', 1) : undefined),
    write: (text) => (isJson(text) ? Buffer.concat([Buffer.of(JSONB_VERSION), utf8(text)]) : undefined),
    accepts: isJson,
  },
  xml: asText,
  bool: codec(
    (bytes) => (bytes.length === 1 ? (bytes[0] === 0 ? 'f' : 't') : undefined),
    (text) => {
      const value = BOOLS.get(text);
      return value === undefined ? undefined : Buffer.of(value);
    },
  ),
  int2: int('int2'),
  int4: int('int4'),
  int8: int('int8'),
  float4: float(4),
  float8: float(8),
  numeric: codec(readNumeric, writeNumeric),
  uuid: codec(
    (bytes) =>
      bytes.length === 16
        ? bytes.toString('hex').replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-')
        : undefined,
    (text) => (UUID.test(text) ? Buffer.from(text.replaceAll('-', ''), 'hex') : undefined),
  ),
  date: codec((bytes) => (bytes.length === 4 ? formatDay(bytes.readInt32BE()) : undefined), writeDay),
  timestamp: codec(readInstant, writeInstant),
  timestamptz: codec(readInstant, writeInstant),
  inet: codec(readInet, writeInet),
  macaddr: codec(readMac, writeMac),
  bytea: codec(
    (bytes) => `\\x${bytes.toString('hex')}`,
    (text) => (HEX.test(text) ? Buffer.from(text.slice(2), 'hex') : undefined),
  ),
  plain: closed(() => undefined),
  opaque: closed(() => undefined),
};
