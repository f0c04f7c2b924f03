import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { compileQualifiedName, parseQualifiedName } from './qualified-name.ts';

function covers(pattern: string, name: string): boolean | undefined {
  return compileQualifiedName(pattern)?.covers(parseQualifiedName(name));
}

function hits(pattern: string, name: string): boolean | undefined {
  return compileQualifiedName(pattern)?.hits(parseQualifiedName(name));
}

describe('a qualified name pattern', () => {
  it.each([
    ['analytics.*', 'analytics.orders', true],
    ['analytics.*', 'public.orders', false],
    ['analytics.*', 'mydb.analytics.orders', true],
    ['*.ssn', 'public.customers.ssn', true],
    ['orders', 'public.orders', true],
    ['public.ord*', 'public.orders', true],
    ['public.ord*s', 'public.ord', false],
    ['PUBLIC.Orders', 'public.orders', true],
    ['public.orders', 'public."Orders"', false],
    ['"Odd.Name"', 'public."Odd.Name"', true],
    ['public."Odd.*"', 'public."Odd.Name"', false],
    ['public."say ""hi"""', 'public."say ""hi"""', true],
    ['public.*', 'public."a.b"', true],
    ['a.*', '"a.b".c', false],
    ['*', 'anything', true],
  ])('%s and the name %s: %s', (pattern, name, expected) => {
    expect(covers(pattern, name)).toBe(expected);
    expect(hits(pattern, name)).toBe(expected);
  });

  it.each(['', 'a..b', '.a', 'a.', '"a', 'a"b', '"a"b', '""', 'a b', 'a.b.c.d.e.f.g'])(
    'refuses %j',
    (pattern) => {
      expect(compileQualifiedName(pattern)).toBeUndefined();
    },
  );

  it.each([
    ['public.orders', 'orders', 'a value without its schema'],
    ['public.customers.ssn', 'public.customers.*', 'a value that stands for every column'],
    ['public.orders', 'public."', 'a value that cannot be read'],
  ])('P3: is not covered by %s, but hit, when the value is %s (%s)', (pattern, name) => {
    expect(covers(pattern, name)).toBe(false);
    expect(hits(pattern, name)).toBe(true);
  });

  it('covers a value that stands for everything only by a lone star', () => {
    expect(covers('public.customers.*', 'public.customers.*')).toBe(true);
    expect(covers('public.customers.s*', 'public.customers.*')).toBe(false);
    expect(covers('*', 'public.customers."*"')).toBe(true);
    expect(hits('public.customers.ssn', 'public.customers."*"')).toBe(false);
  });

  it('never covers what it would not hit', () => {
    const part = fc.constantFrom('a', 'b*', '*', '"A"', '"*"', 'ab');
    const name = fc.array(part, { minLength: 1, maxLength: 3 }).map((parts) => parts.join('.'));
    fc.assert(
      fc.property(name, name, (pattern, value) => {
        expect(covers(pattern, value) === true && hits(pattern, value) !== true).toBe(false);
      }),
    );
  });
});
