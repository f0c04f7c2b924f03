/*
 * DER (ITU-T X.690) as far as certificates need it: encoding only, values in, bytes out. Nothing here reads DER, so
 * no input of others reaches this file.
 */

/** Tag, length and content (X.690 section 8.1). */
function encode(tag: number, ...content: readonly Uint8Array[]): Uint8Array {
  const body = Buffer.concat(content);
  return Buffer.concat([Buffer.from([tag]), encodeLength(body.length), body]);
}

function encodeLength(length: number): Uint8Array {
  if (length < 0x80) return Buffer.from([length]);
  const digits: number[] = [];
  for (let rest = length; rest > 0; rest = Math.floor(rest / 256)) digits.unshift(rest % 256);
  return Buffer.from([0x80 | digits.length, ...digits]);
}

/** SEQUENCE of the given parts. */
export function sequence(...parts: readonly Uint8Array[]): Uint8Array {
  return encode(0x30, ...parts);
}

/** SET of one part; several would need sorting (X.690 section 11.6). */
export function setOfOne(part: Uint8Array): Uint8Array {
  return encode(0x31, part);
}

/** INTEGER of unsigned big-endian bytes: the shortest form, never negative (X.690 section 8.3). */
export function unsignedInteger(bytes: Uint8Array): Uint8Array {
  let start = 0;
  while (start < bytes.length - 1 && bytes[start] === 0) start += 1;
  const digits = bytes.subarray(start);
  const isSignBitSet = ((digits[0] ?? 0) & 0x80) !== 0;
  return encode(
    0x02,
    ...(isSignBitSet ? [Buffer.from([0])] : []),
    digits.length === 0 ? Buffer.from([0]) : digits,
  );
}

/** OBJECT IDENTIFIER from dotted form (X.690 section 8.19). */
export function objectIdentifier(dotted: string): Uint8Array {
  const [first = 0, second = 0, ...rest] = dotted.split('.').map(Number);
  const bytes = [first * 40 + second, ...rest].flatMap((arc) => {
    const septets = [arc % 128];
    for (let high = Math.floor(arc / 128); high > 0; high = Math.floor(high / 128))
      septets.unshift(0x80 | (high % 128));
    return septets;
  });
  return encode(0x06, Buffer.from(bytes));
}

/** BOOLEAN TRUE; FALSE is a default everywhere in certificates, and DER leaves defaults out. */
export function booleanTrue(): Uint8Array {
  return encode(0x01, Buffer.from([0xff]));
}

/** OCTET STRING. */
export function octetString(content: Uint8Array): Uint8Array {
  return encode(0x04, content);
}

/** BIT STRING; `unusedBits` of the last byte are padding (X.690 section 8.6). */
export function bitString(content: Uint8Array, unusedBits = 0): Uint8Array {
  return encode(0x03, Buffer.from([unusedBits]), content);
}

/** UTF8String. */
export function utf8String(text: string): Uint8Array {
  return encode(0x0c, Buffer.from(text, 'utf8'));
}

/** Context-specific tag `[number]`: EXPLICIT around a full value. */
export function explicit(number: number, value: Uint8Array): Uint8Array {
  return encode(0xa0 | number, value);
}

/** Context-specific tag `[number]`: IMPLICIT, in place of the tag of a primitive value. */
export function implicit(number: number, content: Uint8Array): Uint8Array {
  return encode(0x80 | number, content);
}

/** Time as RFC 5280 section 4.1.2.5 has it: UTCTime to the year 2049, GeneralizedTime from 2050, whole seconds. */
export function time(epochMs: number): Uint8Array {
  const digits = new Date(epochMs)
    .toISOString()
    .replace(/\.\d{3}Z$/, 'Z')
    .replace(/[-:T]/g, '');
  const isShort = digits < '2050';
  return encode(isShort ? 0x17 : 0x18, Buffer.from(isShort ? digits.slice(2) : digits, 'latin1'));
}
