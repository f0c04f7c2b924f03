import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { literalValue, nextLiteral } from './literal-tokens.ts';

function literals(text: string, words: readonly number[] = []): string[] {
  const found: string[] = [];
  for (let at = 0; ; ) {
    const literal = nextLiteral(text, at, (start) => words.includes(start));
    if (literal === undefined) return found;
    found.push(text.slice(literal.start, literal.end));
    at = literal.end;
  }
}

describe('literals of a text', () => {
  it.each([
    ["SELECT 'a', 'it''s' FROM t", ["'a'", "'it''s'"]],
    ["a = E'x\\'y' AND b = 'z\\'", ["E'x\\'y'", "'z\\'"]],
    ["a = E'x'\n  'y\\'z' AND b = 1", ["E'x'\n  'y\\'z'", '1']],
    ["a = 'x' -- more\n 'y'", ["'x' -- more\n 'y'"]],
    ["b'101' x'1f' N'n' U&'d\\0061'", ["b'101'", "x'1f'", "N'n'", "U&'d\\0061'"]],
    ['$$a$b$$ $q$ $$ $q$ $1 $23', ['$$a$b$$', '$q$ $$ $q$']],
    ['a = -5 AND b = .5 AND c1 = 7', ['5', '5', '7']],
    ["\"quoted 1\" = a1 /* 'no' */ -- 'no'", []],
    ["SELECT 'unterminated", ["'unterminated"]],
    ['$x$ unterminated', ['$x$ unterminated']],
    ['0x1F 1_000 1.5e10', ['0x1F', '1_000', '1.5e10']],
  ])('%s', (text, expected) => {
    expect(literals(text)).toEqual(expected);
  });

  it('say where the parser may say that they begin', () => {
    expect(nextLiteral('=-5', 0, () => false)).toEqual({ start: 2, end: 3, from: 0 });
    expect(nextLiteral('a <> 5', 0, () => false)).toEqual({ start: 5, end: 6, from: 2 });
    expect(nextLiteral('(-a, 5', 0, () => false)?.from).toBe(5);
  });

  it('are words only where somebody says so', () => {
    expect(literals('a = true', [4])).toEqual(['true']);
    expect(literals('a = true')).toEqual([]);
  });

  it('P10: end with any text, and never overlap', () => {
    const parts = fc.constantFrom(
      "'",
      '"',
      '$',
      '$$',
      "E'",
      "U&'",
      '--',
      '/*',
      '*/',
      '\n',
      ' ',
      '\\',
      'a',
      '1',
      '-',
      '.',
    );
    fc.assert(
      fc.property(fc.array(parts, { maxLength: 40 }), (list) => {
        const text = list.join('');
        let at = 0;
        for (let count = 0; count <= text.length; count += 1) {
          const literal = nextLiteral(text, at, () => false);
          if (literal === undefined) return;
          expect(literal.start).toBeGreaterThanOrEqual(at);
          expect(literal.end).toBeGreaterThan(literal.start);
          expect(literal.end).toBeLessThanOrEqual(text.length);
          at = literal.end;
        }
        expect.unreachable();
      }),
    );
  });

  it('have a value by their form', () => {
    expect(["'it''s'", "N'n'", '$$a$$', '$q$ b $q$', '7', "E'x\\''", "'"].map(literalValue)).toEqual([
      "it's",
      'n',
      'a',
      ' b ',
      '7',
      "E'x\\''",
      "'",
    ]);
  });
});
