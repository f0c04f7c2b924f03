import { brotliCompressSync, deflateSync, gzipSync, zstdCompressSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { type MediaType, readMediaType } from '../../../documents/media-type.ts';
import { readsWithoutDecoding } from './uncoded-reading.ts';

const type = (text: string): MediaType => {
  const media = readMediaType(text);
  return media.ok ? media.value : expect.fail();
};
const JSON_TYPE = type('application/json');
const FORM = type('application/x-www-form-urlencoded');
const MULTIPART = type('multipart/form-data; boundary=edge');

/** A gzip member whose file has a name. */
function named(body: string, name: string): Buffer {
  const plain = gzipSync(body);
  plain[3] = 8;
  return Buffer.concat([plain.subarray(0, 10), Buffer.from(`${name}\0`), plain.subarray(10)]);
}

describe('a coded body, to a service that undoes no codings', () => {
  it('is nothing where the coding shows', () => {
    const text = JSON.stringify({ amount: 1 });
    for (const coded of [
      gzipSync(text),
      deflateSync(text),
      zstdCompressSync(text),
      brotliCompressSync(text),
    ]) {
      expect(readsWithoutDecoding(coded, JSON_TYPE)).toBe(false);
    }
    expect(readsWithoutDecoding(gzipSync('amount=1'), FORM)).toBe(false);
    expect(readsWithoutDecoding(gzipSync('--edge\r\n'), MULTIPART)).toBe(false);
  });

  it.each([
    '{"amount":1000}',
    '{}',
    ' {\n"a',
    "{'a':1}",
    '{amount: 1000}',
    '{$a-b :',
    '{// a',
    '[]',
    '[1,',
    '[ -1.5e3 ]',
    '[true]',
    '[{"a"',
    '[[[1]',
    '[{a:1}',
    '"a"',
    '-1',
    '7',
    'true',
    'NaN',
    '\u00ef\u00bb\u00bf{',
    '\u00ff\u00fe{\0',
    '\0{',
    '// a',
    '# a',
  ])('P3: is JSON where it begins like %j, whatever follows', (text) => {
    const coded = Buffer.from(`${text}\u0000\u0001\u00fe`, 'latin1');
    expect(readsWithoutDecoding(coded, JSON_TYPE)).toBe(true);
  });

  it.each(['{\u0001"a":1}', '[\u0091', '{\u00f8\u007f', '[1\u0001', '{a\u0002:'])(
    'is not where it begins like %j',
    (text) => {
      expect(readsWithoutDecoding(Buffer.from(text, 'latin1'), JSON_TYPE)).toBe(false);
    },
  );

  it.each(['&amount=1000&', 'a&amount=1000', '&amount&', ';amount=1000;', '&amount[]=1&', '&a%6dount=1&'])(
    'P3: is a form where %s stands in the name of a file',
    (name) => {
      expect(readsWithoutDecoding(named('amount=1', name), FORM)).toBe(true);
    },
  );

  it('P3: is a form where the coding stores text as it is', () => {
    expect(readsWithoutDecoding(gzipSync('x&amount=1000&y', { level: 0 }), FORM)).toBe(true);
  });

  it('P3: is a multipart form where its boundary stands in it', () => {
    const part = '\r\n--edge\r\nContent-Disposition: form-data; name="amount"\r\n\r\n1000\r\n--edge--\r\n';
    expect(readsWithoutDecoding(named('--edge--', part), MULTIPART)).toBe(true);
  });
});
