import { readFileSync } from 'node:fs';
import type { IncomingMessage } from 'node:http';
import { type ClientHttp2Session, connect, type OutgoingHttpHeaders } from 'node:http2';
import { Agent, request as askHttps } from 'node:https';
import fc from 'fast-check';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type HttpGateway, SERVICE_SECRET, startHttpGateway } from '../support/http-gateway.ts';
import {
  block,
  connectRaw,
  DATA,
  END_HEADERS,
  END_STREAM,
  frame,
  HEADERS,
  PING,
  RST_STREAM,
  WINDOW_UPDATE,
  word,
} from '../support/http2-frames.ts';

interface Seen {
  readonly method: string | undefined;
  readonly url: string | undefined;
  readonly headers: IncomingMessage['headers'];
  body: string;
}

interface Answer {
  readonly status: number;
  readonly type: string | undefined;
  readonly body: string;
}

let gateway: HttpGateway;
let token: string;
let session: ClientHttp2Session | undefined;
let asked = 0;
let agent: Agent;
let seen: Seen[] = [];

beforeAll(async () => {
  gateway = await startHttpGateway({
    service: (request, response) => {
      const { method, url, headers } = request;
      const entry: Seen = { method, url, headers, body: '' };
      seen.push(entry);
      request.on('data', (chunk: Buffer) => (entry.body += chunk.toString('latin1')));
      request.on('end', () => response.end(`${method} ${entry.body.length}`));
    },
    policy: `apiVersion: sallyport.dev/v1
rules:
  - { id: everyone-connects, effect: allow, on: connect, match: { groups: [agents] } }
  - { id: reads, effect: allow, on: http, match: { groups: [agents], methods: [GET, POST, PUT], paths: ["/a/**", "/b"] } }
  - id: small
    effect: deny
    on: http
    match: { methods: [POST] }
    when: "http.contentType == 'application/json' && http.body.amount > 5.0"
`,
    listener: { idleTimeoutMs: 300, keepAliveMs: 500 },
    limits: { sessionsPerPrincipal: 10_000 },
  });
  token = await gateway.issuer.token();
  agent = new Agent({ ca: readFileSync(gateway.caFile), keepAlive: true });
});
afterAll(async () => {
  agent?.destroy();
  session?.destroy();
  await gateway?.[Symbol.asyncDispose]();
});
beforeEach(() => {
  seen = [];
});

interface Ask {
  readonly method: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | undefined;
}

function byHttp1({ method, path, headers, body }: Ask): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const { host, port } = gateway;
    const all = { ...headers, authorization: `Bearer ${token}` };
    const sending = askHttps({ host, port, method, path, agent, headers: all }, (response) => {
      let text = '';
      response.on('data', (chunk: Buffer) => (text += chunk.toString('latin1')));
      response.on('end', () =>
        resolve({ status: response.statusCode ?? 0, type: response.headers['content-type'], body: text }),
      );
    });
    sending.on('error', reject);
    sending.end(body);
  });
}

/** A connection ends after many requests that are refused unheard. */
function connection(): ClientHttp2Session {
  asked += 1;
  if (session !== undefined && !session.closed && !session.destroyed && asked % 20 !== 0) return session;
  session?.close();
  session = connect(`https://${gateway.host}:${gateway.port}`, { ca: readFileSync(gateway.caFile) });
  session.on('error', () => undefined);
  return session;
}

function byHttp2({ method, path, headers, body }: Ask): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const all: OutgoingHttpHeaders = {
      ...headers,
      ':method': method,
      ':path': path,
      authorization: `Bearer ${token}`,
      // As Node says of a body by HTTP/1.1.
      ...(body === undefined ? {} : { 'content-length': Buffer.byteLength(body, 'latin1') }),
    };
    const stream = connection().request(all, { endStream: body === undefined });
    let head: Record<string, unknown> = {};
    let text = '';
    stream.on('response', (got) => (head = got));
    stream.on('data', (chunk: Buffer) => (text += chunk.toString('latin1')));
    stream.on('error', reject);
    stream.on('end', () =>
      resolve({ status: Number(head[':status']), type: head['content-type'] as string, body: text }),
    );
    if (body !== undefined) stream.end(body, 'latin1');
  });
}

const segment = fc.oneof(
  fc.constantFrom('a', 'b', '..', '.', '%61', '%2e%2e', '%2F', 'a;b', 'a%20b', '%00', '%252e', '', 'A'),
  fc.stringMatching(/^[a-z0-9-]{1,6}$/),
);
const ask: fc.Arbitrary<Ask> = fc.record({
  method: fc.constantFrom('GET', 'POST', 'PUT', 'DELETE', 'OPTIONS', 'TRACE', 'PATCH'),
  path: fc
    .tuple(
      fc.constantFrom('shop', 'shop', 'shop', 'other'),
      fc.array(segment, { maxLength: 4 }),
      fc.constantFrom('', '?x=1', '?x=%41&y', '?a;b'),
    )
    .map(([resource, segments, query]) => `/${[resource, 'a', ...segments].join('/')}${query}`),
  headers: fc.dictionary(
    fc.constantFrom(
      'x-a',
      'x-b',
      'accept',
      'content-type',
      'x-http-method-override',
      'cookie',
      'x_y',
      'if-none-match',
      'forwarded',
      'te',
    ),
    fc.constantFrom('application/json', 'a', 'trailers', 'text/plain', 'DELETE', 'a=1; b=2'),
    { maxKeys: 4 },
  ),
  body: fc.option(
    fc.constantFrom('', '{"amount":3}', '{"amount":9}', '{"amount":', 'hello', 'x'.repeat(300_000)),
    {
      nil: undefined,
    },
  ),
});

describe('a request by HTTP/2', () => {
  it('P2 P7: is judged as the same request by HTTP/1.1, and the service sees the same', async () => {
    await fc.assert(
      fc.asyncProperty(
        ask.filter(
          ({ method, body }) => body === undefined || !['GET', 'TRACE', 'OPTIONS', 'DELETE'].includes(method),
        ),
        async (one) => {
          // Both mean nothing but trailers there, and HTTP/2 says so.
          fc.pre((one.headers['te'] ?? 'trailers') === 'trailers');
          seen = [];
          const [first, firstSeen] = [await byHttp1(one), seen.splice(0)];
          const [second, secondSeen] = [await byHttp2(one), seen.splice(0)];
          const plain = (answer: Answer): Answer => ({
            ...answer,
            body: answer.body.replace(/"(decision|detail)":"[^"]*"/g, ''),
          });
          expect(plain(second)).toEqual(plain(first));
          expect(secondSeen).toEqual(firstSeen);
        },
      ),
      { numRuns: 150 },
    );
  });
});

describe('frames at random', () => {
  const bytes = fc.uint8Array({ maxLength: 40 }).map((array) => Buffer.from(array));
  const id = fc.constantFrom(0, 1, 1, 1, 2, 3, 5, 0x7fffffff);
  const flags = fc.constantFrom(0, END_STREAM, END_HEADERS, END_HEADERS | END_STREAM, 0x8, 0x20, 0xff);
  const pseudo = [
    [':method', 'POST'],
    [':scheme', 'https'],
    [':authority', 'gateway'],
    [':path', '/shop/a/b'],
  ] as const;
  const known = fc.constantFrom<(id: number) => readonly (readonly [string, string])[]>(
    () => [...pseudo, ['authorization', `Bearer ${token}`]],
    () => [...pseudo, ['authorization', `Bearer ${token}`], ['content-length', '5']],
    () => [...pseudo, ['authorization', 'Bearer none']],
    () => [['x-trailer', 'y']],
    () => pseudo,
  );
  const one = fc.oneof(
    fc.tuple(known, flags, id).map(
      ([fields, flag, stream]) =>
        () =>
          frame(HEADERS, flag, stream, block(...fields(stream))),
    ),
    fc.tuple(flags, id, bytes).map(
      ([flag, stream, data]) =>
        () =>
          frame(DATA, flag, stream, data),
    ),
    fc.tuple(id, fc.nat(14)).map(
      ([stream, code]) =>
        () =>
          frame(RST_STREAM, 0, stream, word(code)),
    ),
    fc.tuple(id, fc.nat(0x7fffffff)).map(
      ([stream, size]) =>
        () =>
          frame(WINDOW_UPDATE, 0, stream, word(size)),
    ),
    fc.constant(() => frame(PING, 0, 0, Buffer.alloc(8))),
    fc.tuple(fc.nat(12), flags, id, bytes).map(
      ([type, flag, stream, data]) =>
        () =>
          frame(type, flag, stream, data),
    ),
    bytes.map((data) => () => data),
  );

  it('P1 P10: the gateway survives them, and nothing reaches the service that was not permitted', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.boolean(),
        fc.array(one, { minLength: 1, maxLength: 12 }),
        async (begins, frames) => {
          const raw = await connectRaw(gateway);
          if (begins) {
            // Most of what is random is refused before it is a request.
            const first = [...pseudo, ['authorization', `Bearer ${token}`]] as const;
            raw.send(frame(HEADERS, END_HEADERS | END_STREAM, 1, block(...first)));
            await raw.fate(1);
          }
          raw.send(...frames.map((make) => make()));
          // What is behind it is served, refused, or swallowed by a frame that is too long: then the connection is idle.
          const last = [...pseudo, ['authorization', `Bearer ${token}`]] as const;
          raw.send(frame(HEADERS, END_HEADERS | END_STREAM, 101, block(...last)));
          await raw.fate(101);
          raw.stream.destroy();
        },
      ),
      { numRuns: 100 },
    );
    expect(
      (await byHttp2({ method: 'GET', path: '/shop/a/last', headers: {}, body: undefined })).status,
    ).toBe(200);
    const permitted = gateway
      .records()
      .filter(
        ({ type, effect, request }) =>
          type === 'exchange.intent' && effect === 'permit' && 'text' in (request as object),
      );
    // Some of it was a request.
    expect(seen.length).toBeGreaterThan(10);
    expect(seen.length).toBeLessThanOrEqual(permitted.length);
    for (const { url, headers } of seen) {
      expect(url).toMatch(/^\/a\//);
      expect(headers.authorization).toBe(`Bearer ${SERVICE_SECRET}`);
      expect(headers).not.toHaveProperty('x-trailer');
    }
  }, 120_000);
});
