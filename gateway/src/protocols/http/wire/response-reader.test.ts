import { describe, expect, it } from 'vitest';
import { WireError } from './errors.ts';
import type { AskedRequest } from './head/response-head.ts';
import { ResponseReader } from './response-reader.ts';
import { latin1, readAll, readResponse } from './testing/read-messages.ts';

const OK = 'HTTP/1.1 200 OK\r\n';

type Refusal = readonly [name: string, raw: string, code: string, asked?: Partial<AskedRequest>];

const toCase = ([name, raw, code, asked = {}]: Refusal): {
  readonly name: string;
  readonly raw: string;
  readonly code: string;
  readonly asked: Partial<AskedRequest>;
} => ({ name, raw, code, asked });

describe('hostile upstreams', () => {
  const refusals: readonly Refusal[] = [
    ['another protocol', 'SSH-2.0-x\r\n\r\n', 'ERR_HTTP1_VERSION'],
    ['HTTP/2', 'HTTP/2 200\r\n\r\n', 'ERR_HTTP1_VERSION'],
    ['HTTP/1.2', 'HTTP/1.2 200 OK\r\n\r\n', 'ERR_HTTP1_VERSION'],
    ['a status of two digits', 'HTTP/1.1 20 OK\r\n\r\n', 'ERR_HTTP1_STATUS_LINE'],
    ['a status of four digits', 'HTTP/1.1 2000 OK\r\n\r\n', 'ERR_HTTP1_STATUS_LINE'],
    ['a status of 600', 'HTTP/1.1 600 OK\r\n\r\n', 'ERR_HTTP1_STATUS_LINE'],
    ['a status of 099', 'HTTP/1.1 099 OK\r\n\r\n', 'ERR_HTTP1_STATUS_LINE'],
    ['a status with a sign', 'HTTP/1.1 +20 OK\r\n\r\n', 'ERR_HTTP1_STATUS_LINE'],
    ['two spaces before the status', 'HTTP/1.1  200 OK\r\n\r\n', 'ERR_HTTP1_STATUS_LINE'],
    ['a control byte in the reason', 'HTTP/1.1 200 O\0K\r\n\r\n', 'ERR_HTTP1_CONTROL'],
    ['a bare CR in the reason', 'HTTP/1.1 200 O\rK\r\n\r\n', 'ERR_HTTP1_BARE_CR'],
    ['a bare LF', 'HTTP/1.1 200 OK\n\n', 'ERR_HTTP1_BARE_LF'],
    ['a long reason', `HTTP/1.1 200 ${'a'.repeat(513)}\r\n\r\n`, 'ERR_HTTP1_TOO_LONG'],
    ['an endless first line', `HTTP/1.1 200 ${'a'.repeat(600)}`, 'ERR_HTTP1_TOO_LONG'],
    ['an endless head', `${OK}${'x: aaaaaaaaaaaaaaaaaaaa\r\n'.repeat(4000)}`, 'ERR_HTTP1_TOO_LONG'],
    ['obs-fold', `${OK}X: a\r\n b\r\n\r\n`, 'ERR_HTTP1_FOLD'],
    ['two lengths', `${OK}Content-Length: 1\r\nContent-Length: 2\r\n\r\n`, 'ERR_HTTP1_DUPLICATE'],
    ['a length in a list', `${OK}Content-Length: 1, 1\r\n\r\n`, 'ERR_HTTP1_CONTENT_LENGTH'],
    [
      'length and coding',
      `${OK}Content-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n`,
      'ERR_HTTP1_FRAMING',
    ],
    ['another coding', `${OK}Transfer-Encoding: gzip, chunked\r\n\r\n`, 'ERR_HTTP1_TRANSFER_ENCODING'],
    [
      'a coding in HTTP/1.0',
      'HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n',
      'ERR_HTTP1_TRANSFER_ENCODING',
    ],
    ['Content-Type twice', `${OK}Content-Type: a/b\r\nContent-Type: c/d\r\n\r\n`, 'ERR_HTTP1_DUPLICATE'],
    ['204 with a body', 'HTTP/1.1 204 No Content\r\nContent-Length: 1\r\n\r\nx', 'ERR_HTTP1_FRAMING'],
    [
      '204 with a coding',
      'HTTP/1.1 204 No Content\r\nTransfer-Encoding: chunked\r\n\r\n',
      'ERR_HTTP1_FRAMING',
    ],
    ['1xx with a body', 'HTTP/1.1 103 Early Hints\r\nContent-Length: 1\r\n\r\nx', 'ERR_HTTP1_FRAMING'],
    ['CONNECT with a body', `${OK}Content-Length: 1\r\n\r\nx`, 'ERR_HTTP1_FRAMING', { method: 'CONNECT' }],
    [
      '101 that nobody asked for',
      'HTTP/1.1 101 x\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\n',
      'ERR_HTTP1_UNASKED',
    ],
    [
      '101 to another protocol',
      'HTTP/1.1 101 x\r\nConnection: upgrade\r\nUpgrade: h2c\r\n\r\n',
      'ERR_HTTP1_UNASKED',
      { upgrade: ['websocket'] },
    ],
    [
      '101 without Upgrade',
      'HTTP/1.1 101 x\r\nX: y\r\n\r\n',
      'ERR_HTTP1_UNASKED',
      { upgrade: ['websocket'] },
    ],
    ['101 without any field', 'HTTP/1.1 101 x\r\n\r\n', 'ERR_HTTP1_UNASKED', { upgrade: ['websocket'] }],
    ['bytes behind the response', `${OK}Content-Length: 1\r\n\r\nxHTTP/1.1 200 OK\r\n`, 'ERR_HTTP1_UNASKED'],
    ['bytes behind a response without a body', 'HTTP/1.1 304 x\r\n\r\nx', 'ERR_HTTP1_UNASKED'],
    ['endless interim responses', 'HTTP/1.1 103 x\r\n\r\n'.repeat(17), 'ERR_HTTP1_UNASKED'],
    ['an end before the response', '', 'ERR_HTTP1_TRUNCATED'],
    ['an end behind an interim response', 'HTTP/1.1 100 Continue\r\n\r\n', 'ERR_HTTP1_TRUNCATED'],
    ['an end within the head', 'HTTP/1.1 200', 'ERR_HTTP1_TRUNCATED'],
    ['an end within the body', `${OK}Content-Length: 2\r\n\r\nx`, 'ERR_HTTP1_TRUNCATED'],
    ['an end within the chunks', `${OK}Transfer-Encoding: chunked\r\n\r\n1\r\nx\r\n`, 'ERR_HTTP1_TRUNCATED'],
    ['a chunk extension', `${OK}Transfer-Encoding: chunked\r\n\r\n1;a\r\nx\r\n0\r\n\r\n`, 'ERR_HTTP1_CHUNK'],
    [
      'a trailer that sets a cookie',
      `${OK}Transfer-Encoding: chunked\r\n\r\n0\r\nSet-Cookie: a\r\n\r\n`,
      'ERR_HTTP1_TRAILER',
    ],
  ];
  it.each(refusals.map(toCase))('P10: refuses $name', ({ raw, code, asked }) => {
    const { failure } = readResponse([latin1(raw)], asked);
    expect(failure).toBeInstanceOf(WireError);
    expect(failure).toMatchObject({ code, status: 502, source: 'upstream', publicMessage: undefined });
  });

  it('P10: refuses bytes on an idle connection, which would answer the next request', () => {
    const reader = new ResponseReader();
    reader.push(latin1('H'));
    expect(() => reader.next()).toThrow(/no request open/);
  });
});

describe('response framing (RFC 9112 section 6.3)', () => {
  it.each<readonly [string, string, Partial<AskedRequest>, string, string]>([
    ['a length', `${OK}Content-Length: 2\r\n\r\nhi`, {}, 'length', 'hi'],
    ['a length of 0', `${OK}Content-Length: 0\r\n\r\n`, {}, 'length', ''],
    ['chunks', `${OK}Transfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n0\r\n\r\n`, {}, 'chunked', 'hi'],
    ['the end of the connection', `${OK}\r\nhi`, {}, 'until-close', 'hi'],
    ['the end of the connection, HTTP/1.0', 'HTTP/1.0 200 OK\r\n\r\nhi', {}, 'until-close', 'hi'],
    ['HEAD', `${OK}Content-Length: 2\r\n\r\n`, { method: 'HEAD' }, 'none', ''],
    ['HEAD, chunked', `${OK}Transfer-Encoding: chunked\r\n\r\n`, { method: 'HEAD' }, 'none', ''],
    ['204', 'HTTP/1.1 204 No Content\r\n\r\n', {}, 'none', ''],
    ['204 with a length of 0', 'HTTP/1.1 204 No Content\r\nContent-Length: 0\r\n\r\n', {}, 'none', ''],
    ['304', 'HTTP/1.1 304 Not Modified\r\nContent-Length: 2\r\n\r\n', {}, 'none', ''],
    [
      '404 to CONNECT',
      'HTTP/1.1 404 x\r\nContent-Length: 2\r\n\r\nhi',
      { method: 'CONNECT' },
      'length',
      'hi',
    ],
    ['no reason and no space before it', 'HTTP/1.1 200\r\nContent-Length: 2\r\n\r\nhi', {}, 'length', 'hi'],
  ])('reads a body by %s', (_name, raw, asked, kind, body) => {
    const { messages, failure } = readResponse([latin1(raw)], asked);
    expect(failure).toBeUndefined();
    expect(messages).toMatchObject([{ head: { framing: { kind } }, body, isWhole: true }]);
  });

  it('reads interim responses before the response', () => {
    const raw = `HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 x\r\nLink: a\r\n\r\n${OK}Content-Length: 0\r\n\r\n`;
    const { messages } = readResponse([latin1(raw)]);
    expect(messages.map(({ head }) => [head.status, head.isInterim])).toEqual([
      [100, true],
      [103, true],
      [200, false],
    ]);
  });

  it.each([
    ['a 2xx to CONNECT', OK, { method: 'CONNECT' }, undefined],
    [
      '101',
      'HTTP/1.1 101 x\r\nConnection: Upgrade\r\nUpgrade: WebSocket\r\n',
      { upgrade: ['websocket'] },
      'websocket',
    ],
  ])('hands over what is behind %s', (_name, head, asked, upgrade) => {
    const reader = new ResponseReader();
    reader.expect({ method: 'GET', upgrade: undefined, ...asked });
    reader.push(latin1(`${head}\r\nrest`));
    expect(reader.next()).toMatchObject({
      head: { framing: { kind: 'tunnel' }, upgrade, isPersistent: false },
    });
    expect(reader.next()).toBeUndefined();
    expect(reader.takeRest().toString()).toBe('rest');
    expect(reader.end()).toBeUndefined();
  });

  it.each([
    [`${OK}Content-Length: 0\r\n\r\n`, true],
    [`${OK}Content-Length: 0\r\nConnection: close\r\n\r\n`, false],
    ['HTTP/1.0 200 OK\r\nContent-Length: 0\r\nConnection: keep-alive\r\n\r\n', false],
    [`${OK}\r\n`, false],
  ])('knows whether the connection can be used again: %j', (raw, isPersistent) => {
    expect(readResponse([latin1(raw)]).messages[0]?.head.isPersistent).toBe(isPersistent);
  });

  it.each([
    ['says so', `${OK}Content-Length: 0\r\nConnection: close\r\n\r\n`],
    ['is of HTTP/1.0', 'HTTP/1.0 200 OK\r\nContent-Length: 0\r\n\r\n'],
    ['lasts until the end', `${OK}\r\nhi`],
    ['is malformed', 'HTTP/1.1 200 OK\n'],
  ])('P10: is never idle again behind a response that %s', (_name, raw) => {
    const reader = new ResponseReader();
    reader.expect({ method: 'GET', upgrade: undefined });
    readAll(reader, [latin1(raw)]);
    expect(reader.isIdle).toBe(false);
    expect(() => reader.expect({ method: 'GET', upgrade: undefined })).toThrow(/cannot carry it/);
  });

  it('carries one request at a time', () => {
    const reader = new ResponseReader();
    const asked = { method: 'GET', upgrade: undefined };
    expect(reader.isIdle).toBe(true);
    reader.expect(asked);
    expect(() => reader.expect(asked)).toThrow(/cannot carry it/);
    reader.push(latin1(`${OK}Content-Length: 0\r\n\r\n`));
    reader.next();
    reader.next();
    expect(() => reader.expect(asked)).toThrow(/cannot carry it/);
    expect(reader.next()).toBeUndefined();
    expect([reader.isIdle, reader.retainedBytes]).toEqual([true, 0]);
    reader.expect(asked);
  });
});
