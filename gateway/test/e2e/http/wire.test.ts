import type { IncomingMessage } from 'node:http';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { exchangeBytes } from '../../support/http-clients.ts';
import { type HttpGateway, startHttpGateway } from '../../support/http-gateway.ts';

let gateway: HttpGateway;
let token: string;
const seen: string[] = [];

beforeAll(async () => {
  gateway = await startHttpGateway({
    service: (request: IncomingMessage, response) => {
      seen.push(`${request.method} ${request.url}`);
      request.resume();
      response.end('fine');
    },
    listener: { allowLoopbackPlaintext: true, headTimeoutMs: 300, idleTimeoutMs: 300 },
  });
  token = await gateway.issuer.token();
});
afterAll(() => gateway?.[Symbol.asyncDispose]());

const head = (line: string, ...fields: readonly string[]): string =>
  [line, 'Host: gateway', `Authorization: Bearer ${token}`, ...fields, '', ''].join('\r\n');
const SECOND = 'GET /shop/smuggled HTTP/1.1\r\nHost: gateway\r\n\r\n';

describe('what could be read in two ways', () => {
  it.each<readonly [string, () => string, RegExp]>([
    [
      'two lengths',
      () => `${head('POST /shop/a HTTP/1.1', 'Content-Length: 0', 'Content-Length: 40')}${SECOND}`,
      /^HTTP\/1\.1 400 /,
    ],
    [
      'length and chunks',
      () =>
        `${head('POST /shop/a HTTP/1.1', 'Content-Length: 4', 'Transfer-Encoding: chunked')}0\r\n\r\n${SECOND}`,
      /^HTTP\/1\.1 400 /,
    ],
    [
      'a coding that is no chunked',
      () => `${head('POST /shop/a HTTP/1.1', 'Transfer-Encoding: xchunked')}0\r\n\r\n${SECOND}`,
      /^HTTP\/1\.1 (400|501) /,
    ],
    ['a folded header', () => head('GET /shop/a HTTP/1.1', 'X: a', ' b'), /^HTTP\/1\.1 400 /],
    [
      'a bare line feed',
      () => head('GET /shop/a HTTP/1.1', 'X: a\nTransfer-Encoding: chunked'),
      /^HTTP\/1\.1 400 /,
    ],
    [
      'whitespace before a colon',
      () => head('POST /shop/a HTTP/1.1', 'Content-Length : 5'),
      /^HTTP\/1\.1 400 /,
    ],
    [
      'a chunk extension',
      () => `${head('POST /shop/a HTTP/1.1', 'Transfer-Encoding: chunked')}4;x=\r\nabcd\r\n0\r\n\r\n`,
      /^HTTP\/1\.1 400 /,
    ],
    ['two hosts', () => head('GET /shop/a HTTP/1.1', 'Host: other'), /^HTTP\/1\.1 400 /],
    ['a host that is not the target’s', () => head('GET http://other/shop/a HTTP/1.1'), /^HTTP\/1\.1 400 /],
    [
      'an option that removes Authorization',
      () => head('GET /shop/a HTTP/1.1', 'Connection: authorization'),
      /^HTTP\/1\.1 400 /,
    ],
    [
      'a head that is too long',
      () => head('GET /shop/a HTTP/1.1', `X: ${'x'.repeat(40_000)}`),
      /^HTTP\/1\.1 431 /,
    ],
    ['another version', () => head('GET /shop/a HTTP/2.0'), /^HTTP\/1\.1 505 /],
    ['a header with an underscore', () => head('GET /shop/a HTTP/1.1', 'X_User: root'), /^HTTP\/1\.1 400 /],
    ['a tunnel', () => 'CONNECT other:443 HTTP/1.1\r\nHost: other:443\r\n\r\n', /^HTTP\/1\.1 (401|404|501) /],
    [
      'a handshake that is none',
      () => head('GET /shop/a HTTP/1.1', 'Connection: upgrade', 'Upgrade: websocket'),
      /^HTTP\/1\.1 400 /,
    ],
  ])('P2 P3: %s is refused, and the connection with it', async (_what, bytes, expected) => {
    const before = seen.length;
    const answer = await exchangeBytes(gateway, bytes());
    expect(answer).toMatch(expected);
    expect(answer.match(/^HTTP\/1\.1 \d/gm)).toHaveLength(1);
    expect(seen.length).toBe(before);
  });

  it.each<readonly [string, string]>([
    ['a method in a header', 'X-HTTP-Method-Override: DELETE'],
    ['a URL in a header', 'X-Original-URL: /admin'],
  ])('P3: %s is denied', async (_what, field) => {
    const before = seen.length;
    expect(await exchangeBytes(gateway, head('GET /shop/a HTTP/1.1', field, 'Connection: close'))).toMatch(
      /^HTTP\/1\.1 403 /,
    );
    expect(seen.length).toBe(before);
  });

  it('P2: the service gets the one form of what was asked', async () => {
    await exchangeBytes(
      gateway,
      head('GET /shop/%61/./b/../c?x=%7E HTTP/1.1', 'X-Forwarded-For: 1.2.3.4', 'Connection: close'),
    );
    expect(seen.at(-1)).toBe('GET /a/c?x=~');
  });

  it('P2: dots do not lead from one resource to another', async () => {
    const before = seen.length;
    expect(await exchangeBytes(gateway, head('GET /shop/../other/a HTTP/1.1', 'Connection: close'))).toMatch(
      /^HTTP\/1\.1 403 /,
    );
    expect(seen.length).toBe(before);
  });
});

describe('requests one after the other', () => {
  it('answers what is sent at once in order, and the last one closes', async () => {
    const answer = await exchangeBytes(
      gateway,
      head('GET /shop/one HTTP/1.1') + head('GET /shop/two HTTP/1.1', 'Connection: close'),
    );
    expect(answer.match(/HTTP\/1\.1 200/g)).toHaveLength(2);
    expect(seen.slice(-2)).toEqual(['GET /one', 'GET /two']);
    expect(answer).toContain('connection: close');
  });

  it('serves HTTP/1.0 once', async () => {
    const answer = await exchangeBytes(gateway, head('GET /shop/old HTTP/1.0'));
    expect(answer).toMatch(/^HTTP\/1\.1 200 OK\r\n/);
    expect(answer.endsWith('fine')).toBe(true);
  });

  it('P10: a head and a body that stand still end with 408', async () => {
    expect(await exchangeBytes(gateway, 'GET /shop/a HTTP/1.1\r\nHost: ')).toMatch(/^HTTP\/1\.1 408 /);
    expect(await exchangeBytes(gateway, `${head('POST /shop/a HTTP/1.1', 'Content-Length: 10')}abc`)).toMatch(
      /^HTTP\/1\.1 408 /,
    );
  });

  it('a request in plaintext where TLS is asked for is told so', async () => {
    await using strict = await startHttpGateway({ service: (_request, response) => response.end() });
    const answer = await exchangeBytes(strict, head('GET /shop/a HTTP/1.1'));
    expect(answer).toMatch(/^HTTP\/1\.1 400 /);
    expect(answer).toContain('TLS is required');
  });
});
