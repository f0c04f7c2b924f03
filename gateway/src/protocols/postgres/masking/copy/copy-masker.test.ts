import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { encodeCopyResponse } from '../../wire/backend/copy-response.ts';
import { WireError } from '../../wire/errors.ts';
import { MessageWriter } from '../../wire/message-writer.ts';
import { ComputedFields } from '../computed-columns.ts';
import { ResultMask } from '../result-mask.ts';
import { drive } from '../testing/drive.ts';
import { CUSTOMERS, cut, detecting, testCatalog, whole } from '../testing/fixtures.ts';
import type { ResponseMask } from '../value-mask.ts';
import type { CopyOutFacts } from './copy-facts.ts';

const relation = {
  oid: CUSTOMERS,
  columns: ['id', 'email', 'name'].map((name, index) => ({
    number: index + 1,
    name,
    type: 25,
    isGenerated: false,
  })),
};
const catalog = testCatalog({ relation });
const table = { schema: 'public', name: 'customers', columns: undefined };
const TEXT: CopyOutFacts = { format: 'text', furtherOptions: [], table };
const CSV: CopyOutFacts = { format: 'csv', furtherOptions: [], table };

function begin(
  copy: CopyOutFacts,
  masks: readonly ResponseMask[] = [whole(['*.email'], 'redact')],
  valueBytes = 1000,
): ResultMask {
  const limits = { valueBytes, heldRowBytes: 1000 };
  const mask = new ResultMask({ masks, catalog, computed: new ComputedFields([]), limits });
  expect(mask.admitCopy(copy)).toBeUndefined();
  const format = copy.format === 'binary' ? 'binary' : 'text';
  const response = encodeCopyResponse({ direction: 'out', format, columnFormats: [format, format, format] });
  mask.copyOutResponse(response, 0, response.length);
  return mask;
}

/** CopyData messages of the content, cut at the places, in chunks cut at others. */
function send(mask: ResultMask, content: string | Buffer, places: readonly number[] = []): Buffer {
  const bytes = typeof content === 'string' ? Buffer.from(content, 'utf8') : content;
  const stream = Buffer.concat(cut(bytes, places).map((part) => new MessageWriter(0x64).raw(part).finish()));
  return contentOf(
    drive(
      mask,
      cut(
        stream,
        places.map((place) => place * 7),
      ),
    ),
  );
}

function contentOf(stream: Buffer): Buffer {
  const parts: Buffer[] = [];
  for (let at = 0; at < stream.length; ) {
    const end = at + 1 + stream.readInt32BE(at + 1);
    expect(stream[at]).toBe(0x64);
    parts.push(stream.subarray(at + 5, end));
    at = end;
  }
  return Buffer.concat(parts);
}

describe('COPY TO STDOUT, text and CSV', () => {
  it.each([
    ['text', TEXT, '1\ta@b\tn\n2\t\\N\tx\\ty\n', '1\t[redacted]\tn\n2\t\\N\tx\\ty\n'],
    ['text with an escaped newline in a masked value', TEXT, '1\ta\\nb\\\\\\tc\tn\n', '1\t[redacted]\tn\n'],
    [
      'text by another delimiter and NULL',
      { ...TEXT, delimiter: '|', nullText: 'NIL' },
      '1|NIL|n\n1|a\\|b|n\n',
      '1|NIL|n\n1|[redacted]|n\n',
    ],
    [
      'text with a header',
      { ...TEXT, hasHeader: true },
      'id\temail\tname\n1\ta\tn\n',
      'id\temail\tname\n1\t[redacted]\tn\n',
    ],
    ['csv', CSV, '1,a@b,n\n2,,\n3,"",""\n', '1,[redacted],n\n2,,\n3,"[redacted]",""\n'],
    ['csv with quotes, newlines and delimiters inside', CSV, '1,"a ""b"", \nc",n\n', '1,"[redacted]",n\n'],
    [
      'csv with a header',
      { ...CSV, hasHeader: true },
      'id,email,"na\nme"\n1,a,n\n',
      'id,email,"na\nme"\n1,[redacted],n\n',
    ],
    [
      'csv with signs of its own',
      { ...CSV, delimiter: ';', quote: "'", escape: '\\', nullText: '-' },
      "1;'a\\'b\\\\';'x\\''\n1;-;n\n",
      "1;'[redacted]';'x\\''\n1;-;n\n",
    ],
  ])('P5: %s', (_, copy, content, expected) => {
    expect(send(begin(copy), content).toString()).toBe(expected);
    expect(
      send(
        begin(copy),
        content,
        Array.from({ length: 60 }, (__, index) => index),
      ).toString(),
    ).toBe(expected);
  });

  it('what a replacement holds is escaped and quoted', () => {
    const fixed = [whole(['*.email'], 'fixed', 'a\t"b"\\\n')];
    expect(send(begin(TEXT, fixed), '1\tx\tn\n').toString()).toBe('1\ta\\t"b"\\\\\\n\tn\n');
    expect(send(begin(CSV, fixed), '1,x,n\n').toString()).toBe('1,"a\t""b""\\\n",n\n');
    expect(send(begin(CSV, [whole(['*.email'], 'fixed', '')]), '1,x,n\n').toString()).toBe('1,"",n\n');
  });

  it('P5: detectors see values without escapes and quotes', () => {
    expect(send(begin(TEXT, [detecting()]), 'a\tsec\\x72et\tsecret\n').toString()).toBe(
      'a\t######\t######\n',
    );
    expect(send(begin(CSV, [detecting()]), 'a,"""secret""",c\n').toString()).toBe('a,"""######""",c\n');
  });

  it('P10: a value over the limit is NULL, whatever chunks it comes in', () => {
    const content = `1\t${'x'.repeat(5000)}\tn\n2\tbobby\tn\n`;
    const mask = begin(TEXT, [whole(['*.email'], 'partial')], 100);
    expect(send(mask, content, [1, 50, 300, 4000]).toString()).toBe('1\t\\N\tn\n2\tb***\tn\n');
    expect(mask.summary()?.oversized).toBe(1);
  });

  it.each(['1\t2\n', '1\t2\t3\t4\n'])('P3: a row of other columns is refused: %j', (content) => {
    expect(() => send(begin(TEXT), content)).toThrow(WireError);
  });

  it('P3: data that ends within a row is refused', () => {
    const mask = begin(TEXT);
    send(mask, '1\ta');
    expect(() => mask.copyDone()).toThrow(WireError);
  });

  it('any chunking gives the same content, and no masked byte', () => {
    const value = fc.string({ unit: fc.constantFrom('M', '\\', '\t', '\n', ',', '"', 'é'), maxLength: 10 });
    const cuts = fc.array(fc.nat({ max: 500 }), { maxLength: 20 });
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.nat(), value), { maxLength: 10 }),
        cuts,
        fc.boolean(),
        (rows, places, isCsv) => {
          const encode = (text: string): string =>
            isCsv
              ? `"${text.replaceAll('"', '""')}"`
              : text.replaceAll('\\', '\\\\').replaceAll('\t', '\\t').replaceAll('\n', '\\n');
          const separator = isCsv ? ',' : '\t';
          const content = rows.map(([id, text]) => [id, encode(`M${text}`), 'n'].join(separator)).join('\n');
          const ended = content === '' ? '' : `${content}\n`;
          const out = send(begin(isCsv ? CSV : TEXT), ended, places).toString();
          const stand = isCsv ? '"[redacted]"' : '[redacted]';
          const expected = rows.map(([id]) => `${id}${separator}${stand}${separator}n\n`).join('');
          expect(out).toBe(expected);
        },
      ),
    );
  });
});

describe('COPY TO STDOUT, binary', () => {
  const header = Buffer.concat([Buffer.from('PGCOPY\n\xff\r\n\0', 'latin1'), Buffer.alloc(8)]);
  const tuple = (...cells: readonly (string | undefined)[]): Buffer => {
    const writer = new MessageWriter(0).int16(cells.length);
    for (const value of cells) writer.value(value);
    return writer.finish().subarray(5);
  };
  const trailer = Buffer.from([0xff, 0xff]);
  const BINARY: CopyOutFacts = { format: 'binary', furtherOptions: [], table };

  it('P5: values are replaced in any chunking', () => {
    const content = Buffer.concat([header, tuple('1', 'a@b', 'n'), tuple('2', undefined, ''), trailer]);
    const expected = Buffer.concat([
      header,
      tuple('1', '[redacted]', 'n'),
      tuple('2', undefined, ''),
      trailer,
    ]);
    for (const places of [[], [3, 20, 33], Array.from({ length: 70 }, (_, index) => index)]) {
      const mask = begin(BINARY);
      expect(send(mask, content, places)).toEqual(expected);
      mask.copyDone();
    }
  });

  it('P10: a value over the limit is NULL', () => {
    const content = Buffer.concat([header, tuple('1', 'x'.repeat(500), 'n'), trailer]);
    const mask = begin(BINARY, [whole(['*.email'], 'partial')], 100);
    expect(send(mask, content, [40, 100, 300])).toEqual(
      Buffer.concat([header, tuple('1', undefined, 'n'), trailer]),
    );
  });

  it('P10: random bytes end in a wire error or pass as far as they are rows', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 100 }), fc.boolean(), (noise, isBegun) => {
        try {
          const mask = begin(BINARY);
          send(mask, Buffer.concat([isBegun ? header : Buffer.alloc(0), noise]));
          mask.copyDone();
        } catch (error) {
          expect(error).toBeInstanceOf(WireError);
        }
      }),
    );
  });
});

describe('which COPY can be masked', () => {
  const refusal = (copy: CopyOutFacts, masks = [whole(['*.email'], 'redact')]): string | undefined =>
    new ResultMask({ masks, catalog, computed: new ComputedFields([]) }).admitCopy(copy);

  it.each([
    ['of a query', { ...TEXT, table: undefined }],
    ['in another encoding', { ...TEXT, encoding: 'LATIN1' }],
    ['with an option that is not known', { ...TEXT, furtherOptions: ['force_array'] }],
    ['with a delimiter of two bytes', { ...CSV, delimiter: 'é' }],
    ['of a column that is not known', { ...TEXT, table: { ...table, columns: ['nothing'] } }],
  ])('P3: not one %s', (_, copy) => {
    expect(refusal(copy)).toMatch(/COPY|columns/);
  });

  it('one whose columns are clean passes as it is, whatever its options', () => {
    const copy: CopyOutFacts = { ...TEXT, encoding: 'LATIN1', table: { ...table, columns: ['id'] } };
    expect(refusal(copy)).toBeUndefined();
    const mask = begin({ ...copy, table: { ...table, columns: ['id', 'name', 'id'] } });
    expect(send(mask, 'anything').toString()).toBe('anything');
  });

  it('P3: an answer of other columns than the statement named is refused', () => {
    const mask = new ResultMask({
      masks: [whole(['*.email'], 'redact')],
      catalog,
      computed: new ComputedFields([]),
    });
    const response = encodeCopyResponse({ direction: 'out', format: 'text', columnFormats: ['text'] });
    expect(() => mask.copyOutResponse(response, 0, response.length)).toThrow(
      expect.objectContaining({ code: 'ERR_RESPONSE_MASK_NO_PLAN' }),
    );
    mask.admitCopy(TEXT);
    expect(() => mask.copyOutResponse(response, 0, response.length)).toThrow(WireError);
  });
});
