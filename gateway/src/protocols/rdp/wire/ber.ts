/** BER as T.125 uses it in its connect messages (X.690): definite lengths, the types that are there, nothing else. */
import type { ByteReader } from './byte-reader.ts';

/** Tags of universal types. */
export const BER = { BOOLEAN: 1, INTEGER: 2, OCTET_STRING: 4, ENUMERATED: 10, SEQUENCE: 0x30 } as const;

/** Reads the length of an element. @throws RdpWireError where it is indefinite, or longer than what is there */
export function readBerLength(reader: ByteReader): number {
  const first = reader.uint8();
  let length = first;
  if (first >= 0x80) {
    const count = first & 0x7f;
    if (count === 0 || count > 4) throw reader.error('ERR_RDP_LENGTH', `a length of ${count} bytes`);
    length = 0;
    for (let index = 0; index < count; index += 1) length = length * 256 + reader.uint8();
  }
  if (length > reader.left) throw reader.error('ERR_RDP_TRUNCATED', `an element of ${length} bytes`);
  return length;
}

/** Opens an element with this tag. */
export function openBer(reader: ByteReader, tag: number, what: string): ByteReader {
  reader.expect(tag, `the tag of ${what}`);
  return reader.part(readBerLength(reader), what);
}

/** An INTEGER that is not negative and fits into 32 bits. */
export function readBerInteger(reader: ByteReader, what: string, tag: number = BER.INTEGER): number {
  const element = openBer(reader, tag, what);
  const { left } = element;
  if (left === 0 || left > 5) throw element.error('ERR_RDP_VALUE', `an integer of ${left} bytes`);
  let value = 0;
  while (element.left > 0) value = value * 256 + element.uint8();
  if (value > 0xffffffff) throw element.error('ERR_RDP_VALUE', 'an integer over 32 bits');
  return value;
}

/** An element with its tag, of one byte or two. */
export function writeBer(tag: readonly number[], content: readonly Buffer[]): Buffer {
  let length = 0;
  for (const part of content) length += part.length;
  const header = length < 0x80 ? [...tag, length] : [...tag, 0x82, length >> 8, length & 0xff];
  return Buffer.concat([Buffer.from(header), ...content]);
}

/** An INTEGER that is not negative, in as few bytes as can be. */
export function writeBerInteger(value: number, tag: number = BER.INTEGER): Buffer {
  const bytes: number[] = [];
  let left = value;
  do {
    bytes.unshift(left % 256);
    left = Math.floor(left / 256);
  } while (left > 0);
  if ((bytes[0] ?? 0) >= 0x80) bytes.unshift(0);
  return writeBer([tag], [Buffer.from(bytes)]);
}
