import { describe, expect, it } from 'vitest';
import { formatFilterTerms, parseFilterTerms } from './filter-terms.ts';

describe('the predicate of a row filter', () => {
  it.each([
    ['tenant_id = principal.claims.tenant', 'tenant_id = principal.claims.tenant'],
    ["Region IN ('eu','it''s') AND deleted_at is null", "region in ('eu', 'it''s') and deleted_at is null"],
    ['"Odd ""Name" <> -1.5', '"Odd ""Name" <> -1.5'],
    ['a>=1 and b is not null and c = TRUE', 'a >= 1 and b is not null and c = true'],
    ['a != 2', 'a <> 2'],
    ['team in principal.groups', 'team in principal.groups'],
    ['owner = principal.subject', 'owner = principal.subject'],
  ])('reads %s', (text, shown) => {
    const read = parseFilterTerms(text);
    expect(read.ok && formatFilterTerms(read.terms)).toBe(shown);
    const again = parseFilterTerms(shown);
    expect(again).toEqual(read);
  });

  it.each([
    ['', 'name of a column', 0],
    ['tenant_id', 'expected =', 9],
    ['tenant_id = ', 'expected a text', 11],
    ['tenant_id = other_column', 'expected a text', 12],
    ['tenant_id = principal.agent', 'expected a text', 12],
    ["a = 'x' or b = 'y'", 'expected `and`', 8],
    ["lower(a) = 'x'", 'expected =', 5],
    ["a = 'x'; drop table t", 'cannot be read', 7],
    ["a = 'x", 'cannot be read', 3],
    ['a is true', '`null` or `not null`', 5],
    ['a in ()', 'expected a text', 6],
    ["public.t.a = 'x'", 'name of a column', 0],
  ])('refuses %s with its place', (text, problem, at) => {
    const read = parseFilterTerms(text);
    expect(read.ok ? read : { ...read, problem: read.problem.includes(problem) }).toEqual({
      ok: false,
      problem: true,
      at,
    });
  });
});
