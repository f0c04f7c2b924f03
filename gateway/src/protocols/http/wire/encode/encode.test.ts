import { describe, expect, it } from 'vitest';
import { latin1, readRequests, readResponse } from '../testing/read-messages.ts';
import { CHUNK_END, encodeChunkedEnd, encodeChunkStart } from './encode-chunk.ts';
import { encodeRequestHead, type OutgoingRequest } from './encode-request.ts';
import { encodeResponseHead, type OutgoingResponse } from './encode-response.ts';
import { HeadFields } from './head-fields.ts';

const request = (over: Partial<OutgoingRequest> = {}): string =>
  encodeRequestHead({
    method: 'GET',
    target: '/',
    host: 'a:1',
    fields: new HeadFields(),
    framing: { kind: 'none' },
    ...over,
  }).toString('latin1');

const answer = (over: Partial<OutgoingResponse> = {}): OutgoingResponse => ({
  status: 200,
  fields: new HeadFields(),
  request: { method: 'GET', minor: 1 },
  length: undefined,
  closes: false,
  ...over,
});

describe('HeadFields', () => {
  it.each([
    ['a CRLF in a value', 'x', 'a\r\ny: b'],
    ['a CR in a value', 'x', 'a\rb'],
    ['an LF in a value', 'x', 'a\nb'],
    ['a NUL in a value', 'x', 'a\0'],
    ['a character beyond latin1, whose low byte is LF', 'x', 'a\u010ab'],
    ['whitespace around a value', 'x', ' a'],
    ['a colon in a name', 'x: y', 'a'],
    ['a CRLF in a name', 'x\r\ny', 'a'],
    ['an empty name', '', 'a'],
    ['a name beyond latin1', 'x\u013a', 'a'],
    ['Content-Length', 'Content-Length', '5'],
    ['Transfer-Encoding', 'transfer-encoding', 'chunked'],
    ['Host', 'HOST', 'a'],
    ['Connection', 'Connection', 'close'],
    ['Upgrade', 'Upgrade', 'websocket'],
    ['Expect', 'Expect', '100-continue'],
  ])('refuses %s', (_case, name, value) => {
    expect(() => new HeadFields().add(name, value)).toThrow(
      expect.objectContaining({ code: 'ERR_HTTP1_MISUSE' }),
    );
  });

  it('gives the fields as pairs for HTTP/2, names in lower case', () => {
    expect(new HeadFields().add('X-A', '').add('x-b', 'c: d').pairs()).toEqual([
      ['x-a', ''],
      ['x-b', 'c: d'],
    ]);
    expect(new HeadFields().pairs()).toEqual([]);
  });

  it('writes what it was given', () => {
    const fields = new HeadFields().add('X-A', '').add('x-b', '\xe9\t"').add('x-c', 'voil\xc3\xa0');
    expect(fields.text).toBe('X-A: \r\nx-b: \xe9\t"\r\nx-c: voil\xc3\xa0\r\n');
  });

  it('P6: copies received fields but for those of the connection and those to leave out', () => {
    const raw = [
      'GET / HTTP/1.1',
      'Host: a',
      'Connection: keep-alive, X-Hop',
      'Keep-Alive: 5',
      'Proxy-Authorization: x',
      'Proxy-Connection: keep-alive',
      'TE: trailers',
      'Trailer: x',
      'Upgrade: h2c',
      'HTTP2-Settings: x',
      'Expect: 100-continue',
      'X-Hop: 1',
      'Authorization: secret',
      'X-Keep:   1  ',
      'x-keep: 2',
    ].join('\r\n');
    const { messages } = readRequests([latin1(`${raw}\r\n\r\n`)]);
    const head = messages[0]?.head;
    if (head === undefined) throw new Error('no message');
    const copied = new HeadFields().copyEndToEnd(head.fields, head.connection, new Set(['authorization']));
    expect(copied.text).toBe('X-Keep: 1\r\nx-keep: 2\r\n');
  });
});

describe('requests', () => {
  it('P2: writes Host first, framing and connection last, always HTTP/1.1', () => {
    const fields = new HeadFields().add('X', 'y');
    expect(request({ fields, framing: { kind: 'length', length: 3 } })).toBe(
      'GET / HTTP/1.1\r\nhost: a:1\r\nX: y\r\ncontent-length: 3\r\n\r\n',
    );
    expect(request({ method: 'POST' })).toContain('content-length: 0\r\n');
    expect(request({ framing: { kind: 'chunked' }, expectsContinue: true })).toContain(
      'transfer-encoding: chunked\r\nexpect: 100-continue\r\n',
    );
    expect(request({ upgrade: 'websocket' })).toContain('upgrade: websocket\r\nconnection: upgrade\r\n');
    expect(request({ acceptsTrailers: true })).toContain('te: trailers\r\nconnection: te\r\n');
    expect(request({ expectsContinue: true })).not.toContain('expect');
  });

  it.each<readonly [string, Partial<OutgoingRequest>]>([
    ['a method with a space', { method: 'GET /x' }],
    ['a target with a space', { target: '/ HTTP/1.1' }],
    ['a target with a line end', { target: '/\r\nX: y' }],
    ['an empty target', { target: '' }],
    ['a target that is no path', { target: 'http://b/' }],
    ['a method in lower case', { method: 'get' }],
    ['a length that is no number', { framing: { kind: 'length', length: Number.NaN } }],
    ['a negative length', { framing: { kind: 'length', length: -1 } }],
    ['a body until the connection ends', { framing: { kind: 'until-close' } }],
    ['a tunnel', { framing: { kind: 'tunnel' } }],
    ['a protocol with a line end', { upgrade: 'a\r\nX: y' }],
  ])('refuses %s', (_case, over) => {
    expect(() => request(over)).toThrow(expect.objectContaining({ code: 'ERR_HTTP1_MISUSE', status: 500 }));
  });
});

describe('hosts of requests', () => {
  it.each(['a\r\nX: y', 'a/b', 'u@a', '', 'a:'])('refuses the host %j', (host) => {
    expect(() => request({ host })).toThrow(expect.objectContaining({ code: 'ERR_HTTP1_HOST', status: 500 }));
  });
});

describe('responses', () => {
  it.each<readonly [string, Partial<OutgoingResponse>, string, string, boolean]>([
    ['a known length', { length: 2 }, 'length', 'content-length: 2\r\n', false],
    ['an unknown length', {}, 'chunked', 'transfer-encoding: chunked\r\n', false],
    ['HTTP/1.0', { request: { method: 'GET', minor: 0 } }, 'until-close', 'connection: close\r\n', true],
    [
      'HTTP/1.0 with a length',
      { request: { method: 'GET', minor: 0 }, length: 2 },
      'length',
      'content-length: 2\r\nconnection: close\r\n',
      true,
    ],
    ['HEAD', { request: { method: 'HEAD', minor: 1 }, length: 2 }, 'none', 'content-length: 2\r\n', false],
    ['HEAD of an unknown length', { request: { method: 'HEAD', minor: 1 } }, 'none', '', false],
    ['204', { status: 204, length: 0 }, 'none', '', false],
    ['304', { status: 304, length: 7 }, 'none', 'content-length: 7\r\n', false],
    ['100', { status: 100, closes: true }, 'none', '', false],
    [
      '101',
      { status: 101, upgrade: 'websocket' },
      'tunnel',
      'upgrade: websocket\r\nconnection: upgrade\r\n',
      false,
    ],
    ['200 to CONNECT', { request: { method: 'CONNECT', minor: 1 } }, 'tunnel', '', false],
    [
      'a connection that ends',
      { length: 0, closes: true },
      'length',
      'content-length: 0\r\nconnection: close\r\n',
      true,
    ],
  ])('chooses the framing of %s', (_case, over, kind, lines, closes) => {
    const encoded = encodeResponseHead(answer(over));
    expect(encoded.framing.kind).toBe(kind);
    expect(encoded.closes).toBe(closes);
    expect(encoded.bytes.toString('latin1')).toMatch(/^HTTP\/1\.1 \d{3} [A-Za-z ]+\r\n/);
    expect(encoded.bytes.toString('latin1').replace(/^.*\r\n/, '')).toBe(`${lines}\r\n`);
  });

  it('writes its own reasons, none for statuses that it does not know', () => {
    expect(encodeResponseHead(answer({ status: 299, length: 0 })).bytes.toString('latin1')).toMatch(
      /^HTTP\/1\.1 299 \r\n/,
    );
  });

  it.each<readonly [string, Partial<OutgoingResponse>]>([
    ['a status of 99', { status: 99 }],
    ['a status of 600', { status: 600 }],
    ['a status that is no number', { status: Number.NaN }],
    ['an upgrade without 101', { upgrade: 'websocket' }],
    ['a protocol with a line end', { status: 101, upgrade: 'a\r\nb' }],
    ['a length that cannot be', { length: 1.5 }],
  ])('refuses %s', (_case, over) => {
    expect(() => encodeResponseHead(answer(over))).toThrow(
      expect.objectContaining({ code: 'ERR_HTTP1_MISUSE' }),
    );
  });
});

describe('chunks', () => {
  it('writes sizes, ends and trailers that the reader takes', () => {
    const body = Buffer.concat([
      encodeChunkStart(17),
      latin1('a'.repeat(17)),
      CHUNK_END,
      encodeChunkedEnd(new HeadFields().add('x', 'y')),
    ]);
    const head = encodeResponseHead(answer()).bytes;
    const { messages } = readResponse([Buffer.concat([head, body])]);
    expect(messages).toMatchObject([{ body: 'a'.repeat(17), trailers: [['x', 'y']], isWhole: true }]);
    expect(messages.map((message) => message.head.fields.pairs())).toEqual([
      [['transfer-encoding', 'chunked']],
    ]);
    expect(encodeChunkedEnd().toString()).toBe('0\r\n\r\n');
  });

  it.each([0, -1, 1.5, 2 ** 32, Number.NaN])('refuses a chunk of %d bytes', (length) => {
    expect(() => encodeChunkStart(length)).toThrow(/cannot be/);
  });
});
