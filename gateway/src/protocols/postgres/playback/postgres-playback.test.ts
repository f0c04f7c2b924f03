import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { PlaybackItem } from '../../../model/playback.ts';
import { encodeCommandComplete } from '../wire/backend/command-complete.ts';
import { encodeDataRow } from '../wire/backend/data-row.ts';
import { encodeErrorResponse } from '../wire/backend/error-response.ts';
import { encodeRowDescription } from '../wire/backend/row-description.ts';
import { PostgresPlayback } from './postgres-playback.ts';
import { valueText } from './value-text.ts';

const column = (name: string, typeOid: number, format: 'text' | 'binary' = 'text') => ({
  name,
  tableOid: 0,
  attributeNumber: 0,
  typeOid,
  typeSize: -1,
  typeModifier: -1,
  format,
});

const RESULT = Buffer.concat([
  encodeRowDescription([column('id', 23), column('name', 25)]),
  encodeDataRow(['1', 'Ann\u001b[31m']),
  encodeDataRow(['2', undefined]),
  encodeCommandComplete('SELECT 2'),
  encodeErrorResponse({ severity: 'ERROR', code: '42501', message: 'no', hint: 'ask' }),
]);
const ITEMS: readonly PlaybackItem[] = [
  {
    kind: 'columns',
    columns: [
      { name: 'id', type: 'int4' },
      { name: 'name', type: 'text' },
    ],
  },
  { kind: 'row', cells: ['1', 'Ann\u001b[31m'], isCut: false },
  { kind: 'row', cells: ['2', null], isCut: false },
  { kind: 'done', text: 'SELECT 2' },
  { kind: 'report', severity: 'error', code: '42501', message: 'no', more: { hint: 'ask' } },
];

describe('playback of PostgreSQL', () => {
  it('reads columns, rows, tags and errors, however the bytes were cut', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(RESULT.length)), (cuts) => {
        const playback = new PostgresPlayback();
        const places = [0, ...cuts.sort((a, b) => a - b), RESULT.length];
        const items = places.flatMap((place, index) => {
          // A buffer that is used again, as the reader's is.
          const chunk = Buffer.from(RESULT.subarray(place, places[index + 1] ?? place));
          const taken = playback.take(chunk, 'response');
          chunk.fill(0);
          return taken;
        });
        expect(items).toEqual(ITEMS);
      }),
    );
  });

  it('reads rows whose description was recorded as context, and COPY data of both sides', () => {
    const playback = new PostgresPlayback();
    const [columns] = playback.take(encodeRowDescription([column('n', 23, 'binary')]), 'context');
    expect(columns).toMatchObject({ kind: 'columns' });
    const row = Buffer.from('440000000e000100000004fffffffe', 'hex');
    expect(playback.take(row, 'response')).toEqual([{ kind: 'row', cells: ['-2'], isCut: false }]);
    const copy = Buffer.concat([Buffer.from('640000000a', 'hex'), Buffer.from('1\tann\n')]);
    expect(playback.take(copy, 'response')).toEqual([{ kind: 'text', text: '1\tann\n', from: 'resource' }]);
    expect(playback.take(copy, 'request')).toEqual([{ kind: 'text', text: '1\tann\n', from: 'client' }]);
  });

  it('P10: shows the first part of a row that is too long to hold', () => {
    const playback = new PostgresPlayback();
    const size = 40_000_000;
    const head = Buffer.alloc(11);
    head[0] = 0x44;
    head.writeInt32BE(size + 10, 1);
    head.writeUInt16BE(1, 5);
    head.writeInt32BE(size, 7);
    const chunk = Buffer.alloc(65_536, 'x');
    const items = [...playback.take(head, 'response')];
    for (let left = size; left > 0; left -= chunk.length)
      items.push(...playback.take(chunk.subarray(0, Math.min(left, chunk.length)), 'response'));
    expect(items).toEqual([{ kind: 'row', cells: [`${'x'.repeat(10_000)}…`], isCut: true }]);
    expect(playback.take(encodeCommandComplete('SELECT 1'), 'response')).toEqual([
      { kind: 'done', text: 'SELECT 1' },
    ]);
  });

  it('P10: random bytes, and messages whose bytes were changed, never throw', () => {
    fc.assert(
      fc.property(
        fc.uint8Array({ maxLength: 400 }),
        fc.constantFrom('response', 'request', 'context'),
        (bytes, kind) => {
          new PostgresPlayback().take(Buffer.from(bytes), kind);
        },
      ),
      { numRuns: 1000 },
    );
    fc.assert(
      fc.property(fc.nat(RESULT.length - 1), fc.nat(255), (at, value) => {
        const changed = Buffer.from(RESULT);
        changed[at] = value;
        const playback = new PostgresPlayback();
        playback.take(changed, 'response');
        playback.take(changed, 'response');
      }),
      { numRuns: 1000 },
    );
  });

  it('tells once that bytes are no messages', () => {
    const playback = new PostgresPlayback();
    const bad = Buffer.from('54000000020000', 'hex');
    expect(playback.take(bad, 'response')).toMatchObject([{ kind: 'unreadable' }]);
    expect(playback.take(RESULT, 'response')).toEqual([]);
  });
});

describe('values', () => {
  it.each([
    [16, '01', 't'],
    [20, '7fffffffffffffff', '9223372036854775807'],
    [21, 'fffe', '-2'],
    [23, '00000007', '7'],
    [700, '3dcccccd', '0.1'],
    [701, '3fb999999999999a', '0.1'],
    [1082, '00000001', '2000-01-02'],
    [1082, '7fffffff', 'infinity'],
    [1083, '00000000000f4240', '00:00:01'],
    [1114, 'ffffffffffffffff', '1999-12-31 23:59:59.999999'],
    [1184, '00000000000f4241', '2000-01-01 00:00:01.000001+00'],
    [1700, '0002000000000002000c1194', '12.45'],
    [1700, '0001ffff400000030001', '-0.000'],
    [1700, '0000000000000000', '0'],
    [1700, '00010001000000000001', '10000'],
    [2950, '00112233445566778899aabbccddeeff', '00112233-4455-6677-8899-aabbccddeeff'],
    [3802, '017b7d', '{}'],
    [25, '616263', 'abc'],
    [17, '00ff', '\\x00ff'],
    [23, '0000', '\\x0000'],
    [99_999, '0001', '\\x0001'],
  ])('of type %i in binary format: %s is %s', (oid, bytes, text) => {
    expect(valueText(Buffer.from(bytes, 'hex'), oid, 'binary')).toBe(text);
    // Whatever was declared: text format has no zero byte.
    if (bytes.match(/../g)?.includes('00') === true)
      expect(valueText(Buffer.from(bytes, 'hex'), oid, 'text')).toBe(text);
  });

  it('P10: random bytes of any type never throw', () => {
    fc.assert(
      fc.property(
        fc.uint8Array({ maxLength: 40 }),
        fc.constantFrom(16, 17, 20, 23, 700, 1082, 1083, 1114, 1184, 1700, 2950, 3802),
        (bytes, oid) => {
          expect(valueText(Buffer.from(bytes), oid, 'binary').length).toBeLessThan(25_000);
        },
      ),
      { numRuns: 2000 },
    );
  });
});
