import { hexValue, isDigitByte } from './byte-class.ts';

const DASH = 0x2d;
const UUID_LENGTH = 36;
/** `2026-11-26`, and with a time, fractions and an offset of the zone at most. */
const SHORTEST_TIME = 10;
const LONGEST_TIME = 32;

/** Says whether a range is a UUID in its usual form (RFC 9562, section 4). */
export function isUuid(bytes: Uint8Array, start: number, end: number): boolean {
  if (end - start !== UUID_LENGTH || bytes[start + 8] !== DASH) {
    return false;
  }
  for (let offset = 0; offset < UUID_LENGTH; offset += 1) {
    const byte = bytes[start + offset];
    const isDash = offset === 8 || offset === 13 || offset === 18 || offset === 23;
    if (isDash ? byte !== DASH : hexValue(byte) === -1) {
      return false;
    }
  }
  return true;
}

/** Says whether a range is a date and perhaps a time of ISO 8601, as databases write them. */
export function isTimestamp(bytes: Uint8Array, start: number, end: number): boolean {
  const length = end - start;
  if (
    length < SHORTEST_TIME ||
    length > LONGEST_TIME ||
    bytes[start + 4] !== DASH ||
    bytes[start + 7] !== DASH
  ) {
    return false;
  }
  for (let offset = 0; offset < SHORTEST_TIME; offset += 1) {
    if (offset !== 4 && offset !== 7 && !isDigitByte(bytes[start + offset])) {
      return false;
    }
  }
  return length === SHORTEST_TIME || isTime(bytes, start + SHORTEST_TIME, end);
}

/** ` 12:34:56.123456+00:00`, with T before and Z behind where they are. */
function isTime(bytes: Uint8Array, start: number, end: number): boolean {
  const first = bytes[start];
  if ((first !== 0x20 && first !== 0x54) || bytes[start + 3] !== 0x3a || bytes[start + 6] !== 0x3a) {
    return false;
  }
  for (let position = start + 1; position < end; position += 1) {
    const byte = bytes[position];
    const offset = position - start;
    const isSign =
      offset > 8 && (byte === 0x2e || byte === 0x2b || byte === DASH || byte === 0x3a || byte === 0x5a);
    if (!isDigitByte(byte) && !isSign && offset !== 3 && offset !== 6) {
      return false;
    }
  }
  return true;
}
