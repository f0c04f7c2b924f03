/** DER (ITU-T X.690) for messages of our own. */
import { contextTag, TAG } from './tags.ts';

/** A value: tag, length in its shortest form, content. */
export function der(tag: number, ...content: readonly Uint8Array[]): Buffer {
  const body = Buffer.concat(content);
  const digits: number[] = [];
  for (let rest = body.length; rest > 0; rest >>>= 8) digits.unshift(rest & 0xff);
  const length = body.length < 0x80 ? [body.length] : [0x80 | digits.length, ...digits];
  return Buffer.concat([Buffer.from([tag, ...length]), body]);
}

/** SEQUENCE. */
export function sequence(...parts: readonly Uint8Array[]): Buffer {
  return der(TAG.sequence, ...parts);
}

/** OCTET STRING. */
export function octetString(content: Uint8Array): Buffer {
  return der(TAG.octetString, content);
}

/** A value within `[number]`; nothing for nothing. */
export function inside(number: number, value: Uint8Array | undefined): Buffer {
  return value === undefined ? Buffer.alloc(0) : der(contextTag(number), value);
}

/** INTEGER of a signed number of 32 bits, in its shortest form. */
export function integer(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeInt32BE(value | 0);
  let start = 0;
  while (start < 3 && isNeedless(bytes, start)) start += 1;
  return der(TAG.integer, bytes.subarray(start));
}

/** Nine equal bits at the start carry no more than eight (X.690 section 8.3.2). */
function isNeedless(bytes: Buffer, at: number): boolean {
  const high = bytes[at] ?? 0;
  const isNextNegative = ((bytes[at + 1] ?? 0) & 0x80) !== 0;
  return isNextNegative ? high === 0xff : high === 0;
}
