import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseClaimPath, readClaim } from './claim-path.ts';

describe('a claim path', () => {
  it.each([
    ['groups', ['groups']],
    ['realm_access.roles', ['realm_access', 'roles']],
    ['cognito:groups', ['cognito:groups']],
    ['/https:~1~1acme.example~1groups', ['https://acme.example/groups']],
    ['/a~01/b', ['a~1', 'b']],
  ])('%s names %j', (text, path) => {
    expect(parseClaimPath(text)).toEqual({ ok: true, path });
  });

  it.each([
    '',
    '.',
    'a.',
    'a..b',
    '/',
    '//a',
    '/a/',
    '/~2',
    '/a~',
    'a b',
    'https://a.example/g',
    'a.b.c.d.e.f.g.h.i',
  ])('%j is refused', (text) => {
    expect(parseClaimPath(text).ok).toBe(false);
  });

  it('that is refused for its characters is given back as a JSON Pointer that works', () => {
    fc.assert(
      fc.property(fc.string({ minLength: 1 }), (key) => {
        const refused = parseClaimPath(`${key} `);
        const pointer = refused.ok ? '' : (/`(\/[^`]*)`$/.exec(refused.problem)?.[1] ?? '');
        fc.pre(!key.includes('`') && !key.startsWith('/') && !/[\n\r\u2028\u2029]/.test(key));
        expect(parseClaimPath(pointer)).toEqual({ ok: true, path: [`${key} `] });
      }),
    );
  });
});

describe('reading a claim', () => {
  const payload = JSON.parse('{"a":{"b":["x"]},"__proto__":{"c":1},"n":null,"s":"text"}');

  it.each([
    [['a', 'b'], ['x']],
    [['a', 'missing'], undefined],
    [['n', 'a'], undefined],
    [['s', 'length'], undefined],
    [['a', 'b', '0'], undefined],
    [['toString'], undefined],
    [['constructor', 'name'], undefined],
    [['__proto__', 'c'], 1],
  ] as const)('%j gives %j, and never a member of a prototype', (path, value) => {
    const [first, ...rest] = path;
    expect(readClaim(payload, [first, ...rest])).toEqual(value);
  });
});
