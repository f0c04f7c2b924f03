import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { MaskObligation } from '../model/obligation.ts';
import type { ValueFormat } from './column-mask.ts';
import { DetectorSet } from './detector-set.ts';
import { MaskingKeys } from './replace/masking-keys.ts';
import { type MaskingContext, ResponseMasks } from './response-masks.ts';

const keys = new MaskingKeys([{ id: 'k', bytes: Buffer.alloc(32, 9) }]);
const context: MaskingContext = {
  detectors: new DetectorSet({ phoneRegion: 'US' }),
  keys,
  compilePattern: (pattern) => (column) =>
    pattern.startsWith('*') ? column.endsWith(pattern.slice(1)) : column === pattern,
};

function masks(...obligations: readonly Partial<MaskObligation>[]): ResponseMasks {
  const whole = obligations.map(
    (mask): MaskObligation => ({ kind: 'mask', rule: 'r', columns: [], method: 'redact', ...mask }),
  );
  return new ResponseMasks(whole, 'pg', context);
}

/** The masked value as text; `unchanged` where it stays. */
function mask(
  value: string,
  format: ValueFormat,
  ...obligations: readonly Partial<MaskObligation>[]
): string | null {
  const masked = masks(...obligations)
    .column('t.c')
    ?.maskBytes(Buffer.from(value), format);
  return masked === undefined ? 'unchanged' : masked === null ? null : masked.toString();
}

describe('masks of columns', () => {
  it('P5: the strictest wins, wherever it stands and by whichever name', () => {
    const both = masks(
      { rule: 'lenient', columns: ['*.email'], method: 'partial' },
      { rule: 'strict', columns: ['*.contact'], method: 'null' },
      { rule: 'content', detect: ['email'] },
    );
    expect(both.column('t.email')?.whole?.rule).toBe('lenient');
    expect(both.column('t.email', 't.contact')?.whole?.rule).toBe('strict');
    expect(both.column('t.other')?.whole).toBeUndefined();
    expect(both.column('t.other')?.rules).toEqual(['content']);
    expect(both.looksEverywhere).toBe(true);
    expect(masks({ columns: ['*.email'] }).column('t.other')).toBeUndefined();
  });

  it('P5: an unknown detector or path is an error: the obligation cannot be fulfilled', () => {
    expect(() => masks({ detect: ['nope'] })).toThrow(/no detector `nope`/);
    expect(() => masks({ columns: ['*'], paths: ['a..b'] })).toThrow(/cannot read the path/);
  });

  it('P5: a mask that names no column means all', () => {
    expect(masks({}).column('t.any')?.whole?.method).toBe('redact');
    expect(
      masks({ paths: ['a'] })
        .column('t.any')
        ?.maskBytes(Buffer.from('{"a":1}'))
        ?.toString(),
    ).toBe('{"a":"[redacted]"}');
  });

  it('content: each detector by its strictest method, and other bytes stay, valid or not', () => {
    const column = masks(
      { detect: ['email'], method: 'partial' },
      { detect: ['email', 'card'], method: 'redact', columns: ['*.c'] },
    ).column('t.c');
    const value = Buffer.concat([Buffer.from([0xff, 0xfe]), Buffer.from(' alice@b.io 4111111111111111 é')]);
    const masked = column?.maskBytes(value);
    expect(masked?.subarray(0, 2)).toEqual(value.subarray(0, 2));
    expect(masked?.subarray(2).toString()).toBe(' [email] [card] é');
    expect(column?.maskText('pay 4111111111111111')).toBe('pay [card]');
    expect(column?.maskText('clean')).toBe('clean');
    expect(column?.maskBytes(Buffer.from('clean'))).toBeUndefined();
  });

  it('P5: a value longer than is looked through is replaced whole', () => {
    const small = new ResponseMasks(
      [{ kind: 'mask', rule: 'r', columns: [], method: 'redact', detect: ['email'] }],
      'pg',
      { ...context, mostBytes: 10 },
    ).column('t.c');
    expect(small?.maskBytes(Buffer.from('a long value'))?.toString()).toBe('[redacted]');
    expect(small?.maskText('a long value')).toBe('[redacted]');
  });

  it('P5: whole values of documents stay documents', () => {
    expect(mask('{"a":1}', 'json', { columns: ['t.c'] })).toBe('"[redacted]"');
    expect(mask('<a/>', 'xml', { columns: ['t.c'], method: 'fixed', value: '<' })).toBe('&#60;');
    expect(mask('x', 'json', { columns: ['t.c'], method: 'null' })).toBeNull();
  });
});

describe('masks of JSON by path', () => {
  const paths = (...names: readonly string[]): Partial<MaskObligation> => ({
    columns: ['t.c'],
    paths: names,
  });

  it.each([
    [
      '{"contact":{"email":"a@b.io", "x" : 1}}',
      ['contact.email'],
      '{"contact":{"email":"[redacted]", "x" : 1}}',
    ],
    [
      '{"cards":[{"number":1},{"number":"2"}]}',
      ['cards[*].number'],
      '{"cards":[{"number":"[redacted]"},{"number":"[redacted]"}]}',
    ],
    ['{"cards":[{"number":1}]}', ['cards.number'], '{"cards":[{"number":"[redacted]"}]}'],
    ['[{"a":1},{"a":2}]', ['[1].a'], '[{"a":1},{"a":"[redacted]"}]'],
    [
      '{"a":{"b":[{"ssn":"1"}]},"ssn":2}',
      ['**.ssn'],
      '{"a":{"b":[{"ssn":"[redacted]"}]},"ssn":"[redacted]"}',
    ],
    ['{"a":1,"a":2}', ['a'], '{"a":"[redacted]","a":"[redacted]"}'],
    ['{"\\u0061":1,"A":2}', ['a'], '{"\\u0061":"[redacted]","A":"[redacted]"}'],
    ['{"a.b":{"c":1}}', ['"a.b".c'], '{"a.b":{"c":"[redacted]"}}'],
    ['{"a":{"deep":[1,2]},"b":null}', ['a', 'b'], '{"a":"[redacted]","b":null}'],
    ['{"a":{"x":1}}', ['*.x'], '{"a":{"x":"[redacted]"}}'],
    ['{"a":1}', ['$.a'], '{"a":"[redacted]"}'],
    ['{"b":1}', ['a'], 'unchanged'],
    ['"text"', ['a'], 'unchanged'],
  ])('%s at %j: %s', (json, names, expected) => {
    expect(mask(json, 'json', paths(...names))).toBe(expected);
  });

  it('a number stays valid JSON by each method', () => {
    const by = (how: Partial<MaskObligation>): unknown => {
      return JSON.parse(
        mask('{"n":4111111111111111}', 'json', { columns: ['t.c'], paths: ['n'], ...how }) ?? '',
      );
    };
    expect(by({ method: 'null' })).toEqual({ n: null });
    expect(by({ method: 'fixed', value: '0' })).toEqual({ n: 0 });
    expect(by({ method: 'fixed', value: '007' })).toEqual({ n: '007' });
    expect(by({ method: 'partial' })).toEqual({ n: '***11' });
    expect(by({ method: 'pseudonym' })).toEqual({ n: expect.any(Number) });
  });

  it('pseudonyms and partial values are made of each leaf of a tree', () => {
    const json = '{"a":{"mail":"alice@example.com","list":["alice@example.com",true,null]}}';
    const masked: unknown = JSON.parse(mask(json, 'json', { ...paths('a'), method: 'pseudonym' }) ?? '');
    const mail: unknown = expect.stringMatching(/^[a-z2-7]{16}@masked\.invalid$/);
    expect(masked).toEqual({ a: { mail, list: [mail, null, null] } });
  });

  it.each([
    ['{"a":1', 'cut'],
    ['{"a":1} x', 'something behind it'],
    ['{"a":01}', 'a number that is none'],
    ["{'a':1}", 'other quotes'],
    ['{"a":"\u0001"}', 'a control character'],
    ['{"a":"\\x"}', 'an escape that is none'],
    ['{"a":1,}', 'a comma too many'],
    ['hello alice', 'no JSON'],
    ['', 'nothing'],
    ['['.repeat(300) + ']'.repeat(300), 'too deep'],
  ])('P3: %j (%s) is masked whole', (json) => {
    expect(mask(json, 'json', paths('a'))).toBe('"[redacted]"');
    expect(mask(json, 'text', paths('a'))).toBe('[redacted]');
  });
});

describe('content in JSON', () => {
  const content: Partial<MaskObligation> = { detect: ['email', 'card', 'phone', 'date-of-birth'] };

  it.each([
    ['{"a":"mail alice@b.io now"}', '{"a":"mail [email] now"}'],
    ['{"a":"x \\" alice\\u0040b.io"}', '{"a":"x \\" [email]"}'],
    ['{"alice@b.io":1}', '{"[email]":1}'],
    ['[4111111111111111, 1]', '["[redacted]", 1]'],
    ['{"phone":"4155552671","id":"4155552671"}', '{"phone":"[phone]","id":"4155552671"}'],
    [
      '{"person":{"birthDate":"1985-03-12"},"at":"1985-03-12"}',
      '{"person":{"birthDate":"[date-of-birth]"},"at":"1985-03-12"}',
    ],
    ['{"a":"é alice@b.io é"}', '{"a":"é [email] é"}'],
  ])('%s becomes %s', (json, expected) => {
    expect(mask(json, 'json', content)).toBe(expected);
  });

  it('all else stays byte for byte, and the result is JSON again', () => {
    fc.assert(
      fc.property(fc.jsonValue(), fc.boolean(), (value, isPretty) => {
        const json = JSON.stringify(value, undefined, isPretty ? 2 : undefined);
        const masked = mask(json, 'json', { columns: ['t.c'], paths: ['a', '**.b'] }, content);
        if (masked !== 'unchanged') JSON.parse(masked ?? '');
        expect(mask(json, 'json', { columns: ['t.c'], paths: ['never.there'] })).toBe('unchanged');
      }),
      { numRuns: 500 },
    );
  });

  it('P5: any bytes give JSON or nothing, never an exception', () => {
    const column = masks(content, { columns: ['t.c'], paths: ['a'] }).column('t.c');
    const tokens = fc.constantFrom(
      '{',
      '}',
      '[',
      ']',
      ',',
      ':',
      '"a"',
      '"',
      '1',
      'null',
      '\\',
      ' ',
      'é',
      '\u0000',
    );
    fc.assert(
      fc.property(fc.array(tokens, { maxLength: 12 }), (parts) => {
        const source = parts.join('');
        const masked = column?.maskBytes(Buffer.from(source), 'json');
        JSON.parse(masked === undefined ? source : (masked?.toString() ?? 'null'));
      }),
      { numRuns: 1000 },
    );
  });
});

describe('masks of XML', () => {
  const paths = (...names: readonly string[]): Partial<MaskObligation> => ({
    columns: ['t.c'],
    paths: names,
  });

  it.each([
    ['<c><email>a@b.io</email> <x/></c>', ['c.email'], '<c><email>[redacted]</email> <x/></c>'],
    ['<c id="7" k=\'8\'/>', ['c.@id'], '<c id="[redacted]" k=\'8\'/>'],
    ['<n:c><n:Email>x<!-- y --></n:Email></n:c>', ['c.email'], '<n:c><n:Email>[redacted]</n:Email></n:c>'],
    ['<c><a b="1"><d>x</d></a></c>', ['c.a'], '<c><a b="[redacted]">[redacted]</a></c>'],
    ['<c><![CDATA[x]]></c>', ['c'], '<c>[redacted]</c>'],
    ['<a/><b>1</b>', ['b'], '<a/><b>[redacted]</b>'],
    ['<c>1</c>', ['d'], 'unchanged'],
  ])('%s at %j: %s', (xml, names, expected) => {
    expect(mask(xml, 'xml', paths(...names))).toBe(expected);
    expect(mask(xml, 'text', paths(...names))).toBe(expected);
  });

  it.each([
    ['<a>alice@b.io &lt;</a>', '<a>[email] &#60;</a>'],
    ['<a>alice&#64;b.io</a>', '<a>[email]</a>'],
    ['<a b="alice@b.io"/>', '<a b="[email]"/>'],
    ['<!-- alice@b.io --><a/>', '<!-- [email] --><a/>'],
    ['<a><![CDATA[alice@b.io]]></a>', '<a><![CDATA[[email]]]></a>'],
    ['<phone>4155552671</phone>', '<phone>[phone]</phone>'],
  ])('content: %s becomes %s', (xml, expected) => {
    expect(mask(xml, 'xml', { detect: ['email', 'phone'] })).toBe(expected);
  });

  it.each([
    '<a>',
    '<a></b>',
    '</a>',
    '<a b=1/>',
    '<!DOCTYPE a [<!ENTITY x "y">]><a>&x;</a>',
    '<a>&x;</a>',
    '<a',
    '<!-- ',
  ])('P3: %s is masked whole', (xml) => {
    expect(mask(xml, 'xml', paths('x'))).toBe('[redacted]');
  });

  it('P10: nests no deeper than is counted, and any text gives an answer', () => {
    expect(mask('<a>'.repeat(300) + '</a>'.repeat(300), 'xml', paths('x'))).toBe('[redacted]');
    expect(mask(`<a ${' '.repeat(50_000)}`, 'xml', paths('x'))).toBe('[redacted]');
    const tokens = fc.constantFrom(
      '<',
      '>',
      '/',
      'a',
      '</a>',
      '<a>',
      '="',
      '"',
      ' ',
      '&',
      'a@b.io',
      '<!--',
      '-->',
    );
    fc.assert(
      fc.property(fc.array(tokens, { maxLength: 14 }), (parts) => {
        const masked = mask(parts.join(''), 'xml', paths('a'), { detect: ['email'] });
        expect(masked === 'unchanged' ? parts.join('') : masked).not.toMatch(/a@b\.io/);
      }),
      { numRuns: 1000 },
    );
  });
});
