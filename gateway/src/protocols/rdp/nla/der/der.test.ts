import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { NlaFault } from '../errors.ts';
import { DerReader, onlyContent, readDerHeader } from './der-reader.ts';
import { der, integer, octetString } from './der-writer.ts';

const hex = (text: string): Buffer => Buffer.from(text, 'hex');

describe('DER', () => {
  it.each([0, 1, 127, 128, 255, 256, 65_535, 65_536])('reads a value of %i bytes that it wrote', (length) => {
    const written = octetString(Buffer.alloc(length, 1));
    expect(onlyContent(written, 0x04)).toHaveLength(length);
    expect(readDerHeader(written)).toEqual({
      tag: 0x04,
      headerBytes: written.length - length,
      contentBytes: length,
    });
  });

  it.each([
    [0, '020100'],
    [6, '020106'],
    [127, '02017f'],
    [128, '02020080'],
    [-1, '0201ff'],
    [-129, '0202ff7f'],
    [0xc000006d | 0, '0204c000006d'],
  ])('writes the number %i as %s, and reads it', (value, bytes) => {
    expect(integer(value).toString('hex')).toBe(bytes);
    expect(new DerReader(hex(bytes)).integer()).toBe(value);
  });

  it('reads a status that is written as a positive number', () => {
    expect(new DerReader(hex('020500c000006d')).integer() | 0).toBe(0xc000006d | 0);
  });

  it.each([
    ['an indefinite length', '308004000000'],
    ['a length of four bytes', '308400000001' + '00'],
    ['a length of many bytes', '30ff'],
    ['a length that is not the shortest', '04810100'],
    ['a length with a zero before it', '0482008000'],
    ['a tag of several bytes', '3f010100'],
    ['a number of nothing', '0200'],
    ['a number of six bytes', '0206000000000000'],
  ])('P10: refuses %s', (_, text) => {
    const bytes = hex(text);
    const tag = bytes[0] ?? 0;
    const read = (): unknown => (tag === 0x02 ? new DerReader(bytes).integer() : readDerHeader(bytes));
    expect(read).toThrow(NlaFault);
  });

  it('P10: a value that lies about its length, or has something behind it, is refused', () => {
    expect(() => onlyContent(hex('0405aabb'), 0x04)).toThrow('cut off');
    expect(() => onlyContent(hex('0482'), 0x04)).toThrow('cut off');
    expect(() => onlyContent(hex('0401aabb'), 0x04)).toThrow('do not belong');
    expect(() => onlyContent(hex('0401aa'), 0x30)).toThrow('missing');
  });

  it('P10: any bytes are read, or refused by a fault', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 40 }), fc.integer({ min: 0, max: 255 }), (bytes, tag) => {
        const reader = new DerReader(Buffer.from(bytes));
        try {
          const content = reader.content(tag);
          expect(der(tag, content)).toEqual(Buffer.from(bytes).subarray(0, der(tag, content).length));
        } catch (error) {
          expect(error).toBeInstanceOf(NlaFault);
        }
      }),
    );
  });
});
