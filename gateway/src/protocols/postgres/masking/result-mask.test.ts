import { describe, expect, it } from 'vitest';
import type { FieldDescription } from '../wire/backend/row-description.ts';
import { encodeRowDescription } from '../wire/backend/row-description.ts';
import { ComputedFields } from './computed-columns.ts';
import { ResultMask } from './result-mask.ts';
import { drive, maskRow, readRows } from './testing/drive.ts';
import {
  atPath,
  CUSTOMERS,
  detecting,
  field,
  row,
  type TestCatalogContent,
  testCatalog,
  vouching,
  whole,
} from './testing/fixtures.ts';
import type { ResponseMask } from './value-mask.ts';

function maskOf(
  masks: readonly ResponseMask[],
  content: TestCatalogContent = {},
  computedIsClean = true,
): ResultMask {
  const computed = new ComputedFields(computedIsClean ? [] : undefined);
  return new ResultMask({ masks, catalog: testCatalog(content), computed });
}

const computed = { tableOid: 0, attributeNumber: 0 };

describe('which columns are masked', () => {
  it.each([
    ['by their origin, whatever they are called', '*.email', field('email', { name: 'x' }), null],
    ['by a full name', 'public.customers.email', field('email'), null],
    ['not by the name of another table', 'public.orders.email', field('email'), 'v'],
    ['not by an alias that covers a clean origin', '*.email', field('note', { name: 'email' }), 'v'],
    ['by their name in the result where there is no origin', '*.email', field('email', computed), null],
    [
      'not by a full name where it is proved that nothing masked is in them',
      'public.customers.email',
      field('email', computed),
      'v',
    ],
    ['not where an expression is proved clean', '*.email', field('count', computed), 'v'],
    ['whose table is not known', '*.email', field('note', { tableOid: 30_000 }), null],
    [
      'not if they come from system catalogs',
      '*.email',
      field('relname', { tableOid: 1259, attributeNumber: 2 }),
      'v',
    ],
    [
      'with samples of values, of statistics',
      '*.email',
      field('vals', { tableOid: 12_000, typeOid: 2277 }),
      null,
    ],
  ])('P5: columns %s', (_, pattern, column, expected) => {
    expect(maskRow(maskOf([whole([pattern], 'null')]), [column], row('v'))).toEqual([expected]);
  });

  it('P5: a value masked in part is looked through in what is left of it', () => {
    const masks = [whole(['*.email'], 'partial'), detecting([], ['email'])];
    expect(maskRow(maskOf(masks), [field('email')], row('wanda@example.com'))).toEqual(['w***@***.com']);
    const text = 'write to wanda@example.com';
    expect(maskRow(maskOf(masks), [field('note')], row(text))).toEqual(['write to ######']);
  });

  it('P5: an expression is NULL where it is not proved that it holds no masked column', () => {
    const mask = maskOf([whole(['*.email'], 'partial')], {}, false);
    expect(maskRow(mask, [field('count', computed), field('id')], row('12', '3'))).toEqual([null, '3']);
    expect(mask.summary()?.columns).toEqual([
      { column: 'count', rule: 'r-partial', method: 'null', values: 1 },
    ]);
  });

  it('P5: a column of a partition is masked by the name of its parent, of a parent by that of a partition', () => {
    const content: TestCatalogContent = {
      columns: {
        '20001.2': {
          names: [
            ['public', 'customers_2024', 'email'],
            ['public', 'customers', 'email'],
          ],
        },
      },
    };
    const part = field('email', { tableOid: 20_001 });
    expect(maskRow(maskOf([whole(['customers.email'], 'null')], content), [part], row('v'))).toEqual([null]);
  });

  it('P5: all columns of a view that reads a masked one are NULL', () => {
    const content: TestCatalogContent = {
      columns: {
        '20002.1': { names: [['public', 'v', 'contact']], carries: [['public', 'customers', 'email']] },
      },
    };
    const column = field('contact', { tableOid: 20_002, attributeNumber: 1 });
    expect(maskRow(maskOf([whole(['*.email'], 'partial')], content), [column], row('v'))).toEqual([null]);
    expect(maskRow(maskOf([whole(['*.phone'], 'partial')], content), [column], row('v'))).toEqual(['v']);
  });

  it('P5: a view that the policy vouches for is masked by its own names only; one that may carry anything is NULL', () => {
    const content: TestCatalogContent = {
      columns: {
        '20002.1': { names: [['public', 'v', 'contact']], carries: [['public', 'customers', 'email']] },
        '20002.2': { names: [['public', 'v', 'email']], carries: [['public', 'customers', 'email']] },
        '20003.1': { names: [['public', 'w', 'x']], carries: undefined },
      },
    };
    const columns = [1, 2].map((attributeNumber) => field('x', { tableOid: 20_002, attributeNumber }));
    const vouched = maskOf([vouching(['*.email'], 'public.v')], content);
    expect(maskRow(vouched, columns, row('a', 'b'))).toEqual(['a', '[redacted]']);
    const other = field('x', { tableOid: 20_003, attributeNumber: 1 });
    expect(maskRow(maskOf([whole(['*.email'], 'partial')], content), [other], row('a'))).toEqual([null]);
  });

  it('the strictest of several masks wins', () => {
    const masks = [whole(['*.email'], 'partial'), whole(['*.email'], 'fixed')];
    expect(maskRow(maskOf(masks), [field('email')], row('alice'))).toEqual(['fixed']);
  });

  it('a result without masked columns is clean: its rows are not walked', () => {
    const mask = maskOf([whole(['*.email'], 'null')]);
    const description = encodeRowDescription([field('id')]);
    expect(mask.rowDescription(description, 0, description.length)).toBe('clean');
    expect(mask.summary()).toBeUndefined();
  });

  it('P3: rows that nothing described are refused', () => {
    const mask = maskOf([whole(['*.email'], 'null')]);
    expect(() => drive(mask, [row('x')])).toThrow(
      expect.objectContaining({ code: 'ERR_RESPONSE_MASK_NO_PLAN' }),
    );
    mask.describe([field('id')]);
    mask.endResult();
    expect(() => drive(mask, [row('x')])).toThrow(
      expect.objectContaining({ code: 'ERR_RESPONSE_MASK_NO_PLAN' }),
    );
  });
});

describe('values by type', () => {
  const typed = (typeOid: number, format: 'text' | 'binary' = 'text'): FieldDescription =>
    field('email', { typeOid, format });
  const one = (
    masks: readonly ResponseMask[],
    column: FieldDescription,
    value: string | Buffer,
  ): Buffer | null => {
    const mask = maskOf(masks);
    mask.describe([column]);
    return readRows(drive(mask, [row(value)]))[0]?.[0] ?? null;
  };
  const text = (...args: Parameters<typeof one>): string | null => one(...args)?.toString('utf8') ?? null;

  it.each([
    ['text', 25, 'redact', 'a', '[redacted]'],
    ['varchar', 1043, 'partial', 'alice', 'a***'],
    ['an empty text', 25, 'redact', '', '[redacted]'],
    ['int4', 23, 'redact', '42', null],
    ['int4, partly', 23, 'partial', '42', null],
    ['int4, by text', 23, 'fixed', '42', null],
    ['bool', 16, 'redact', 't', null],
    ['uuid', 2950, 'redact', '0189ab12-0000-7000-8000-000000000000', null],
    ['json', 114, 'redact', '{"a":1}', '"[redacted]"'],
    ['jsonb, partly', 3802, 'partial', '{"a":1}', null],
    ['xml', 142, 'redact', '<a/>', '[redacted]'],
    ['an enum', 99_999, 'redact', 'x', null],
    ['text[]', 1009, 'redact', '{a,NULL,"b c"}', '{"[redacted]",NULL,"[redacted]"}'],
    ['int4[]', 1007, 'redact', '{1,2}', '{NULL,NULL}'],
    ['text[] by NULL', 1009, 'null', '{a}', null],
    ['int4range', 3904, 'partial', '[1,5)', null],
    ['a broken array', 1009, 'redact', '{a', null],
  ] as const)('P5: %s in text format', (_, oid, method, value, expected) => {
    expect(text([whole(['*.email'], method)], typed(oid), value)).toBe(expected);
  });

  it.each([
    ['int2', 21, '31999', Buffer.from([0x12, 0x34])],
    ['int4', 23, '-120', Buffer.from([0xff, 0xff, 0xff, 0x88])],
    ['int8', 20, '4711', Buffer.from([0, 0, 0, 0, 0, 0, 0x12, 0x67])],
    ['numeric', 1700, '12.50', Buffer.from([0, 2, 0, 0, 0, 0, 0, 2, 0, 12, 0x13, 0x88])],
    ['float8', 701, '1.5', Buffer.from([0x3f, 0xf8, 0, 0, 0, 0, 0, 0])],
    [
      'uuid',
      2950,
      '0189ab12-0000-7000-8000-000000000000',
      Buffer.from('0189ab120000700080000000000000ff', 'hex'),
    ],
    ['date', 1082, '2024-02-29', Buffer.from([0, 0, 0x22, 0x79])],
    ['timestamp', 1114, '2024-02-29 10:00:00', Buffer.alloc(8, 1)],
    ['inet', 869, '192.168.1.1', Buffer.from([2, 32, 0, 4, 192, 168, 1, 1])],
    ['macaddr', 829, '08:00:2b:01:02:03', Buffer.from([8, 0, 0x2b, 1, 2, 3])],
  ])(
    'P5: a pseudonym of %s is another valid value of its type, equal for equal ones',
    (_, oid, value, bytes) => {
      const masks = [whole(['*.email'], 'pseudonym')];
      const first = text(masks, typed(oid), value);
      expect(first).not.toBeNull();
      expect(first).not.toBe(value);
      expect(text(masks, typed(oid), value)).toBe(first);
      const binary = one(masks, typed(oid, 'binary'), bytes);
      expect(binary?.equals(bytes)).toBe(false);
      if (oid !== 1700 && binary !== null) expect(binary).toHaveLength(bytes.length);
    },
  );

  it.each([
    ['int4', 23, Buffer.from([0, 0, 0, 42])],
    ['bool', 16, Buffer.from([1])],
    ['a type that is not known', 77_777, Buffer.from('secret')],
    ['tsvector', 3614, Buffer.from('secret')],
  ])('P5: %s in binary format is NULL', (_, oid, bytes) => {
    expect(one([whole(['*.email'], 'redact')], typed(oid, 'binary'), bytes)).toBeNull();
  });

  it.each([
    ['int4', 23, '7', Buffer.from([0, 0, 0, 7])],
    ['bool', 16, 'true', Buffer.from([1])],
    ['numeric', 1700, '0.05', Buffer.from([0, 1, 0xff, 0xff, 0, 0, 0, 2, 0x01, 0xf4])],
    ['date', 1082, '2000-01-02', Buffer.from([0, 0, 0, 1])],
    ['jsonb', 3802, '{}', Buffer.from('\x01{}')],
    ['bytea', 17, '\\x00ff', Buffer.from([0, 255])],
    ['text', 25, 'x', Buffer.from('x')],
  ])('a fixed value of %s is encoded in binary format', (_, oid, value, expected) => {
    expect(one([whole(['*.email'], 'fixed', value)], typed(oid, 'binary'), expected)).toEqual(expected);
  });

  it('P5: detectors look into texts, JSON with escapes, arrays, hstore, bytea and text search', () => {
    const found = (oid: number, value: string): string | null => text([detecting()], typed(oid), value);
    expect(found(25, 'a secret b')).toBe('a ###### b');
    expect(found(25, 'clean')).toBe('clean');
    expect(found(3802, '{"k": "s\\u0065cret", "n": 1}')).toBe('{"k": "######", "n": 1}');
    expect(found(114, '{"secret": 1}')).toBe('{"######": 1}');
    expect(found(1009, '{"a secret",b}')).toBe('{"a ######",b}');
    expect(found(17, `\\x${Buffer.from('a secret').toString('hex')}`)).toBeNull();
    expect(found(3614, "'secret':1")).toBeNull();
    expect(found(142, '<a>&#115;ecret</a>')).toBe('<a>######</a>');
    expect(found(142, '<a>secret')).toBeNull();
    expect(found(142, '<a>secret</a>')).toBe('<a>######</a>');
    expect(found(16, 't')).toBe('t');
  });

  it('P5: what detectors cannot read is NULL', () => {
    expect(one([detecting()], typed(77_777, 'binary'), Buffer.from([1, 2]))).toBeNull();
  });

  it('paths act inside of JSON and XML, and on text that is one', () => {
    const at = (oid: number, value: string): string | null => text([atPath(['*.email'])], typed(oid), value);
    expect(at(3802, '{"ssn":"1","a":2}')).toBe('{"ssn":"[redacted]","a":2}');
    expect(at(25, '{"ssn":"1"}')).toBe('{"ssn":"[redacted]"}');
    expect(at(25, '{broken')).toBeNull();
    expect(at(25, 'plain')).toBe('plain');
    expect(at(142, '<ssn>1</ssn>')).toBe('<ssn>[redacted]</ssn>');
    expect(at(23, '7')).toBe('7');
  });
});

describe('rows as values', () => {
  const address: TestCatalogContent = {
    types: {
      50_000: {
        kind: 'composite',
        relation: CUSTOMERS,
        attributes: [
          { number: 1, name: 'id', type: 23 },
          { number: 2, name: 'email', type: 25 },
          { number: 5, name: 'note', type: 25 },
        ],
      },
      50_001: { kind: 'array', element: 50_000, delimiter: ',' },
      50_002: { kind: 'domain', base: 50_003 },
      50_003: { kind: 'domain', base: 25 },
    },
  };
  const customer = field('c', { typeOid: 50_000, ...computed });

  it('P5: a masked attribute is found in a whole row, in text and binary, and in arrays of rows', () => {
    const mask = maskOf([whole(['*.email'], 'redact')], address);
    expect(maskRow(mask, [customer], row('(1,"a ""x"" b",ok)'))).toEqual(['(1,"[redacted]",ok)']);
    expect(maskRow(mask, [field('cs', { typeOid: 50_001, ...computed })], row('{"(1,a@b,)"}'))).toEqual([
      '{"(1,\\"[redacted]\\",)"}',
    ]);
    const value = Buffer.concat([
      Buffer.from([0, 0, 0, 3]),
      Buffer.from([0, 0, 0, 23, 0, 0, 0, 4, 0, 0, 0, 1]),
      Buffer.from([0, 0, 0, 25, 0, 0, 0, 1]),
      Buffer.from('a'),
      Buffer.from([0, 0, 0, 25, 255, 255, 255, 255]),
    ]);
    mask.describe([{ ...customer, format: 'binary' }]);
    const [[cell] = []] = readRows(drive(mask, [row(value)]));
    expect(cell?.includes('[redacted]')).toBe(true);
    expect(cell?.readInt32BE(0)).toBe(3);
  });

  it('P5: a row with another number of fields is NULL', () => {
    expect(maskRow(maskOf([whole(['*.email'], 'redact')], address), [customer], row('(1,a)'))).toEqual([
      null,
    ]);
  });

  it('a domain is what it is made of', () => {
    const column = field('email', { typeOid: 50_002 });
    expect(maskRow(maskOf([whole(['*.email'], 'redact')], address), [column], row('v'))).toEqual([
      '[redacted]',
    ]);
  });
});
