import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  bitString,
  booleanTrue,
  explicit,
  implicit,
  objectIdentifier,
  octetString,
  sequence,
  setOfOne,
  time,
  unsignedInteger,
  utf8String,
} from './der.ts';

function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex');
}

function bytes(text: string): Uint8Array {
  return Buffer.from(text, 'hex');
}

describe('DER', () => {
  it.each([
    [0, '0400'],
    [127, '047f'],
    [128, '048180'],
    [255, '0481ff'],
    [256, '04820100'],
    [65_536, '0483010000'],
  ])('writes the length %i in the shortest form', (length, head) => {
    const encoded = hex(octetString(new Uint8Array(length)));
    expect(encoded.slice(0, encoded.length - 2 * length)).toBe(head);
  });

  it.each([
    ['', '020100'],
    ['00', '020100'],
    ['7f', '02017f'],
    ['80', '02020080'],
    ['0080', '02020080'],
    ['0000007f', '02017f'],
    ['ff00', '020300ff00'],
  ])('writes the unsigned integer %s in the shortest form, never negative', (digits, encoded) => {
    expect(hex(unsignedInteger(bytes(digits)))).toBe(encoded);
  });

  it.each([
    ['1.2.840.113549', '06062a864886f70d'],
    ['1.2.840.10045.4.3.2', '06082a8648ce3d040302'],
    ['2.5.29.17', '0603551d11'],
    ['2.5.4.3', '0603550403'],
    ['1.3.6.1.5.5.7.3.1', '06082b06010505070301'],
    ['2.100.3', '0603813403'],
  ])('writes the object identifier %s', (dotted, encoded) => {
    expect(hex(objectIdentifier(dotted))).toBe(encoded);
  });

  it('writes times in two digits of the year to 2049 and in four from 2050 (RFC 5280 section 4.1.2.5)', () => {
    expect(Buffer.from(time(Date.UTC(2049, 11, 31, 23, 59, 59, 999))).toString('latin1')).toBe(
      '\x17\x0d491231235959Z',
    );
    expect(Buffer.from(time(Date.UTC(2050, 0, 1))).toString('latin1')).toBe('\x18\x0f20500101000000Z');
  });

  it('writes the other forms', () => {
    expect(hex(booleanTrue())).toBe('0101ff');
    expect(hex(bitString(bytes('80'), 7))).toBe('03020780');
    expect(hex(utf8String('é'))).toBe('0c02c3a9');
    expect(hex(sequence(booleanTrue(), setOfOne(utf8String('a'))))).toBe('30080101ff31030c0161');
    expect(hex(explicit(3, booleanTrue()))).toBe('a3030101ff');
    expect(hex(implicit(7, bytes('7f000001')))).toBe('87047f000001');
  });

  it('writes a length that is the length of what follows', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 70_000 }), (content) => {
        const encoded = octetString(content);
        const first = encoded[1] ?? 0;
        const digits = first < 0x80 ? 0 : first & 0x7f;
        const length = digits === 0 ? first : Number.parseInt(hex(encoded.subarray(2, 2 + digits)), 16);
        expect(length).toBe(content.length);
        expect(encoded).toHaveLength(2 + digits + length);
      }),
      { numRuns: 50 },
    );
  });
});
