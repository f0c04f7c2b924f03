import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { compilePathPattern } from './path-pattern.ts';

describe('a path pattern', () => {
  it.each([
    ['/v1/customers', '/v1/customers', true],
    ['/v1/customers', '/v1/customers/', false],
    ['/v1/customers/*', '/v1/customers/7', true],
    ['/v1/customers/*', '/v1/customers/', false],
    ['/v1/customers/*', '/v1/customers/7/orders', false],
    ['/v1/customers/*', '/v1/customers/7%2Forders', true],
    ['/v1/c*s/7', '/v1/customers/7', true],
    ['/v1/**', '/v1', true],
    ['/v1/**', '/v1/a/b/', true],
    ['/v1/**', '/v10', false],
    ['/**', '/', true],
    ['/**/admin', '/a/b/admin', true],
    ['/**/admin', '/admin', true],
    ['/a/**/b/**/c', '/a/x/b/y/c', true],
    ['/a/**/b/**/c', '/a/b/c', true],
    ['/a/**/b/**/c', '/a/c', false],
    ['/a/**/b/b', '/a/b', false],
    ['/', '/', true],
    ['/Admin', '/admin', false],
    ['/**', '*', true],
    ['/v1/**', '*', false],
  ])('%s covers %s: %s', (pattern, path, expected) => {
    expect(compilePathPattern(pattern)?.covers(path)).toBe(expected);
  });

  it.each([
    ['/admin', '/ADMIN'],
    ['/admin', '/admin/'],
    ['/Admin/', '/admin'],
    ['/admin/*', '/admin/x/'],
    ['/v1/admin', '*'],
  ])('P3: a deny of %s hits %s, which services may take for it', (pattern, path) => {
    expect(compilePathPattern(pattern)?.hits(path)).toBe(true);
  });

  it.each(['', 'v1', '//a', '/a//b', '/a/**b', '/***', `/${'a/'.repeat(70)}`])('refuses %j', (pattern) => {
    expect(compilePathPattern(pattern)).toBeUndefined();
  });

  it('never covers what it would not hit, and agrees with the regular expression of the same meaning', () => {
    const segment = fc.constantFrom('a', 'b', '', 'ab');
    const part = fc.constantFrom('a', 'b', '*', 'a*', '**', '');
    const path = fc.array(segment, { minLength: 1, maxLength: 6 }).map((parts) => `/${parts.join('/')}`);
    const pattern = fc.array(part, { minLength: 1, maxLength: 5 }).map((parts) => `/${parts.join('/')}`);
    fc.assert(
      fc.property(pattern, path, (written, value) => {
        const compiled = compilePathPattern(written);
        if (compiled === undefined) return;
        const covers = compiled.covers(value);
        expect(covers === true && !compiled.hits(value)).toBe(false);
        expect(covers).toBe(asExpression(written).test(value));
      }),
      { numRuns: 3000 },
    );
  });

  it('P10: takes no exponential time', () => {
    const pattern = compilePathPattern(`/${'**/a/'.repeat(30)}b`);
    expect(pattern?.covers(`/${'a/'.repeat(250)}`)).toBe(false);
  });
});

function asExpression(pattern: string): RegExp {
  const parts = pattern.slice(1).split('/');
  const body = parts
    .map((part) =>
      part === '**' ? '(?:/[^/]*)*' : part === '*' ? '/[^/]+' : `/${part.replaceAll('*', '[^/]*')}`,
    )
    .join('');
  return new RegExp(`^${body}$`);
}
