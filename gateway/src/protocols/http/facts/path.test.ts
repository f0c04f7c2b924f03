import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readPath } from './path.ts';

const strict = { encodedSlash: 'refuse' } as const;
const keep = { encodedSlash: 'keep' } as const;

describe('the one form of a path', () => {
  it.each([
    // What came, what rules see, what upstream gets.
    ['/v1/customers/7', '/v1/customers/7', '/v1/customers/7'],
    ['/', '/', '/'],
    ['/a/', '/a/', '/a/'],
    ['/%61dmin', '/admin', '/admin'],
    ['/%41', '/A', '/A'],
    ['/a/./b', '/a/b', '/a/b'],
    ['/a/../b', '/b', '/b'],
    ['/a/%2e%2E/b', '/b', '/b'],
    ['/a/.%2e/b', '/b', '/b'],
    ['/a/b/..', '/a/', '/a/'],
    ['/a/.', '/a/', '/a/'],
    ['/a/...', '/a/...', '/a/...'],
    ['/%7Euser', '/~user', '/~user'],
    ['/a%3ab', '/a:b', '/a:b'],
    ['/a%20b', '/a b', '/a%20b'],
    ['/a+b', '/a+b', '/a+b'],
    ['/a%2bb', '/a+b', '/a+b'],
    ['/100%25', '/100%25', '/100%25'],
    ['/caf%c3%a9', '/café', '/caf%C3%A9'],
    ['/a%3fb', '/a?b', '/a%3Fb'],
    ['/a%23b', '/a#b', '/a%23b'],
    ['/a%3bb', '/a;b', '/a%3Bb'],
    ['/{id}|^', '/{id}|^', '/%7Bid%7D%7C%5E'],
    ['/a*', '/a*', '/a*'],
    ['/users/@me', '/users/@me', '/users/@me'],
  ])('%s is %s, sent as %s', (raw, text, encoded) => {
    expect(readPath(raw, strict)).toMatchObject({ ok: true, value: { text, encoded } });
  });

  it.each([
    ['a fragment', '/public#/../admin', 'fragment'],
    ['no slash', 'admin', 'slash'],
    ['two slashes', '//admin', 'empty'],
    ['two slashes within', '/public//admin', 'empty'],
    ['dots that meet an empty segment', '/public//../admin', 'empty'],
    ['above the root', '/../admin', 'root'],
    ['above the root, encoded', '/a/%2e%2e/%2e%2e/admin', 'root'],
    ['an encoded slash', '/public%2fadmin', 'slash'],
    ['an encoded slash with dots', '/public/..%2fadmin', 'slash'],
    ['an encoded backslash', '/public%5cadmin', 'backslash'],
    ['a backslash', '/public\\..\\admin', 'backslash'],
    ['an encoded backslash with dots', '/public/..%5c..%5cadmin', 'backslash'],
    ['double encoding of a dot', '/public/%252e%252e/admin', 'twice'],
    ['double encoding of a slash', '/public%252fadmin', 'twice'],
    ['triple encoding', '/public/%25252e/admin', 'twice'],
    ['a matrix parameter', '/public;x=1/admin', 'matrix'],
    ['dots with a matrix parameter', '/public/..;/admin', 'matrix'],
    ['a bare semicolon', '/admin;', 'matrix'],
    ['NUL', '/admin%00.png', 'NUL'],
    ['a line feed', '/admin%0a', 'control'],
    ['CR LF', '/a%0d%0aX: y', 'percent-encoded'],
    ['CR LF, encoded', '/a%0d%0aX:%20y', 'control'],
    ['DEL', '/a%7f', 'control'],
    ['an overlong slash', '/public%c0%afadmin', 'UTF-8'],
    ['an overlong dot', '/public/%c0%ae%c0%ae/admin', 'UTF-8'],
    ['an overlong slash of three bytes', '/public%e0%80%afadmin', 'UTF-8'],
    ['an encoded surrogate', '/%ed%a0%80', 'UTF-8'],
    ['Latin-1', '/caf%e9', 'UTF-8'],
    ['raw bytes', '/café', 'percent-encoded'],
    ['IIS escapes', '/public%u002fadmin', 'escape'],
    ['half an escape', '/a%2', 'escape'],
    ['a percent sign', '/100%', 'escape'],
    ['a fullwidth slash', `/public${encodeURIComponent('／')}admin`, 'take for another'],
    ['a fullwidth dot', `/${encodeURIComponent('．．')}/admin`, 'take for another'],
    ['two dots in one', `/${encodeURIComponent('‥')}/admin`, 'take for another'],
    ['a fullwidth backslash', `/${encodeURIComponent('＼')}admin`, 'take for another'],
    ['a fraction slash', `/public${encodeURIComponent('\u2044')}admin`, 'take for another'],
    ['a division slash', `/public${encodeURIComponent('\u2215')}admin`, 'take for another'],
    ['a set minus', `/public${encodeURIComponent('\u2216')}admin`, 'take for another'],
    ['dots with an encoded parameter', '/public/..%3bx/admin', 'dot segment'],
    ['dots with a question mark', '/public/..%3f/admin', 'dot segment'],
    ['a dot with a number sign', '/public/.%23/admin', 'dot segment'],
    ['dots with a space', '/public/..%20/admin', 'dot segment'],
    ['a C1 control', '/a%C2%85b', 'control'],
    ['a line separator', '/a%E2%80%A8b', 'control'],
    ['a change of direction', '/a%E2%80%AEb', 'control'],
    ['a space without width', '/ad%E2%80%8Bmin', 'control'],
    ['a space', '/a b', 'percent-encoded'],
    ['a tab', '/a\tb', 'percent-encoded'],
    ['too long', `/${'a'.repeat(9000)}`, 'longer'],
    ['too many segments', '/a'.repeat(300), 'segments'],
  ])('P3: refuses %s: %s', (_name, raw, reason) => {
    expect(readPath(raw, strict)).toMatchObject({
      ok: false,
      reason: expect.stringContaining(reason) as string,
    });
  });

  it.each([
    ['/projects/group%2fname', '/projects/group%2Fname', '/projects/group%2Fname'],
    ['/p/a%2Fb%25', '/p/a%2Fb%25', '/p/a%2Fb%25'],
  ])('where a service needs encoded slashes, %s is %s, sent as %s', (raw, text, encoded) => {
    expect(readPath(raw, keep)).toMatchObject({ ok: true, value: { text, encoded } });
  });

  it.each([
    '/p/..%2fadmin',
    '/p/a%2f..%2fb',
    '/p/%2fadmin',
    '/p/a%2f',
    '/p/a%2f%2fb',
    '/p/.%2fx',
    '/p%252f..',
  ])('P3: even there refuses %s', (raw) => {
    expect(readPath(raw, keep).ok).toBe(false);
  });

  const odd = fc
    .array(
      fc.oneof(
        fc.constantFrom(
          '/',
          '.',
          '..',
          '%2e',
          '%2E',
          '%2f',
          '%5c',
          '%25',
          '%',
          ';',
          '\\',
          'a',
          'B',
          '%c3%a9',
          '%00',
          '+',
          '%7e',
          '?',
          ' ',
        ),
        fc.string({ maxLength: 3 }),
      ),
      { maxLength: 12 },
    )
    .map((parts) => `/${parts.join('')}`);

  it.each([strict, keep])('P2: the form of the form is the form (%o)', (options) => {
    fc.assert(
      fc.property(odd, (raw) => {
        const once = readPath(raw, options);
        if (!once.ok) return;
        expect(readPath(once.value.encoded, options)).toEqual(once);
      }),
      { numRuns: 3000 },
    );
  });

  it('P2: what is sent has no second reading: no dots, escapes of letters, or encoded escapes', () => {
    fc.assert(
      fc.property(odd, (raw) => {
        const form = readPath(raw, strict);
        if (!form.ok) return;
        const { encoded } = form.value;
        expect(encoded).not.toMatch(
          /\/\.{1,2}(?:\/|$)|\/\/|;|\\|%2F|%5C|%00|%25[0-9A-Fa-f]{2}|%(?:4[1-9A-F]|6[1-9A-F])|[^!-~]/,
        );
        expect(new URL(encoded, 'http://h').pathname).toBe(encoded);
      }),
      { numRuns: 3000 },
    );
  });
});
