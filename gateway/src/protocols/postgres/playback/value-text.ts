/** Values of cells as text for people. Text format is shown as it is; of binary format the common types are read. */

/** Of bytes that are not text, so many are shown where values are cut. */
const MAX_HEX_BYTES = 64;
const CUT_FROM = 10_000;
/** 2000-01-01 in milliseconds since the epoch, from which PostgreSQL counts. */
const POSTGRES_EPOCH_MS = Date.UTC(2000, 0, 1);
const DAY_MS = 86_400_000;

/** Names of types that people meet; others are shown by their oid. */
const NAMES: Readonly<Record<number, string>> = {
  16: 'bool',
  17: 'bytea',
  19: 'name',
  20: 'int8',
  21: 'int2',
  23: 'int4',
  25: 'text',
  26: 'oid',
  114: 'json',
  142: 'xml',
  700: 'float4',
  701: 'float8',
  869: 'inet',
  1042: 'bpchar',
  1043: 'varchar',
  1082: 'date',
  1083: 'time',
  1114: 'timestamp',
  1184: 'timestamptz',
  1700: 'numeric',
  2950: 'uuid',
  3802: 'jsonb',
};

/** Bytes of the types that have a fixed number. */
const SIZES: Readonly<Record<number, number>> = {
  16: 1,
  20: 8,
  21: 2,
  23: 4,
  26: 4,
  700: 4,
  701: 8,
  1082: 4,
  1083: 8,
  1114: 8,
  1184: 8,
  2950: 16,
};

/** The name of a type. */
export function typeName(oid: number): string {
  return NAMES[oid] ?? `oid ${oid}`;
}

/**
 * A value as text. PostgreSQL's text format has no zero byte, so one that has is binary whatever was declared: the
 * formats that a Bind asked for are not in every description of rows.
 */
export function valueText(
  bytes: Buffer,
  typeOid: number,
  format: 'text' | 'binary',
  most: number = CUT_FROM,
): string {
  if (format === 'text' && !bytes.includes(0)) return shown(bytes, most);
  return binaryText(bytes, typeOid, most) ?? hex(bytes, most);
}

/** Text that is cut where it is long; bytes that are no UTF-8 become replacement characters. */
function shown(bytes: Buffer, most: number): string {
  const text = bytes.toString('utf8', 0, most * 4);
  const isShort = text.length <= most && bytes.length <= most * 4;
  return isShort ? text : `${text.slice(0, most).toWellFormed()}…`;
}

/** Undefined for types that are not read, and for values that are none of their type. */
function binaryText(bytes: Buffer, typeOid: number, most: number): string | undefined {
  const size = SIZES[typeOid];
  if (size !== undefined && bytes.length !== size) return undefined;
  switch (typeOid) {
    case 16:
      return bytes[0] === 1 ? 't' : 'f';
    case 20:
      return bytes.readBigInt64BE(0).toString();
    case 21:
      return String(bytes.readInt16BE(0));
    case 23:
      return String(bytes.readInt32BE(0));
    case 26:
      return String(bytes.readUInt32BE(0));
    case 700:
      return String(Number(bytes.readFloatBE(0).toPrecision(7)));
    case 701:
      return String(bytes.readDoubleBE(0));
    case 1082:
      return dateText(bytes.readInt32BE(0));
    case 1083:
      return timeText(bytes.readBigInt64BE(0));
    case 1114:
      return timestampText(bytes.readBigInt64BE(0));
    case 1184: {
      const text = timestampText(bytes.readBigInt64BE(0));
      return text === undefined || text.endsWith('infinity') ? text : `${text}+00`;
    }
    case 1700:
      return numericText(bytes);
    case 2950:
      return bytes.toString('hex').replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-');
    case 3802:
      return bytes[0] === 1 ? textOrNone(bytes.subarray(1), most) : undefined;
    case 19:
    case 25:
    case 114:
    case 142:
    case 1042:
    case 1043:
      return textOrNone(bytes, most);
    default:
      return undefined;
  }
}

function textOrNone(bytes: Buffer, most: number): string | undefined {
  return bytes.includes(0) ? undefined : shown(bytes, most);
}

function hex(bytes: Buffer, most: number): string {
  const shownBytes = most > CUT_FROM ? most : MAX_HEX_BYTES;
  const end = bytes.length > shownBytes ? '…' : '';
  return `\\x${bytes.toString('hex', 0, shownBytes)}${end}`;
}

function dateText(days: number): string | undefined {
  if (days === 0x7fff_ffff) return 'infinity';
  if (days === -0x8000_0000) return '-infinity';
  return isoOf(POSTGRES_EPOCH_MS + days * DAY_MS)?.slice(0, -14);
}

function timestampText(us: bigint): string | undefined {
  if (us === 2n ** 63n - 1n) return 'infinity';
  if (us === -(2n ** 63n)) return '-infinity';
  const rest = ((us % 1_000_000n) + 1_000_000n) % 1_000_000n;
  const iso = isoOf(POSTGRES_EPOCH_MS + Number((us - rest) / 1000n));
  return iso === undefined ? undefined : `${iso.slice(0, -5).replace('T', ' ')}${fraction(rest)}`;
}

function timeText(us: bigint): string | undefined {
  if (us < 0n || us > 86_400_000_000n) return undefined;
  const seconds = Number(us / 1_000_000n);
  const parts = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60, seconds % 60];
  return `${parts.map((part) => String(part).padStart(2, '0')).join(':')}${fraction(us % 1_000_000n)}`;
}

function fraction(us: bigint): string {
  return us === 0n ? '' : `.${us.toString().padStart(6, '0').replace(/0+$/, '')}`;
}

function isoOf(ms: number): string | undefined {
  const date = new Date(ms);
  return Number.isNaN(date.getTime()) ? undefined : date.toISOString();
}

/** Layout: numbers of digits, weight, sign and scale as 16 bits each, then digits to the base of 10,000. */
function numericText(bytes: Buffer): string | undefined {
  if (bytes.length < 8 || bytes.length % 2 !== 0) return undefined;
  const count = bytes.readInt16BE(0);
  const weight = bytes.readInt16BE(2);
  const sign = bytes.readUInt16BE(4);
  const scale = bytes.readUInt16BE(6);
  const special = { 0xc000: 'NaN', 0xd000: 'Infinity', 0xf000: '-Infinity' }[sign];
  if (special !== undefined) return special;
  if (count < 0 || bytes.length !== 8 + count * 2 || weight > 4096 || scale > 0x3fff) return undefined;
  const digit = (place: number): string => {
    const index = weight - place;
    const value = index >= 0 && index < count ? bytes.readUInt16BE(8 + index * 2) : 0;
    return String(value).padStart(4, '0');
  };
  let whole = '';
  for (let place = weight; place >= 0; place -= 1) whole += digit(place);
  let decimals = '';
  for (let place = -1; decimals.length < scale; place -= 1) decimals += digit(place);
  const number = `${whole.replace(/^0+(?=.)/, '') || '0'}${scale === 0 ? '' : `.${decimals.slice(0, scale)}`}`;
  return sign === 0x4000 ? `-${number}` : number;
}
