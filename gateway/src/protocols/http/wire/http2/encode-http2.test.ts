import { describe, expect, it } from 'vitest';
import { HeadFields } from '../encode/head-fields.ts';
import { encodeHttp2Request, encodeHttp2Response, encodeHttp2Trailers, hasContent } from './encode-http2.ts';
import { readHttp2Request } from './http2-request.ts';
import { readHttp2Response } from './http2-response.ts';

const fields = (...pairs: readonly (readonly [string, string])[]): HeadFields => {
  const made = new HeadFields();
  for (const [name, value] of pairs) made.add(name, value);
  return made;
};

describe('what is written as HTTP/2', () => {
  const request = {
    method: 'POST',
    target: '/a?b=c',
    host: 'api.example.com:8443',
    fields: fields(['X-A', 'b']),
    framing: { kind: 'length', length: 3 },
    acceptsTrailers: true,
  } as const;

  it('is read as the same request', () => {
    const list = encodeHttp2Request(request, 'https');
    expect(list.slice(0, 8)).toEqual([
      ':method',
      'POST',
      ':scheme',
      'https',
      ':authority',
      'api.example.com:8443',
      ':path',
      '/a?b=c',
    ]);
    const read = readHttp2Request(list, false);
    expect(read).toMatchObject({ method: 'POST', framing: { kind: 'length', length: 3 } });
    expect(read.fields.pairs()).toEqual([
      ['x-a', 'b'],
      ['content-length', '3'],
      ['te', 'trailers'],
    ]);
  });

  it.each([
    ['a method in lower case', { method: 'get' }],
    ['a tunnel', { method: 'CONNECT' }],
    ['a target with a line end', { target: '/a\r\nX: y' }],
    ['a target that is no path', { target: 'http://other/' }],
    ['a host with user information', { host: 'me@other' }],
  ])('P2: never has %s', (_what, more) => {
    expect(() => encodeHttp2Request({ ...request, ...more }, 'https')).toThrow(
      expect.objectContaining({ source: 'internal' }),
    );
  });

  it.each([
    [200, 5, '5'],
    [304, 5, '5'],
    [204, 5, undefined],
    [200, undefined, undefined],
  ])('has a length where one may be: %i with %s', (status, length, expected) => {
    const list = encodeHttp2Response({ status, fields: fields(['a', 'b']), method: 'GET', length });
    const at = list.indexOf('content-length');
    expect(at === -1 ? undefined : list[at + 1]).toBe(expected);
    expect(readHttp2Response(list, status !== 200, 'GET').status).toBe(status);
  });

  it.each([100, 101, 600, 2.5])('never has the status %s', (status) => {
    expect(() => encodeHttp2Response({ status, fields: fields(), method: 'GET', length: 0 })).toThrow();
  });

  it('knows what has content', () => {
    expect(hasContent('GET', 200)).toBe(true);
    for (const [method, status] of [
      ['HEAD', 200],
      ['GET', 204],
      ['GET', 304],
      ['GET', 103],
    ] as const) {
      expect(hasContent(method, status)).toBe(false);
    }
  });

  it('gathers trailers by name', () => {
    const list = encodeHttp2Trailers(fields(['a', '1'], ['b', '2'], ['a', '3']));
    expect({ ...list }).toEqual({ a: ['1', '3'], b: ['2'] });
    expect({ ...encodeHttp2Trailers(undefined) }).toEqual({});
  });
});
