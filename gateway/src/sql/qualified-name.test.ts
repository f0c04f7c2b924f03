import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { formatName, type NamePart, parseIdentifierList, parseName, WILDCARD } from './qualified-name.ts';

describe('qualified names', () => {
  it('leaves plain lower-case identifiers bare and quotes everything else', () => {
    expect(formatName(['public', 'orders', 'Total "€"'])).toBe('public.orders."Total ""€"""');
  });

  it('tells the wildcard from a column that is really named *', () => {
    expect(formatName(['t', WILDCARD])).toBe('t.*');
    expect(formatName(['t', '*'])).toBe('t."*"');
  });

  it('reads back what it wrote, for any parts', () => {
    const part = fc.oneof(fc.string({ minLength: 1 }), fc.constant<NamePart>(WILDCARD));
    fc.assert(
      fc.property(fc.array(part, { minLength: 1, maxLength: 4 }), (parts) => {
        expect(parseName(formatName(parts))).toEqual(parts);
      }),
    );
  });

  it.each(['', 'A', 'a.', '.a', '"a', 'a"b"', 'a b'])('refuses %j', (text) => {
    expect(parseName(text)).toBeUndefined();
  });

  it.each([
    ['a, "B ""c""" , d', ['a', 'B "c"', 'd']],
    ['Public', ['public']],
    ['', []],
    ['""', ['']],
    ['a""', ['a""']],
    ['SCHÄMA\u00a0x', ['schÄma\u00a0x']],
    [`${'x'.repeat(70)},"${'ü'.repeat(40)}"`, ['x'.repeat(63), 'ü'.repeat(31)]],
  ])('splits the identifier list %j as the server does', (text, names) => {
    expect(parseIdentifierList(text)).toEqual(names);
  });

  it.each(['a,', 'a b', ',a', '"a', '"a"b'])('refuses the identifier list %j', (text) => {
    expect(parseIdentifierList(text)).toBeUndefined();
  });
});
