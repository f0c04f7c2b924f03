import { describe, expect, it } from 'vitest';
import { compileColumnPatterns } from './column-patterns.ts';

const patterns = compileColumnPatterns(['*.email', 'public.customers.ssn', '"Odd"."Na.me"']);

describe('column patterns', () => {
  it.each([
    'public.customers.email',
    'public.customers.ssn',
    'public.customers.*',
    'other.things.*',
    'public."Odd"."Na.me"',
    '*',
  ])('P5: may mean %s', (name) => {
    expect(patterns.mayMatch(name)).toBe(true);
  });

  it.each(['public.customers.name', 'public.suppliers.ssn', 'app.customers.ssn', 'public."Email".id'])(
    'cannot mean %s',
    (name) => {
      expect(patterns.mayMatch(name)).toBe(false);
    },
  );

  it('P5: a name that cannot be read, or lacks parts, may be any', () => {
    expect(patterns.mayMatch('"open')).toBe(true);
    expect(compileColumnPatterns(['public.customers.ssn']).mayMatch('ssn')).toBe(true);
    expect(compileColumnPatterns(['public.customers.ssn']).mayMatch('email')).toBe(false);
  });

  it('a table of several masked columns is no reason to mask the others', () => {
    expect(compileColumnPatterns(['public.customers.ssn']).mayMatch('public.orders.*')).toBe(false);
  });

  it('P5: a pattern that cannot be read matches everything, none matches nothing', () => {
    expect(compileColumnPatterns(['"open']).mayMatch('public.t.id')).toBe(true);
    expect(compileColumnPatterns([]).mayMatch('*')).toBe(false);
  });
});
