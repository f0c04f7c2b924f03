import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type RequestHead, readRequest, writeTarget } from './request-form.ts';

const options = { encodedSlash: 'refuse', methodOverride: 'refuse' } as const;

function head(changes: Partial<RequestHead> = {}): RequestHead {
  return {
    method: 'GET',
    target: '/a',
    scheme: 'https',
    authority: 'api.example.com',
    fields: [],
    ...changes,
  };
}

function reasonOf(changes: Partial<RequestHead>): string {
  const form = readRequest(head(changes), options);
  return form.ok ? 'read' : form.reason;
}

describe('the one form of a request', () => {
  it.each([
    ['api.example.com', 'api.example.com', 443],
    ['API.Example.COM.', 'api.example.com', 443],
    ['api.example.com:8443', 'api.example.com', 8443],
    ['xn--bcher-kva.example', 'xn--bcher-kva.example', 443],
    ['10.1.2.3:80', '10.1.2.3', 80],
    ['[::1]:9', '[::1]', 9],
    ['[0:0:0:0:0:0:0:1]', '[::1]', 443],
    ['[::FFFF:127.0.0.1]', '[::ffff:7f00:1]', 443],
    ['[::ffff:7f00:1]', '[::ffff:7f00:1]', 443],
    ['my_service', 'my_service', 443],
  ])('the host %s is %s, port %i', (authority, host, port) => {
    expect(readRequest(head({ authority }), options)).toMatchObject({
      ok: true,
      value: { authority: { host, port } },
    });
  });

  it.each([
    '',
    '0x7f.1',
    '0x7f000001',
    '017700000001',
    '2130706433',
    '127.1',
    '127.0.0.01',
    '127.0.0.1.1',
    '256.0.0.1',
    '0',
    'evil.0x10',
    '１２７.0.0.1',
    'ｅxample.com',
    'bücher.example',
    'example。com',
    'a@b.example',
    'user:pass@b.example',
    'a..b',
    '.a',
    '-a',
    'a-',
    'a b',
    'a%2eb',
    'a/b',
    'a?b',
    'a#b',
    'a\\b',
    'a,b',
    'a:0',
    'a:70000',
    'a:',
    'a:80:80',
    'a:8o',
    '[::1',
    '::1',
    '[::1%25eth0]',
    '[fe80::1%eth0]',
    '[1]',
    '[::1]a',
    '[127.0.0.1]',
    `${'a'.repeat(64)}.example`,
  ])('P3: refuses the host %j', (authority) => {
    expect(reasonOf({ authority })).not.toBe('read');
  });

  it.each([
    ['get', 'GET'],
    ['PoSt', 'POST'],
    ['QUERY', 'QUERY'],
  ])('the method %s is %s', (method, expected) => {
    expect(readRequest(head({ method }), options)).toMatchObject({ ok: true, value: { method: expected } });
  });

  it.each(['', 'TRACE', 'CONNECT', 'COPY', 'MOVE', 'FOO', 'GET ', 'PO\u017fT', 'GET\r\nX', 'G_T'])(
    'P3: refuses the method %j',
    (method) => {
      expect(reasonOf({ method })).toContain('method');
    },
  );

  it.each([
    ['X-HTTP-Method-Override', 'DELETE'],
    ['x-http-method', 'PUT'],
    ['X-Method-Override', 'PATCH'],
    ['X-Original-URL', '/admin'],
    ['X-Rewrite-URL', '/admin'],
    ['X-Forwarded-Uri', '/admin'],
    ['X_Forwarded_For', '1.2.3.4'],
    ['content_length', '5'],
    ['X-A', 'a\r\nX-B: c'],
    ['X-A', 'a\0'],
    ['X-A', 'é'],
    ['X A', 'a'],
    ['X-A:', 'a'],
    ['', 'a'],
  ])('P3: refuses the header %j: %j', (name, value) => {
    expect(reasonOf({ fields: [[name, value]] })).not.toBe('read');
  });

  it('P3: refuses two content types', () => {
    const fields = [
      ['Content-Type', 'application/json'],
      ['content-type', 'text/plain'],
    ] as const;
    expect(reasonOf({ fields })).toContain('twice');
  });

  it('a service that knows no method overrides may get their headers, but never those for paths', () => {
    const lenient = { ...options, methodOverride: 'ignored' } as const;
    expect(readRequest(head({ fields: [['X-HTTP-Method-Override', 'PUT']] }), lenient).ok).toBe(true);
    expect(readRequest(head({ fields: [['X-Original-URL', '/x']] }), lenient).ok).toBe(false);
  });

  it('P10: headers are bounded', () => {
    const many = Array.from({ length: 300 }, (_, index) => [`x-${index}`, '1'] as const);
    expect(reasonOf({ fields: many })).toContain('200');
    expect(reasonOf({ fields: [['x', 'y'.repeat(70_000)]] })).toContain('bytes');
  });

  it.each([
    ['/a?x=1&x=2&y', '/a?x=1&x=2&y'],
    ['/a?', '/a'],
    ['/a?x=a+b%2B', '/a?x=a%20b%2B'],
    ['/a?x=%61', '/a?x=a'],
    ['/a?u=https://x/?q', '/a?u=https%3A%2F%2Fx%2F%3Fq'],
    ['https://api.example.com/a?x=1', '/a?x=1'],
    ['HTTPS://API.example.com:443/a', '/a'],
    ['https://api.example.com', '/'],
    ['https://api.example.com?x', '/?x'],
  ])('P2: the target %s is sent as %s', (target, expected) => {
    const form = readRequest(head({ target }), options);
    expect(form.ok && writeTarget(form.value)).toBe(expected);
  });

  it.each([
    'https://other.example/a',
    'http://api.example.com/a',
    'https://api.example.com@evil.example/a',
    'https:///a',
    'https:/a',
    '*',
    'api.example.com:443',
    '',
    '?x',
    '/a?x=1;y=2',
    '/a?x#y',
    '/a?x=%00',
    `/a?${'x'.repeat(20_000)}`,
    'file:///etc/passwd',
  ])('P3: refuses the target %j', (target) => {
    expect(reasonOf({ target })).not.toBe('read');
  });

  it('P3: refuses a request without a host', () => {
    expect(reasonOf({ authority: undefined })).toContain('host');
  });

  it('P2: the form of what is sent is the same form; nothing makes it throw', () => {
    const odd = fc.string({ unit: fc.constantFrom(...'/.%2eEfF5cC?&=+#;\\a:@ é\0') });
    fc.assert(
      fc.property(odd, fc.string(), fc.string(), (target, authority, method) => {
        readRequest(head({ target, authority, method }), options);
        const form = readRequest(head({ target: `/${target}` }), options);
        if (!form.ok) return;
        expect(readRequest(head({ target: writeTarget(form.value) }), options)).toEqual(form);
      }),
      { numRuns: 3000 },
    );
  });
});
