import { describe, expect, it } from 'vitest';
import type { MaskObligation } from '../../../model/obligation.ts';
import { compileFieldMasks, createResponseMask } from './response-mask.ts';
import { TOOLS } from './testing/drive.ts';

const MASK: MaskObligation = { kind: 'mask', rule: 'r', columns: ['*.email', 'a.secret'], method: 'redact' };
const head = { status: 200, fields: [['content-type', 'application/json']] as const, hasBody: true };

/** Masks documents one after the other with what is remembered of those before; each in pieces of `size` bytes. */
async function maskAll(documents: readonly string[], size = 1 << 20): Promise<readonly string[]> {
  const masks = compileFieldMasks([MASK], TOOLS);
  const results: string[] = [];
  for (const document of documents) {
    const mask = createResponseMask(masks);
    mask.head(head);
    let text = '';
    const sink = async (bytes: Buffer): Promise<void> => void (text += bytes.toString());
    const bytes = Buffer.from(document);
    for (let at = 0; at < bytes.length; at += size) await mask.body(bytes.subarray(at, at + size), sink);
    await mask.end(sink);
    results.push(text);
  }
  return results;
}

const FIRST = '{"id":1,"email":"a","a":{"secret":1,"b":2},"c":[{"email":"x","d":1},{"email":"y","d":2}]}';

describe('fields that are remembered', () => {
  it.each([1, 2, 3, 7, 1000])(
    'P5: names in another order, missing or new are masked as ever (pieces of %i bytes)',
    async (size) => {
      const documents = [
        FIRST,
        '{"email":"a","id":1,"a":{"b":2,"secret":1},"c":[{"d":1,"email":"x"}]}',
        '{"c":[{"d":{"email":"x"}},{"email":"y"}],"email":"z"}',
        '{"id":1,"a":{"secret":{"deep":1}},"secret":2,"b":{"secret":3}}',
        FIRST,
      ];
      const masked = await maskAll(documents, size);
      expect(masked).toEqual([
        FIRST.replace('"a","a"', '"[redacted]","a"')
          .replace('"secret":1', '"secret":"[redacted]"')
          .replace(/"[xy]"/g, '"[redacted]"'),
        '{"email":"[redacted]","id":1,"a":{"b":2,"secret":"[redacted]"},"c":[{"d":1,"email":"[redacted]"}]}',
        '{"c":[{"d":{"email":"[redacted]"}},{"email":"[redacted]"}],"email":"[redacted]"}',
        '{"id":1,"a":{"secret":"[redacted]"},"secret":"[redacted]","b":{"secret":3}}',
        masked[0],
      ]);
    },
  );

  it('P5: escapes in names are undone, whatever was remembered of names that look like them', async () => {
    // The first has members whose names hold backslashes, the second escapes of the same bytes that mean another name.
    const first = String.raw`{"\\u0065mail":1,"x\\/":2}`;
    const second = String.raw`{"\u0065mail":"s","e\u006dail":"t","email":"u"}`;
    expect(await maskAll([first, second, second])).toEqual([
      first,
      String.raw`{"\u0065mail":"[redacted]","e\u006dail":"[redacted]","email":"[redacted]"}`,
      String.raw`{"\u0065mail":"[redacted]","e\u006dail":"[redacted]","email":"[redacted]"}`,
    ]);
  });

  it('P10: a service that invents names without end is masked, before and after they are forgotten', async () => {
    const many = `{${Array.from({ length: 3000 }, (_, index) => `"n${index}":{"email":"s"}`).join(',')}}`;
    const masked = many.replaceAll('"s"', '"[redacted]"');
    expect(await maskAll([many, FIRST, many])).toEqual([masked, (await maskAll([FIRST]))[0], masked]);
  });
});
