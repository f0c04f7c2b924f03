import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readJson } from './json.ts';
import { readJsonRpc } from './json-rpc.ts';
import { readMediaType } from './media-type.ts';
import { readMultipart } from './multipart.ts';
import { readPairs, writePairs } from './pairs.ts';
import { decodePercent, encodePercent } from './percent.ts';

const wellFormed = fc.string({ unit: 'grapheme' });
const pairs = fc.array(
  fc.record({
    name: wellFormed.filter((name) => !name.includes('\0')),
    value: wellFormed,
    bare: fc.constant(false),
  }),
);

describe('documents', () => {
  it('what is written as a query is read as the same pairs', () => {
    fc.assert(
      fc.property(pairs, (list) => {
        const kept = list.filter(({ value }) => !value.includes('\0'));
        expect(readPairs(writePairs(kept))).toEqual({ ok: true, value: kept });
      }),
    );
  });

  it('what is percent-encoded is decoded to the same text', () => {
    fc.assert(
      fc.property(wellFormed, (text) => {
        const clean = text.replaceAll('\0', '');
        expect(decodePercent(encodePercent(clean, /[a-z]/), 'plus')).toEqual({ ok: true, value: clean });
      }),
    );
  });

  it('JSON that is read says what JSON.parse says', () => {
    fc.assert(
      fc.property(fc.jsonValue({ noUnicodeString: false }), (value) => {
        const text = JSON.stringify(value);
        const answer = readJson(Buffer.from(text));
        if (answer.ok) expect(answer.value).toEqual(JSON.parse(text));
      }),
    );
  });

  it('P10: no bytes make a reader throw', () => {
    const odd = fc.oneof(
      fc.uint8Array({ maxLength: 200 }),
      fc
        .string({ unit: fc.constantFrom(...'{}[]",:\\u0d8e1.-"-b\r\n=;&%+a') })
        .map((text) => Buffer.from(text)),
    );
    fc.assert(
      fc.property(odd, (bytes) => {
        const text = Buffer.from(bytes).toString('latin1');
        const json = readJson(bytes);
        if (json.ok) readJsonRpc(json.value);
        readMultipart(bytes, 'b');
        readPairs(text);
        readMediaType(text);
      }),
      { numRuns: 2000 },
    );
  });
});
