import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { partial } from '../../../../masking/replace/partial.ts';
import { kindOfText } from '../../../../masking/replace/value-kind.ts';
import { WireError } from '../../wire/errors.ts';
import { MessageWriter } from '../../wire/message-writer.ts';
import { ComputedFields } from '../computed-columns.ts';
import { ResponseMaskError } from '../errors.ts';
import { ResultMask } from '../result-mask.ts';
import { drive, readRows } from '../testing/drive.ts';
import { cut, detecting, field, row, testCatalog, whole } from '../testing/fixtures.ts';

const LIMITS = { valueBytes: 64, heldRowBytes: 128 };
const MASKS = [whole(['*.email'], 'partial'), whole(['*.ssn'], 'redact'), detecting(['*.note'])];
const FIELDS = ['id', 'email', 'name', 'ssn', 'note', 'data'].map((name) => field(name));

function newMask(limits = LIMITS): ResultMask {
  const mask = new ResultMask({
    masks: MASKS,
    catalog: testCatalog(),
    computed: new ComputedFields([]),
    limits,
  });
  mask.describe(FIELDS);
  return mask;
}

const letters = fc.string({ unit: fc.constantFrom('x', 'y', 'é', '😀', '"'), maxLength: 40 });
const cell = fc.option(letters, { nil: undefined, freq: 5 });
const small = fc.tuple(
  cell,
  cell,
  cell,
  cell,
  fc.option(fc.constantFrom('', 'a secret', 'clean'), { nil: undefined }),
  cell,
);
const cuts = fc.array(fc.nat({ max: 5000 }), { maxLength: 20 });

describe('rows, any input', () => {
  it('any chunking gives the same bytes', () => {
    fc.assert(
      fc.property(fc.array(small, { maxLength: 20 }), cuts, (rows, places) => {
        const stream = Buffer.concat(rows.map((cells) => row(...cells)));
        const once = drive(newMask({ valueBytes: 1000, heldRowBytes: 10_000 }), [stream]);
        const pieces = drive(newMask({ valueBytes: 1000, heldRowBytes: 10_000 }), cut(stream, places));
        expect(pieces.equals(once)).toBe(true);
        const bytewise = drive(
          newMask({ valueBytes: 1000, heldRowBytes: 10_000 }),
          cut(stream, stream.subarray().map((_, index) => index) as unknown as number[]),
        );
        expect(bytewise.equals(once)).toBe(true);
      }),
      { numRuns: 60 },
    );
  });

  it('P5: masked cells are replaced, all others are the same bytes, and rows keep their number of cells', () => {
    fc.assert(
      fc.property(fc.array(small, { maxLength: 20 }), cuts, (rows, places) => {
        const stream = Buffer.concat(rows.map((cells) => row(...cells)));
        const out = readRows(drive(newMask({ valueBytes: 1000, heldRowBytes: 10_000 }), cut(stream, places)));
        expect(out).toHaveLength(rows.length);
        rows.forEach(([id, email, name, ssn, note, data], index) => {
          const got = out[index]?.map((value) => value?.toString('utf8') ?? undefined);
          expect(got).toEqual([
            id,
            email === undefined ? undefined : partial(email, kindOfText(email)),
            name,
            ssn === undefined ? undefined : '[redacted]',
            note?.replace('secret', '######'),
            data,
          ]);
        });
      }),
    );
  });

  it('P5: a row without a value to mask is forwarded byte for byte', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(cell, cell), { maxLength: 10 }), cuts, (rows, places) => {
        const stream = Buffer.concat(
          rows.map(([id, data]) => row(id, undefined, id, undefined, 'clean', data)),
        );
        expect(drive(newMask(), cut(stream, places)).equals(stream)).toBe(true);
      }),
    );
  });

  it('P5, P10: rows of any size are masked in bounded memory, or refused; no masked byte gets out', () => {
    const MARK = 'MASKED';
    const length = fc.oneof(fc.nat({ max: 20 }), fc.nat({ max: 400 }));
    fc.assert(
      fc.property(fc.tuple(length, length, length, length, length, length), cuts, (lengths, places) => {
        const masked = new Set([1, 3]);
        const cells = lengths.map((count, index) => (masked.has(index) ? MARK : 'z').repeat(count));
        const stream = row(...cells);
        let out: Buffer;
        try {
          out = drive(newMask(), cut(stream, places));
        } catch (error) {
          expect(error).toBeInstanceOf(ResponseMaskError);
          return;
        }
        const [got] = readRows(out);
        expect(got).toHaveLength(6);
        // `partial` leaves the first letter.
        expect(out.includes('ASK')).toBe(false);
        [0, 2, 5].forEach((index) => expect(got?.[index]?.toString()).toBe(cells[index]));
      }),
      { numRuns: 500 },
    );
  });

  it('P10: random bytes end in a wire error or in rows', () => {
    const bytes = fc.uint8Array({ maxLength: 120 });
    fc.assert(
      fc.property(fc.array(bytes, { maxLength: 4 }), fc.boolean(), cuts, (bodies, isCounted, places) => {
        const messages = bodies.map((body) => {
          const writer = new MessageWriter(0x44);
          return (isCounted ? writer.uint16(6) : writer).raw(body).finish();
        });
        try {
          readRows(drive(newMask(), cut(Buffer.concat(messages), places)));
        } catch (error) {
          expect(error instanceof WireError || error instanceof ResponseMaskError).toBe(true);
        }
      }),
      { numRuns: 500 },
    );
  });
});

describe('rows at their limits', () => {
  it('P10: a result of 65535 columns is masked', () => {
    const count = 65_535;
    const fields = Array.from({ length: count }, (_, index) =>
      index === count - 1 ? field('email') : field('id'),
    );
    const mask = new ResultMask({ masks: MASKS, catalog: testCatalog(), computed: new ComputedFields([]) });
    mask.describe(fields);
    const [out] = readRows(drive(mask, [row(...fields.map(() => 'value'))]));
    expect(out).toHaveLength(count);
    expect(out?.at(-1)?.toString()).toBe('v***');
  });

  it('P10: a masked value over the limit is NULL unread, a huge clean one streams through', () => {
    const mask = newMask();
    const huge = 'z'.repeat(300_000);
    const stream = row('1', 'e'.repeat(65), 'n', 's'.repeat(500_000), 'clean', huge);
    const [out] = readRows(
      drive(
        mask,
        cut(
          stream,
          Array.from({ length: 20 }, (_, index) => index * 40_009),
        ),
      ),
    );
    expect(out?.map((value) => value?.toString() ?? null)).toEqual([
      '1',
      null,
      'n',
      '[redacted]',
      'clean',
      huge,
    ]);
    expect(mask.summary()?.oversized).toBe(1);
  });

  it('P5: behind a huge value a masked one is filled to the byte, and refused where its type has no such value', () => {
    const huge = 'z'.repeat(1000);
    const stream = row(huge, 'alice', 'n', undefined, 'a secret', 'd');
    const places = [100, 300, 1010];
    const [out] = readRows(drive(newMask(), cut(stream, places)));
    expect(out?.map((value) => value?.toString() ?? null)).toEqual([
      huge,
      '*****',
      'n',
      null,
      '********',
      'd',
    ]);
    const mask = newMask();
    mask.describe(FIELDS.map((column) => (column.name === 'ssn' ? { ...column, typeOid: 23 } : column)));
    expect(() => drive(mask, cut(stream, places))).toThrow(
      expect.objectContaining({ code: 'ERR_RESPONSE_MASK_ROW_SIZE' }),
    );
  });

  it('invalid UTF-8 is masked as it is, and left alone where nothing is masked', () => {
    const bad = Buffer.from([0xff, 0xfe, 0x80]);
    const [out] = readRows(drive(newMask(), [row(bad, bad, bad, bad, bad, bad)]));
    expect(out?.[0]).toEqual(bad);
    expect(out?.[1]?.toString()).toBe('***');
    expect(out?.[4]).toEqual(bad);
  });
});
