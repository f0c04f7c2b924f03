import { describe, expect, it } from 'vitest';
import { WireError } from '../errors.ts';
import { readHttp2Trailers } from './header-list.ts';
import { readHttp2Request } from './http2-request.ts';
import { readHttp2Response } from './http2-response.ts';

const GET = [':method', 'GET', ':scheme', 'https', ':authority', 'a', ':path', '/x?y'];

function failureOf(read: () => unknown): WireError {
  try {
    read();
  } catch (error) {
    if (error instanceof WireError) return error;
  }
  throw new Error('nothing was refused');
}

describe('HTTP/2 requests (RFC 9113 section 8.3.1)', () => {
  it('become heads like those of HTTP/1, cookies in one field', () => {
    const head = readHttp2Request([...GET, 'cookie', 'a=1', 'x', 'é: b', 'cookie', 'b=2'], true);
    expect(head).toMatchObject({
      method: 'GET',
      target: { form: 'origin', path: '/x', query: 'y' },
      authority: { host: 'a', port: undefined },
      framing: { kind: 'none' },
      isPersistent: true,
      upgrade: undefined,
    });
    expect(head.fields.pairs()).toEqual([
      ['x', 'é: b'],
      ['cookie', 'a=1; b=2'],
    ]);
  });

  it.each([
    [[...GET], true, { kind: 'none' }],
    [[...GET, 'content-length', '0'], true, { kind: 'none' }],
    [[...GET, 'content-length', '5'], false, { kind: 'length', length: 5 }],
    [[...GET], false, { kind: 'chunked' }],
    [[':method', 'CONNECT', ':authority', 'a:443'], false, { kind: 'none' }],
    [[':method', 'GET', ':scheme', 'http', ':path', '/', 'host', 'b'], true, { kind: 'none' }],
    [[':method', 'OPTIONS', ':scheme', 'http', ':path', '*', ':authority', 'b'], true, { kind: 'none' }],
    [[...GET, 'host', 'A:443', 'te', 'trailers'], true, { kind: 'none' }],
  ])('frames %j', (raw, endsStream, framing) => {
    expect(readHttp2Request(raw, endsStream).framing).toEqual(framing);
  });

  it.each([
    ['a line end in a value', [...GET, 'x', 'a\r\ntransfer-encoding: chunked'], 'ERR_HTTP2_FIELD'],
    ['an LF in a value', [...GET, 'x', 'a\nb'], 'ERR_HTTP2_FIELD'],
    ['a NUL in a value', [...GET, 'x', 'a\0'], 'ERR_HTTP2_FIELD'],
    ['a value beyond bytes', [...GET, 'x', '\u010a'], 'ERR_HTTP2_FIELD'],
    ['whitespace before a value', [...GET, 'x', ' a'], 'ERR_HTTP2_FIELD'],
    ['a line end in a name', [...GET, 'x: a\r\ny', 'b'], 'ERR_HTTP2_FIELD'],
    ['a colon in a name', [...GET, 'x:', 'b'], 'ERR_HTTP2_FIELD'],
    ['an empty name', [...GET, '', 'b'], 'ERR_HTTP2_FIELD'],
    ['upper case in a name', [...GET, 'X', 'b'], 'ERR_HTTP2_FIELD'],
    ['Transfer-Encoding', [...GET, 'transfer-encoding', 'chunked'], 'ERR_HTTP2_FIELD'],
    ['Connection', [...GET, 'connection', 'x'], 'ERR_HTTP2_FIELD'],
    ['Upgrade', [...GET, 'upgrade', 'h2c'], 'ERR_HTTP2_FIELD'],
    ['TE other than trailers', [...GET, 'te', 'gzip'], 'ERR_HTTP2_FIELD'],
    ['an underscore', [...GET, 'content_length', '5'], 'ERR_HTTP1_FIELD_NAME'],
    ['two lengths', [...GET, 'content-length', '5', 'content-length', '5'], 'ERR_HTTP1_DUPLICATE'],
    ['a length and no body', [...GET, 'content-length', '5'], 'ERR_HTTP1_FRAMING'],
    ['another host', [...GET, 'host', 'b'], 'ERR_HTTP1_HOST'],
    ['no host at all', [':method', 'GET', ':scheme', 'https', ':path', '/'], 'ERR_HTTP1_HOST'],
    [
      'user information',
      [':method', 'GET', ':scheme', 'https', ':path', '/', ':authority', 'u@a'],
      'ERR_HTTP1_HOST',
    ],
    ['no method', [':scheme', 'https', ':path', '/', ':authority', 'a'], 'ERR_HTTP2_PSEUDO'],
    ['a method with a space', [':method', 'GET /x', ...GET.slice(2)], 'ERR_HTTP2_PSEUDO'],
    ['no path', [':method', 'GET', ':scheme', 'https', ':authority', 'a'], 'ERR_HTTP2_PSEUDO'],
    ['an empty path', [...GET.slice(0, 6), ':path', ''], 'ERR_HTTP2_PSEUDO'],
    ['a path with a space', [...GET.slice(0, 6), ':path', '/ HTTP/1.1'], 'ERR_HTTP2_PSEUDO'],
    ['a path that is a URI', [...GET.slice(0, 6), ':path', 'http://b/'], 'ERR_HTTP2_PSEUDO'],
    ['an asterisk for another method', [...GET.slice(0, 6), ':path', '*'], 'ERR_HTTP1_TARGET'],
    [
      'another scheme',
      [':method', 'GET', ':scheme', 'ftp', ':path', '/', ':authority', 'a'],
      'ERR_HTTP2_PSEUDO',
    ],
    [
      'a scheme that is a URI',
      [':method', 'GET', ':scheme', 'http://b/?', ':path', '/', ':authority', 'a'],
      'ERR_HTTP2_PSEUDO',
    ],
    ['two paths', [...GET, ':path', '/z'], 'ERR_HTTP2_PSEUDO'],
    ['a pseudo-header behind a field', [...GET.slice(0, 6), 'x', 'y', ':path', '/'], 'ERR_HTTP2_PSEUDO'],
    [
      'a pseudo-header behind a cookie',
      [...GET.slice(0, 6), 'cookie', 'y', ':path', '/'],
      'ERR_HTTP2_PSEUDO',
    ],
    ['an unknown pseudo-header', [...GET, ':foo', 'b'], 'ERR_HTTP2_PSEUDO'],
    [
      'extended CONNECT',
      [':method', 'CONNECT', ':protocol', 'websocket', ...GET.slice(2)],
      'ERR_HTTP2_PSEUDO',
    ],
    ['CONNECT with a path', [':method', 'CONNECT', ':authority', 'a:1', ':path', '/'], 'ERR_HTTP2_PSEUDO'],
    ['CONNECT without a port', [':method', 'CONNECT', ':authority', 'a'], 'ERR_HTTP1_TARGET'],
    [
      'CONNECT with a length',
      [':method', 'CONNECT', ':authority', 'a:1', 'content-length', '0'],
      'ERR_HTTP1_FRAMING',
    ],
    ['too much', [...GET, 'x', 'a'.repeat(33_000)], 'ERR_HTTP1_TOO_LONG'],
  ])('P3: refuses %s', (_name, raw, code) => {
    expect(failureOf(() => readHttp2Request(raw, true))).toMatchObject({ code, source: 'downstream' });
  });

  it('answers 414 for a long path', () => {
    const raw = [...GET.slice(0, 6), ':path', `/${'a'.repeat(8192)}`];
    expect(failureOf(() => readHttp2Request(raw, true))).toMatchObject({
      code: 'ERR_HTTP1_TOO_LONG',
      status: 414,
    });
  });
});

describe('HTTP/2 responses (RFC 9113 section 8.3.2)', () => {
  it.each([
    [['200'], false, 'GET', 'chunked'],
    [['200'], true, 'GET', 'none'],
    [['200', 'content-length', '5'], false, 'GET', 'length'],
    [['200', 'content-length', '5'], true, 'HEAD', 'none'],
    [['304', 'content-length', '5'], true, 'GET', 'none'],
    [['204'], true, 'GET', 'none'],
    [['103'], false, 'GET', 'none'],
    [['200'], false, 'CONNECT', 'tunnel'],
  ])('frames %j', (rest, endsStream, method, kind) => {
    expect(readHttp2Response([':status', ...rest], endsStream, method).framing.kind).toBe(kind);
  });

  it.each([
    ['no status', ['x', 'y'], 'ERR_HTTP2_PSEUDO'],
    ['a status of four digits', [':status', '2000'], 'ERR_HTTP2_PSEUDO'],
    ['101', [':status', '101'], 'ERR_HTTP2_PSEUDO'],
    ['a pseudo-header of requests', [':status', '200', ':path', '/'], 'ERR_HTTP2_PSEUDO'],
    ['a line end in a value', [':status', '200', 'x', 'a\r\nset-cookie: b'], 'ERR_HTTP2_FIELD'],
    ['204 with a body', [':status', '204', 'content-length', '5'], 'ERR_HTTP1_FRAMING'],
    ['a length and no body', [':status', '200', 'content-length', '5'], 'ERR_HTTP1_TRUNCATED'],
  ])('P10: refuses %s', (_name, raw, code) => {
    expect(failureOf(() => readHttp2Response(raw, true, 'GET'))).toMatchObject({ code, status: 502 });
  });
});

describe('HTTP/2 trailers (RFC 9113 section 8.1)', () => {
  it('become fields like those of HTTP/1', () => {
    expect(readHttp2Trailers(['grpc-status', '0'], 'upstream').pairs()).toEqual([['grpc-status', '0']]);
  });

  it.each([
    ['a pseudo-header', [':status', '200'], 'ERR_HTTP2_PSEUDO'],
    ['a field that routes', ['host', 'a'], 'ERR_HTTP1_TRAILER'],
    ['a field that authenticates', ['authorization', 'a'], 'ERR_HTTP1_TRAILER'],
  ])('P3: refuse %s', (_name, raw, code) => {
    expect(failureOf(() => readHttp2Trailers(raw, 'downstream'))).toMatchObject({ code });
  });
});
