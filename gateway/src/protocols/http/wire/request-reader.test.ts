import { describe, expect, it } from 'vitest';
import type { RequestHead } from './head/request-head.ts';
import { createRequestReader } from './request-reader.ts';
import { latin1, readRequests } from './testing/read-messages.ts';

const HEAD = 'GET / HTTP/1.1\r\nHost: a\r\n';
const POST = 'POST / HTTP/1.1\r\nHost: a\r\n';

function headOf(raw: string): RequestHead {
  const { messages, failure } = readRequests([latin1(raw)]);
  expect(failure).toBeUndefined();
  const [message] = messages;
  if (message === undefined) throw new Error('no message');
  return message.head;
}

/** Reads one message of a reader that may be held behind it. */
function partsOf(raw: string): {
  readonly reader: ReturnType<typeof createRequestReader>;
  readonly kinds: string[];
} {
  const reader = createRequestReader();
  reader.push(latin1(raw));
  const kinds: string[] = [];
  for (let part = reader.next(); part !== undefined; part = reader.next()) kinds.push(part.kind);
  return { reader, kinds };
}

describe('request heads', () => {
  it('keeps names, values and order as received, without the whitespace around values', () => {
    const head = headOf('GET / HTTP/1.1\r\nHoSt:a\r\nX-One: \t a b \t\r\nx-two:\r\nX-ONE: \xe9"\\\r\n\r\n');
    expect(head.fields.pairs()).toEqual([
      ['HoSt', 'a'],
      ['X-One', 'a b'],
      ['x-two', ''],
      ['X-ONE', '\xe9"\\'],
    ]);
    expect(head.fields.valuesOf('x-one')).toEqual(['a b', '\xe9"\\']);
    expect(head.fields.only('x-two')).toBe('');
    expect(head.fields.only('x-three')).toBeUndefined();
    expect(head.fields.has('host')).toBe(true);
    expect(() => head.fields.only('x-one')).toThrow(/twice \(at byte 48\)/);
  });

  it.each([
    [
      'GET',
      '/a/../b;c=1//%2e?x=%20&y=[1]|{}^',
      { form: 'origin', path: '/a/../b;c=1//%2e', query: 'x=%20&y=[1]|{}^' },
    ],
    ['GET', '/?', { form: 'origin', path: '/', query: '' }],
    ['GET', '//b/c', { form: 'origin', path: '//b/c', query: undefined }],
    ['OPTIONS', '*', { form: 'asterisk' }],
    ['PROPFIND', '/x', { form: 'origin', path: '/x' }],
    [
      'GET',
      'HTTP://A:80/b?c',
      { form: 'absolute', scheme: 'http', path: '/b', query: 'c', authority: { host: 'a', port: 80 } },
    ],
    [
      'GET',
      'https://a?c',
      { form: 'absolute', scheme: 'https', path: '', query: 'c', authority: { host: 'a' } },
    ],
    ['CONNECT', 'a:443', { form: 'authority', authority: { host: 'a', port: 443 } }],
  ])('keeps the forms of a target apart: %s %s', (method, raw, expected) => {
    const head = headOf(`${method} ${raw} HTTP/1.1\r\nHost: a\r\n\r\n`);
    expect(head.method).toBe(method);
    expect(head.target).toMatchObject({ ...expected, raw });
  });

  it.each([
    ['example.COM', 'example.com', undefined],
    ['a_b-c.example.:8080', 'a_b-c.example.', 8080],
    ['127.0.0.1:1', '127.0.0.1', 1],
    ['[2001:DB8::1]:443', '[2001:db8::1]', 443],
    ['[::ffff:1.2.3.4]', '[::ffff:1.2.3.4]', undefined],
  ])('reads the host %s', (raw, host, port) => {
    expect(headOf(`GET / HTTP/1.1\r\nHost: ${raw}\r\n\r\n`).authority).toEqual({ host, port });
  });

  it('lets HTTP/1.0 leave Host out where the target has an authority', () => {
    expect(headOf('CONNECT b:443 HTTP/1.0\r\n\r\n').authority).toEqual({ host: 'b', port: 443 });
    expect(headOf('GET http://b/ HTTP/1.0\r\n\r\n').authority).toEqual({ host: 'b', port: undefined });
  });

  it('takes the default port of a target and of its Host as the same', () => {
    expect(headOf('GET https://a:443/ HTTP/1.1\r\nHost: A\r\n\r\n').authority.port).toBe(443);
    expect(headOf('GET http://a/ HTTP/1.1\r\nHost: a:80\r\n\r\n').authority.port).toBeUndefined();
    expect(headOf('CONNECT a:443 HTTP/1.1\r\nHost: a\r\n\r\n').authority.port).toBe(443);
  });

  it.each([
    [`${HEAD}\r\n`, true],
    [`${HEAD}Connection: Close\r\n\r\n`, false],
    [`${HEAD}Connection: x\r\nConnection: keep-alive, , close\r\n\r\n`, false],
    ['GET / HTTP/1.0\r\nHost: a\r\nConnection: keep-alive\r\n\r\n', false],
  ])('knows whether a connection goes on: %j', (raw, isPersistent) => {
    expect(headOf(raw).isPersistent).toBe(isPersistent);
  });

  it('expects 100 Continue only where a body comes and the version knows it', () => {
    const expecting = 'Expect: 100-Continue\r\n\r\n';
    const { messages } = readRequests([latin1(`${POST}Content-Length: 1\r\n${expecting}x`)]);
    expect(messages[0]?.head.expectsContinue).toBe(true);
    expect(headOf(`${HEAD}${expecting}`).expectsContinue).toBe(false);
    const older = 'POST / HTTP/1.0\r\nHost: a\r\nContent-Length: 1\r\n';
    expect(readRequests([latin1(`${older}${expecting}x`)]).messages[0]?.head.expectsContinue).toBe(false);
  });

  it('sees an offer to upgrade only in HTTP/1.1 and where Connection names it', () => {
    const offer = 'Upgrade: WebSocket, h2c/1\r\n';
    const [head] = [partsOf(`${HEAD}Connection: Upgrade\r\n${offer}\r\n`)];
    expect(head.kinds).toEqual(['head', 'end']);
    expect(headOf(`${HEAD}Connection: Upgrade\r\n${offer}\r\n`).upgrade).toEqual(['websocket', 'h2c/1']);
    expect(headOf(`${HEAD}${offer}\r\n`).upgrade).toBeUndefined();
    expect(
      headOf(`GET / HTTP/1.0\r\nHost: a\r\nConnection: upgrade\r\n${offer}\r\n`).upgrade,
    ).toBeUndefined();
  });

  it('takes names with underscores where the limits say so', () => {
    const limits = { headBytes: 500, targetBytes: 10, fields: 3, nameBytes: 10, underscores: true };
    const { messages } = readRequests([latin1(`${HEAD}api_key: x\r\n\r\n`)], limits);
    expect(messages[0]?.head.fields.only('api_key')).toBe('x');
  });
});

describe('request bodies and pipelining', () => {
  it('hands out slices of the received chunk', () => {
    const chunk = latin1(`${POST}Content-Length: 5\r\n\r\nhello`);
    const reader = createRequestReader();
    reader.push(chunk);
    expect(reader.next()?.kind).toBe('head');
    expect(reader.isMidMessage).toBe(true);
    const part = reader.next();
    expect(part).toMatchObject({ kind: 'data', start: chunk.length - 5, end: chunk.length });
    expect(part?.kind === 'data' && part.bytes === chunk).toBe(true);
    expect(reader.next()).toMatchObject({ kind: 'end', trailers: undefined });
    expect(reader.next()).toBeUndefined();
    expect([reader.isDrained, reader.isMidMessage, reader.retainedBytes]).toEqual([true, false, 0]);
  });

  it('takes chunk sizes in either case and with some leading zeros, and allowed trailers', () => {
    const body = '0A\r\n0123456789\r\n0000000b\r\nabcdefghijk\r\n00\r\nX-Sum: 1\r\nServer-Timing: a\r\n\r\n';
    const { messages, failure } = readRequests([latin1(`${POST}Transfer-Encoding: CHUNKED\r\n\r\n${body}`)]);
    expect(failure).toBeUndefined();
    expect(messages[0]).toMatchObject({
      body: '0123456789abcdefghijk',
      trailers: [
        ['X-Sum', '1'],
        ['Server-Timing', 'a'],
      ],
    });
  });

  it('reads the next message right behind the last one, and only when it is asked to', () => {
    const reader = createRequestReader();
    reader.push(
      latin1(
        `${POST}Content-Length: 2\r\n\r\nhi${HEAD}\r\n${POST}Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n`,
      ),
    );
    const kinds = Array.from({ length: 7 }, () => reader.next()?.kind);
    expect(kinds).toEqual(['head', 'data', 'end', 'head', 'end', 'head', 'end']);
    expect(reader.isDrained).toBe(false);
    expect(reader.next()).toBeUndefined();
    expect(reader.isDrained).toBe(true);
  });

  it('reads nothing behind CONNECT until it is told how that went', () => {
    const raw = `CONNECT a:1 HTTP/1.1\r\nHost: a:1\r\n\r\n${HEAD}\r\n`;
    const refused = partsOf(raw);
    expect(refused.kinds).toEqual(['head', 'end']);
    expect(refused.reader.isDrained).toBe(false);
    refused.reader.resume();
    expect(refused.reader.next()?.kind).toBe('head');
    const granted = partsOf(raw);
    expect(granted.reader.takeRest().toString()).toBe(`${HEAD}\r\n`);
    expect(() => granted.reader.push(latin1('x'))).toThrow(/after the last message/);
  });

  it('tells misuse apart from bad input', () => {
    const reader = createRequestReader();
    expect(() => reader.resume()).toThrow(/without being held/);
    expect(() => reader.takeRest()).toThrow(/no other protocol/);
    reader.push(latin1(HEAD));
    expect(() => reader.push(latin1(HEAD))).toThrow(/before the last one was drained/);
  });

  it('does not go on after an error', () => {
    const reader = createRequestReader();
    reader.push(latin1(`GET / HTTP/1.1\n${HEAD}\r\n`));
    expect(() => reader.next()).toThrow(/without CR/);
    expect(() => reader.next()).toThrow(/without CR/);
    expect(() => reader.push(latin1(HEAD))).toThrow(/without CR/);
    expect(() => reader.end()).toThrow(/without CR/);
    expect(reader.retainedBytes).toBe(0);
  });

  it('counts offsets from the first byte of the stream', () => {
    const { failure } = readRequests([
      latin1(`${HEAD}\r\nGET / HT`),
      latin1('TP/1.1\r\nHost: a\r\nX : b\r\n\r\n'),
    ]);
    expect(failure).toMatchObject({ code: 'ERR_HTTP1_FIELD_NAME', offset: 27 + 25 + 1 });
  });

  it('knows a head that has begun, for its deadline', () => {
    const reader = createRequestReader();
    expect(reader.isMidHead).toBe(false);
    reader.push(latin1('GE'));
    reader.next();
    expect([reader.isMidHead, reader.isMidMessage]).toEqual([true, true]);
  });
});
