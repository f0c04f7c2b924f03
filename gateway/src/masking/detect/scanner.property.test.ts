import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DetectorSet } from '../detector-set.ts';
import type { Span } from './span.ts';

const set = new DetectorSet({ phoneRegion: 'DE', patterns: [{ name: 'own', pattern: 'K-[0-9]{4}' }] });
const all = set.scanner(set.names);

function expectOrdered(spans: readonly Span[] | undefined, length: number): void {
  let last = 0;
  for (const { start, end, detector } of spans ?? []) {
    expect(start).toBeGreaterThanOrEqual(last);
    expect(end).toBeGreaterThan(start);
    expect(end).toBeLessThanOrEqual(length);
    expect(set.names).toContain(detector);
    last = end;
  }
}

const piece = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc.string({ unit: fc.constantFrom(...'0123456789 -./:@%=+()aAzZ\u200b４é') }),
  fc.constantFrom(
    'a@b.io',
    '4111 1111 1111 1111',
    '+49 30 901820',
    '-----BEGIN ',
    'PRIVATE KEY-----',
    '://u:p@',
    'eyJ',
  ),
  fc.constantFrom('fe80::1', '00:1a:2b:3c:4d:5e', 'password=', '10.0.0.1', '%40', '\ud800', 'K-1234', 'DE89'),
);
const anyText = fc.array(piece, { maxLength: 12 }).map((pieces) => pieces.join(''));

describe('a scanner', () => {
  it('P5: never throws; spans are in order, apart and inside, for any text', () => {
    fc.assert(
      fc.property(anyText, (text) => {
        expectOrdered(all.scanText(text), text.length);
      }),
      { numRuns: 1000 },
    );
  });

  it('P5: never throws on any bytes, and looks at its range only', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), fc.nat(20), (bytes, from) => {
        const buffer = Buffer.from(bytes);
        const start = Math.min(from, buffer.length);
        const spans = all.scanBytes(buffer, start, buffer.length);
        expectOrdered(spans, buffer.length);
        expect(spans?.every((span) => span.start >= start) ?? true).toBe(true);
      }),
      { numRuns: 500 },
    );
  });

  it('P5: finds the same in a text and in its bytes', () => {
    fc.assert(
      fc.property(anyText, (raw) => {
        const text = raw.toWellFormed();
        const bytes = Buffer.from(text);
        const inText = (all.scanText(text) ?? []).map(({ start, end }) => text.slice(start, end));
        const inBytes = (all.scanBytes(bytes) ?? []).map(({ start, end }) =>
          bytes.toString('utf8', start, end),
        );
        expect(inBytes).toEqual(inText);
      }),
      { numRuns: 1000 },
    );
  });

  it('P5: bytes that are no UTF-8 hide nothing around them', () => {
    const around = fc.uint8Array({ maxLength: 12 }).map((bytes) => bytes.map((byte) => byte | 0x80));
    fc.assert(
      fc.property(around, around, (before, after) => {
        for (const value of ['4111111111111111', '192.168.10.24', 'DE89370400440532013000']) {
          const bytes = Buffer.concat([before, Buffer.from(value), after]);
          const spans = set.scanner(['card', 'ip', 'iban']).scanBytes(bytes) ?? [];
          const isCovered = spans.some(
            ({ start, end }) => start <= before.length && end >= before.length + value.length,
          );
          expect(isCovered).toBe(true);
        }
      }),
    );
  });

  it('P10: repeated beginnings of long values cost time in proportion', () => {
    for (const text of [
      '-----BEGIN PRIVATE KEY-----',
      '+1 ',
      '1 ',
      'a@',
      '@a.b',
      '::',
      'eyJ.',
      'password=',
      '(2) ',
    ]) {
      expectOrdered(all.scanText(text.repeat(4_000)), text.length * 4_000);
    }
  });

  it('P5: a key far inside of a long token is found', () => {
    const text = `${'a'.repeat(40_000)}/AKIAIOSFODNN7EXAMPLE/${'a'.repeat(40_000)}`;
    expect(set.scanner(['api-key']).scanText(text)).toEqual([
      { start: 40_001, end: 40_021, detector: 'api-key' },
    ]);
  });

  it('P10: phone numbers that nobody can check in time count as found', () => {
    const text = '+4930901 '.repeat(2_000);
    expect(set.scanner(['phone']).scanText(text)?.length).toBeGreaterThan(1_000);
  });
});

describe('an own pattern', () => {
  it('is used by its name', () => {
    expect(set.scanner(['own']).scanText('see K-1234.')).toEqual([{ start: 4, end: 10, detector: 'own' }]);
  });

  it('may hold letters outside of ASCII', () => {
    const umlauts = new DetectorSet({ patterns: [{ name: 'own', pattern: 'Größe [0-9]+' }] });
    const text = 'ü Größe 42';
    expect(umlauts.scanner(['own']).scanText(text)).toEqual([
      { start: 2, end: text.length, detector: 'own' },
    ]);
  });

  it.each([
    ['(a+)+$\\1', 'cannot be compiled'],
    ['(?=a)b', 'cannot be compiled'],
    ['(', 'cannot be compiled'],
    ['a*', 'matches the empty text'],
    ['[äö]', 'outside of ASCII in brackets'],
    ['a'.repeat(1001), 'longer than'],
  ])('%j is refused, and the error says why', (pattern, reason) => {
    expect(() => new DetectorSet({ patterns: [{ name: 'own', pattern }] })).toThrow(reason);
  });

  it.each(['email', 'national-id', 'Own Name'])('cannot be named %j', (name) => {
    expect(() => new DetectorSet({ patterns: [{ name, pattern: 'x' }] })).toThrow(
      /there is a detector|needs a name/,
    );
  });

  it('P10: runs in linear time', () => {
    const slow = new DetectorSet({ patterns: [{ name: 'own', pattern: '(a+)+b' }] }).scanner(['own']);
    expect(slow.scanText('a'.repeat(4_000))).toBeUndefined();
  });
});
