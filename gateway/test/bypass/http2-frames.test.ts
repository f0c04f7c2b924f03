import type { IncomingMessage } from 'node:http';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type HttpGateway, SERVICE_SECRET, startHttpGateway } from '../support/http-gateway.ts';
import {
  ACK,
  block,
  CONTINUATION,
  connectRaw,
  DATA,
  END_HEADERS,
  END_STREAM,
  frame,
  GOAWAY,
  HEADERS,
  PING,
  PRIORITY,
  type RawHttp2,
  RST_STREAM,
  SETTINGS,
  WINDOW_UPDATE,
  word,
} from '../support/http2-frames.ts';

type Field = readonly [string, string];

let gateway: HttpGateway;
let token: string;
let raw: RawHttp2;
let seen: { readonly line: string; readonly headers: IncomingMessage['headers']; body: string }[] = [];
let working = 0;
let mostWorking = 0;

beforeAll(async () => {
  gateway = await startHttpGateway({
    service: (request, response) => {
      working += 1;
      mostWorking = Math.max(mostWorking, working);
      response.on('close', () => (working -= 1));
      const entry = { line: `${request.method} ${request.url}`, headers: request.headers, body: '' };
      seen.push(entry);
      request.on('data', (chunk: Buffer) => (entry.body += chunk.toString('latin1')));
      if (request.url === '/large') response.end(Buffer.alloc(1024 * 1024));
      else if (request.url !== '/hang') request.on('end', () => response.end('fine'));
    },
    listener: { idleTimeoutMs: 500 },
    limits: { sessionsPerPrincipal: 1000 },
  });
  token = await gateway.issuer.token();
});
afterAll(() => gateway?.[Symbol.asyncDispose]());
beforeEach(async () => {
  seen = [];
  raw = await connectRaw(gateway);
});
afterEach(() => raw.stream.destroy());

const pseudo = (method = 'GET', path = '/shop/a'): Field[] => [
  [':method', method],
  [':scheme', 'https'],
  [':authority', 'gateway'],
  [':path', path],
];
const auth = (): Field => ['authorization', `Bearer ${token}`];
const get = (stream: number, ...fields: readonly Field[]): Buffer =>
  frame(HEADERS, END_HEADERS | END_STREAM, stream, block(...fields));
const open = (stream: number, ...fields: readonly Field[]): Buffer =>
  frame(HEADERS, END_HEADERS, stream, block(...fields));

describe('what would be another request to a service of HTTP/1.1', () => {
  it('a plain request passes', async () => {
    raw.send(get(1, ...pseudo(), auth()));
    expect(await raw.fate(1)).toBe('200');
    expect(seen).toHaveLength(1);
  });

  it.each<readonly [string, () => readonly Field[]]>([
    ['two paths', () => [...pseudo(), [':path', '/other'], auth()]],
    ['a pseudo-header behind a field', () => [...pseudo().slice(0, 3), auth(), [':path', '/shop/a']]],
    ['an unknown pseudo-header', () => [...pseudo(), [':protocol', 'websocket'], auth()]],
    ['a pseudo-header of answers', () => [...pseudo(), [':status', '200'], auth()]],
    ['no path', () => [...pseudo().slice(0, 3), auth()]],
    ['an empty path', () => [...pseudo('GET', ''), auth()]],
    ['a path without a slash', () => [...pseudo('GET', 'shop/a'), auth()]],
    ['a URI as path', () => [...pseudo('GET', 'http://other/shop/a'), auth()]],
    ['a request line in the path', () => [...pseudo('GET', '/shop/a HTTP/1.1\r\nX: y'), auth()]],
    ['a space in the path', () => [...pseudo('GET', '/shop/a b'), auth()]],
    ['a fragment', () => [...pseudo('GET', '/shop/a#b'), auth()]],
    ['a method with a line end', () => [...pseudo('GET / HTTP/1.1\r\nHost: a\r\n\r\nGET'), auth()]],
    ['a method in lower case', () => [...pseudo('get'), auth()]],
    [
      'a scheme with a URI',
      () => [pseudo()[0] as Field, [':scheme', 'https://other/?'], ...pseudo().slice(2), auth()],
    ],
    [
      'a host with a line end',
      () => [...pseudo().slice(0, 2), [':authority', 'a\r\nX: y'], [':path', '/shop/a'], auth()],
    ],
    [
      'a host with user information',
      () => [...pseudo().slice(0, 2), [':authority', 'me@gateway'], [':path', '/shop/a'], auth()],
    ],
    ['a host that is not :authority', () => [...pseudo(), ['host', 'other'], auth()]],
    ['two hosts', () => [...pseudo(), ['host', 'gateway'], ['host', 'gateway'], auth()]],
    ['Transfer-Encoding', () => [...pseudo(), ['transfer-encoding', 'chunked'], auth()]],
    ['Connection', () => [...pseudo(), ['connection', 'authorization'], auth()]],
    ['Upgrade', () => [...pseudo(), ['upgrade', 'websocket'], auth()]],
    ['Keep-Alive', () => [...pseudo(), ['keep-alive', '1'], auth()]],
    ['TE other than trailers', () => [...pseudo(), ['te', 'chunked'], auth()]],
    ['a name in upper case', () => [...pseudo(), ['X-A', 'b'], auth()]],
    ['a name with an underscore', () => [...pseudo(), ['content_length', '5'], auth()]],
    ['two lengths', () => [...pseudo('POST'), ['content-length', '0'], ['content-length', '5'], auth()]],
    ['a length and no body', () => [...pseudo('POST'), ['content-length', '5'], auth()]],
    ['a length that is none', () => [...pseudo('POST'), ['content-length', '+5'], auth()]],
    ['an expectation', () => [...pseudo(), ['expect', 'else'], auth()]],
    ['two tokens', () => [...pseudo(), auth(), auth()]],
    ['a tunnel', () => [[':method', 'CONNECT'], [':authority', 'other:443'], auth()]],
  ])('P2 P3: %s is refused', async (_what, fields) => {
    raw.send(get(1, ...fields()));
    expect(await raw.fate(1)).toMatch(/^(400|403|404|417|501|reset \d+|goaway 1)$/);
    expect(seen).toHaveLength(0);
  });

  // By nghttp2, before anything is judged: what is judged is what is sent.
  it.each<readonly [string, Field]>([
    ['a name with a line end', ['x: y\r\nz', 'b']],
    ['a name with a colon', ['x:', 'b']],
    ['a name with a space', ['transfer-encoding ', 'chunked']],
    ['an empty name', ['', 'b']],
    ['a value with a line end', ['x', 'a\r\ntransfer-encoding: chunked']],
    ['a value with LF', ['x', 'a\nb: c']],
    ['a value with CR', ['x', 'a\rb']],
    ['a value with NUL', ['x', 'a\0b']],
    ['a value that begins with a space', ['x', ' a']],
  ])('P2: %s is no field of the request', async (_what, field) => {
    raw.send(get(1, ...pseudo(), field, auth()));
    expect(await raw.fate(1)).toBe('200');
    expect(seen).toHaveLength(1);
    const { host, ...headers } = seen[0]?.headers ?? {};
    expect(host).toMatch(/^127\.0\.0\.1:/);
    expect(headers).toEqual({ authorization: `Bearer ${SERVICE_SECRET}` });
  });

  it.each<readonly [string, string, string]>([
    ['less than it says', '10', 'abc'],
    ['more than it says', '3', 'abcdef'],
  ])('P2: a body of %s is refused', async (_what, length, body) => {
    raw.send(
      open(1, ...pseudo('POST'), auth(), ['content-length', length]),
      frame(DATA, END_STREAM, 1, Buffer.from(body)),
    );
    expect(await raw.fate(1)).toMatch(/^(400|reset \d+|goaway [12])$/);
    expect(seen.map(({ body: sent }) => sent)).toEqual([]);
  });

  it('P2: a body that is a request stays a body', async () => {
    const smuggled = 'GET /admin HTTP/1.1\r\nHost: a\r\n\r\n';
    raw.send(
      open(1, ...pseudo('POST'), auth()),
      frame(DATA, 0, 1, Buffer.from('0\r\n\r\n')),
      frame(DATA, END_STREAM, 1, Buffer.from(smuggled)),
    );
    expect(await raw.fate(1)).toBe('200');
    expect(seen).toMatchObject([{ line: 'POST /a', body: `0\r\n\r\n${smuggled}` }]);
  });

  it('P2: trailers of a request are no fields of it', async () => {
    raw.send(
      open(1, ...pseudo('POST'), auth()),
      frame(DATA, 0, 1, Buffer.from('abc')),
      frame(HEADERS, END_HEADERS | END_STREAM, 1, block(['x-admin', 'yes'])),
    );
    expect(await raw.fate(1)).toBe('200');
    expect(seen[0]?.headers).not.toHaveProperty('x-admin');
  });

  it.each<readonly [string, Field]>([
    ['a pseudo-header', [':path', '/admin']],
    ['a length', ['content-length', '0']],
    ['a token', ['authorization', 'Bearer x']],
  ])('P3: trailers with %s are refused', async (_what, field) => {
    raw.send(
      open(1, ...pseudo('POST'), auth()),
      frame(DATA, 0, 1, Buffer.from('abc')),
      frame(HEADERS, END_HEADERS | END_STREAM, 1, block(field)),
    );
    expect(await raw.fate(1)).toMatch(/^(400|reset \d+|goaway [12])$/);
    expect(seen).toHaveLength(0);
  });

  it.each([0, 8])('P2: a body that is reset with code %i is not taken for a whole one', async (code) => {
    raw.send(
      open(1, ...pseudo('POST'), auth()),
      frame(DATA, 0, 1, Buffer.from('{"half":')),
      frame(RST_STREAM, 0, 1, word(code)),
      get(3, ...pseudo('GET', '/shop/next'), auth()),
    );
    expect(await raw.fate(3)).toBe('200');
    expect(seen.map(({ line }) => line)).toEqual(['GET /next']);
  });
});

describe('what would be too much', () => {
  it('P10: a header block without end is refused', async () => {
    raw.send(frame(HEADERS, END_STREAM, 1, block(...pseudo(), auth())));
    for (let index = 0; index < 2_000 && !raw.isClosed; index += 1) {
      raw.send(frame(CONTINUATION, 0, 1, block(['x', 'y'.repeat(1_000)])));
    }
    expect(await raw.fate(1)).toMatch(/^(goaway \d+|closed)$/);
  });

  it('P10: empty CONTINUATION frames without end are refused', async () => {
    raw.send(frame(HEADERS, END_STREAM, 1, block(...pseudo(), auth())));
    raw.send(...Array.from({ length: 2_000 }, () => frame(CONTINUATION, 0, 1)));
    expect(await raw.fate(1)).toMatch(/^(goaway \d+|closed)$/);
  });

  it('P10: a header that a few bytes repeat often is refused (HPACK bomb)', async () => {
    // One large entry for the dynamic table, and then its index again and again.
    const large = Buffer.concat([
      Buffer.from([0x40, 1]),
      Buffer.from('x'),
      Buffer.from([0x7f, 0xa1, 0x1e]),
      Buffer.alloc(4_000, 'y'),
    ]);
    const bomb = Buffer.concat([block(...pseudo(), auth()), large, Buffer.alloc(8_000, 0xbe)]);
    raw.send(frame(HEADERS, END_HEADERS | END_STREAM, 1, bomb));
    expect(await raw.fate(1)).toMatch(/^(431|reset \d+|goaway \d+|closed)$/);
    expect(seen).toHaveLength(0);
  });

  it('P10: more fields than HTTP/1.1 may have are too many here', async () => {
    const many = Array.from({ length: 101 }, (_, index): Field => [`x-${index}`, 'y']);
    raw.send(get(1, ...pseudo(), auth(), ...many));
    expect(await raw.fate(1)).toMatch(/^(431|reset \d+)$/);
  });

  it('P10: more streams than may be open are refused, and no more are at work', async () => {
    mostWorking = 0;
    raw.send(
      ...Array.from({ length: 150 }, (_, index) =>
        get(index * 2 + 1, ...pseudo('GET', '/shop/hang'), auth()),
      ),
    );
    await raw.until(({ type, stream }) => type === GOAWAY || (type === RST_STREAM && stream === 299));
    expect(mostWorking).toBeLessThanOrEqual(100);
    raw.stream.destroy();
    await expect.poll(() => working).toBe(0);
  });

  it('P10: streams that are opened and reset end the connection (CVE-2023-44487)', async () => {
    mostWorking = 0;
    for (let index = 0; index < 2_000 && !raw.isClosed; index += 1) {
      const stream = index * 2 + 1;
      raw.send(get(stream, ...pseudo('GET', '/shop/hang'), auth()), frame(RST_STREAM, 0, stream, word(8)));
    }
    expect(await raw.until(({ type }) => type === GOAWAY)).toBeDefined();
    expect(mostWorking).toBeLessThanOrEqual(100);
    await expect.poll(() => working).toBe(0);
  });

  it.each<readonly [string, () => Buffer]>([
    ['PING', () => frame(PING, 0, 0, Buffer.alloc(8))],
    ['SETTINGS', () => frame(SETTINGS, 0, 0, Buffer.concat([Buffer.from([0, 4]), word(65_535)]))],
  ])('P10: %s frames without end finish the connection', async (_what, make) => {
    for (let index = 0; index < 300 && !raw.isClosed; index += 1) raw.send(make());
    const end = await raw.until(({ type }) => type === GOAWAY);
    expect(end?.payload.readUInt32BE(4)).toBe(0xb);
  });

  it('P10: empty DATA frames without end finish the connection', async () => {
    raw.send(open(1, ...pseudo('POST'), auth()));
    for (let index = 0; index < 300 && !raw.isClosed; index += 1) raw.send(frame(DATA, 0, 1));
    expect(await raw.until(({ type }) => type === GOAWAY)).toBeDefined();
  });

  it('P10: a window that overflows, and one of nothing, are errors', async () => {
    raw.send(get(1, ...pseudo('GET', '/shop/hang'), auth()), frame(WINDOW_UPDATE, 0, 0, word(0x7fffffff)));
    expect(await raw.fate(3)).toMatch(/^goaway 3$/);
  });

  it('P10: a body beyond its window is an error', async () => {
    raw.send(open(1, ...pseudo('POST', '/shop/hang'), auth()));
    for (let index = 0; index < 64; index += 1) raw.send(frame(DATA, 0, 1, Buffer.alloc(16_384)));
    expect(await raw.fate(1)).toBeDefined();
  });

  it('P10: an answer for which the client opens no window is given up, and the service is told', async () => {
    raw.stream.destroy();
    raw = await connectRaw(gateway, Buffer.concat([Buffer.from([0, 4]), word(0)]));
    raw.send(get(1, ...pseudo('GET', '/shop/large'), auth()));
    const end = await raw.until(({ type }) => type === RST_STREAM || type === GOAWAY);
    expect(end?.type).toBe(RST_STREAM);
    await expect.poll(() => working).toBe(0);
  });

  it('P10: the end of an answer for which the client opens no window is given up too', async () => {
    raw.stream.destroy();
    raw = await connectRaw(gateway, Buffer.concat([Buffer.from([0, 4]), word(0)]));
    raw.send(get(1, ...pseudo(), auth()));
    expect((await raw.until(({ type }) => type === RST_STREAM || type === GOAWAY))?.type).toBe(RST_STREAM);
  });

  it('frames that measure the way are no flood while a body flows', async () => {
    raw.send(open(1, ...pseudo('POST', '/shop/hang'), auth(), ['content-type', 'application/grpc']));
    await expect.poll(() => seen.length).toBe(1);
    const entry = seen[0];
    for (let round = 1; round <= 12; round += 1) {
      raw.send(
        ...Array.from({ length: 50 }, () => frame(PING, 0, 0, Buffer.alloc(8))),
        frame(DATA, 0, 1, Buffer.from('x')),
      );
      await expect.poll(() => entry?.body.length).toBe(round);
    }
    expect(raw.frames.some(({ type }) => type === GOAWAY)).toBe(false);
  });

  it('P10: a body that stands still is answered 408', async () => {
    raw.send(open(1, ...pseudo('POST'), auth()), frame(DATA, 0, 1, Buffer.from('abc')));
    expect(await raw.fate(1)).toBe('408');
  });

  it('P10: requests that are refused unheard end the connection before long', async () => {
    for (let index = 0; index < 60; index += 1) raw.send(get(index * 2 + 1, ...pseudo()));
    expect(await raw.until(({ type }) => type === GOAWAY)).toBeDefined();
  });

  it('P10: a client that says goodbye and does not close is closed', async () => {
    raw.send(get(1, ...pseudo(), auth()));
    expect(await raw.fate(1)).toBe('200');
    raw.stream.on('end', () => undefined);
    raw.send(frame(GOAWAY, 0, 0, Buffer.alloc(8)));
    await expect.poll(() => raw.stream.readableEnded || raw.isClosed, { timeout: 10_000 }).toBe(true);
    await expect
      .poll(() => gateway.records().filter(({ type }) => type === 'session.closed').length, {
        timeout: 10_000,
      })
      .toBe(gateway.records().filter(({ type }) => type === 'session.opened').length);
  });

  it('P10: what is no HTTP/2, or breaks its order, closes the connection', async () => {
    for (const bytes of [
      frame(DATA, 0, 0, Buffer.from('x')),
      frame(HEADERS, END_HEADERS, 2, block(...pseudo(), auth())),
      frame(CONTINUATION, END_HEADERS, 1, block(...pseudo())),
      frame(PRIORITY, 0, 1, Buffer.alloc(3)),
      frame(SETTINGS, ACK, 0, Buffer.alloc(6)),
      frame(HEADERS, END_HEADERS | END_STREAM, 1, Buffer.from([0xff, 0xff, 0xff, 0xff, 0xff, 0xff])),
      frame(DATA, 0, 1, Buffer.alloc(20_000)),
    ]) {
      const one = await connectRaw(gateway);
      one.send(bytes);
      expect(await one.fate(9)).toMatch(/^(goaway \d+|closed)$/);
      one.stream.destroy();
    }
    expect(seen).toHaveLength(0);
  });
});
