/** P5: masks of HTTP responses through the wire: formats, codings, heads, trailers, what is refused, what is on record. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { brotliCompressSync, deflateSync, gzipSync, zstdCompressSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { curl, exchangeBytes } from '../../support/http-clients.ts';
import { type HttpGateway, startHttpGateway } from '../../support/http-gateway.ts';

const SECRET = 'ann@private.example';
const POLICY = `apiVersion: sallyport.dev/v1
rules:
  - { id: everyone-connects, effect: allow, on: connect, match: { groups: [agents] } }
  - id: masked
    effect: allow
    on: http
    match: { groups: [agents], methods: [GET, HEAD, POST] }
    mask:
      - { columns: ["*.email"], with: redact }
      - { detect: [card], with: redact }
`;

interface Reply {
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string | readonly string[]>>;
  readonly body?: string | Buffer | readonly (string | Buffer)[];
  readonly trailers?: Readonly<Record<string, string>>;
  /** The service breaks off behind the body. */
  readonly breaksOff?: boolean;
}

let gateway: HttpGateway;
let token: string;
let base: string;
let reply: Reply = {};
let seen: IncomingMessage['headers'] = {};

/** Says what the test asked for. */
async function service(request: IncomingMessage, response: ServerResponse): Promise<void> {
  seen = request.headers;
  const { status = 200, headers = {}, body = '', trailers, breaksOff } = reply;
  response.writeHead(status, headers as Record<string, string>);
  const pieces = typeof body === 'string' || Buffer.isBuffer(body) ? [body] : body;
  for (const piece of pieces) {
    if (request.method !== 'HEAD') response.write(piece);
    await new Promise((resolve) => setImmediate(resolve));
  }
  if (breaksOff) return void request.socket.destroy();
  if (trailers !== undefined) response.addTrailers(trailers);
  response.end();
}

beforeAll(async () => {
  gateway = await startHttpGateway({
    service: (request, response) => void service(request, response),
    policy: POLICY,
    listener: { allowLoopbackPlaintext: true },
  });
  token = await gateway.issuer.token();
  base = gateway.url.replace('https:', 'http:');
});
afterAll(() => gateway?.[Symbol.asyncDispose]());

function ask(next: Reply, path = '/a', init: RequestInit = {}): Promise<Response> {
  reply = next;
  return fetch(`${base}${path}`, {
    ...init,
    headers: { authorization: `Bearer ${token}`, ...(init.headers as Record<string, string> | undefined) },
  });
}

const json = { 'content-type': 'application/json' };
const PERSON = `{"name":"Ann","email":"${SECRET}","paid":"4111 1111 1111 1111"}`;
const MASKED = '{"name":"Ann","email":"[redacted]","paid":"[card]"}';

describe('bodies', () => {
  it.each([
    ['JSON', 'application/json', PERSON, MASKED],
    ['a list', 'application/json', `[${PERSON}, ${PERSON}]`, `[${MASKED}, ${MASKED}]`],
    ['NDJSON', 'application/x-ndjson', `${PERSON}\n${PERSON}\n`, `${MASKED}\n${MASKED}\n`],
    ['events', 'text/event-stream', `event: a\ndata: ${PERSON}\n\n`, `event: a\ndata: ${MASKED}\n\n`],
    ['CSV', 'text/csv', `name,email\r\nAnn,${SECRET}\r\n`, 'name,email\r\nAnn,[redacted]\r\n'],
    ['a form', 'application/x-www-form-urlencoded', `email=${SECRET}&a=1`, 'email=%5Bredacted%5D&a=1'],
    ['XML', 'application/xml', `<p><email>${SECRET}</email></p>`, '<p><email>[redacted]</email></p>'],
  ])('P5: %s is masked', async (_what, type, body, masked) => {
    const answer = await ask({ headers: { 'content-type': type }, body });
    expect(await answer.text()).toBe(masked);
    expect(answer.headers.get('content-type')).toBe(type);
  });

  it('P5: a value that comes in pieces is masked as one, however it is cut', async () => {
    for (let at = 1; at < PERSON.length; at += 7) {
      const answer = await ask({ headers: json, body: [PERSON.slice(0, at), PERSON.slice(at)] });
      expect(await answer.text()).toBe(MASKED);
    }
  });

  it.each([
    ['gzip', gzipSync(PERSON)],
    ['deflate', deflateSync(PERSON)],
    ['br', brotliCompressSync(PERSON)],
    ['zstd', zstdCompressSync(PERSON)],
  ])('P5: %s is undone, and said no more', async (coding, body) => {
    const answer = await ask({
      headers: { ...json, 'content-encoding': coding, 'content-length': String(body.length), etag: '"1"' },
      body,
    });
    expect(await answer.text()).toBe(MASKED);
    expect(answer.headers.get('content-encoding')).toBeNull();
    expect(answer.headers.get('content-length')).toBeNull();
    expect(answer.headers.get('etag')).toBeNull();
  });

  it('P5: the service is asked for codings that can be undone alone', async () => {
    await ask({ headers: json, body: '{}' }, '/a', { headers: { 'accept-encoding': 'compress, br;q=0.1' } });
    expect(seen['accept-encoding']).toBe('gzip, deflate, br, zstd');
  });

  it('aliases of GraphQL are masked by the names of their fields', async () => {
    await using graphql = await startHttpGateway({
      service(_request, response) {
        response.writeHead(200, json).end(`{"data":{"person":{"contact":"${SECRET}","name":"Ann"}}}`);
      },
      policy: POLICY,
      listener: { allowLoopbackPlaintext: true },
      resource: { graphql: ['/graphql'] },
    });
    const answer = await fetch(`${graphql.url.replace('https:', 'http:')}/graphql`, {
      method: 'POST',
      headers: { ...json, authorization: `Bearer ${await graphql.issuer.token()}` },
      body: JSON.stringify({ query: '{ person: customer { contact: email name } }' }),
    });
    expect(await answer.text()).toBe('{"data":{"person":{"contact":"[redacted]","name":"Ann"}}}');
  });
});

describe('heads', () => {
  it('P5: fields, cookies and trailers are masked; a HEAD tells no length', async () => {
    const headers = {
      ...json,
      email: SECRET,
      'x-paid': '4111111111111111',
      'set-cookie': ['email=ann; Path=/', 'theme=dark'],
    };
    const answer = await ask({ headers, body: '{}' });
    expect(answer.headers.get('email')).toBe('[redacted]');
    expect(answer.headers.get('x-paid')).toBe('[card]');
    expect(answer.headers.getSetCookie()).toEqual(['email=[redacted]; Path=/', 'theme=dark']);
    reply = { headers: { ...json, trailer: 'email' }, body: PERSON, trailers: { email: SECRET } };
    const raw = await exchangeBytes(
      gateway,
      `GET /shop/a HTTP/1.1\r\nhost: h\r\nauthorization: Bearer ${token}\r\nte: trailers\r\nconnection: te, close\r\n\r\n`,
    );
    expect(raw).toContain('0\r\nemail: [redacted]\r\n\r\n');
    expect(raw).not.toContain(SECRET);
    const head = await ask({ headers: { ...json, 'content-length': '99' } }, '/a', { method: 'HEAD' });
    expect(head.headers.get('content-length')).toBeNull();
  });

  it('HTTP/1.0 clients get it to the end of the connection', async () => {
    reply = { headers: json, body: PERSON };
    const raw = await exchangeBytes(
      gateway,
      `GET /shop/a HTTP/1.0\r\nhost: h\r\nauthorization: Bearer ${token}\r\n\r\n`,
    );
    expect(raw.endsWith(`\r\n\r\n${MASKED}`)).toBe(true);
  });

  it('the connection to the client goes on behind a masked answer', async () => {
    reply = { headers: json, body: PERSON };
    const url = `${base}/a`;
    const { stdout } = await curl([
      ...['-H', `Authorization: Bearer ${token}`, '-w', '<%{num_connects}>'],
      url,
      url,
    ]);
    expect(stdout).toBe(`${MASKED}<1>${MASKED}<0>`);
  });
});

describe('what cannot be masked', () => {
  it.each([
    ['a range', { range: 'bytes=0-3' }],
    ['a validator', { 'if-none-match': '"a"' }],
    ['another validator', { 'if-match': '"a"' }],
  ])('P5: %s is denied before the service is asked', async (_what, headers) => {
    seen = {};
    const answer = await ask({ headers: json, body: PERSON }, '/a', { headers });
    expect(answer.status).toBe(403);
    expect(await answer.json()).toMatchObject({
      code: 'POLICY_DENIED',
      cause: 'obligation',
      rules: ['masked'],
    });
    expect(seen).toEqual({});
  });

  it.each([
    ['another type of content', { headers: { 'content-type': 'image/png' }, body: SECRET }],
    ['no type of content', { body: SECRET }],
    ['a part', { status: 206, headers: { ...json, 'content-range': 'bytes 0-3/9' }, body: PERSON }],
    ['an unknown coding', { headers: { ...json, 'content-encoding': 'compress' }, body: PERSON }],
    ['two codings', { headers: { ...json, 'content-encoding': 'gzip, br' }, body: PERSON }],
  ])('P5: %s becomes a 502 that says why', async (_what, next) => {
    const answer = await ask(next);
    const text = await answer.text();
    expect(answer.status).toBe(502);
    expect(text).toMatch(/ERR_HTTP_MASK_(FORMAT|PART|CODING)/);
    expect(text).not.toContain('ann@');
  });

  it.each([
    ['JSON that is none', { headers: json, body: ['{"a":1,', `"email":"${SECRET}" oops`] }],
    [
      'a coding that is none',
      { headers: { ...json, 'content-encoding': 'gzip' }, body: `no gzip ${SECRET}` },
    ],
    ['JSON that breaks off', { headers: json, body: `{"email":"${SECRET}`, breaksOff: true }],
    ['JSON that ends too early', { headers: json, body: `{"a":1,"email":"${SECRET}` }],
  ])('P5: %s is broken off, so that a part is not taken for the whole', async (_what, next) => {
    const answer = await ask(next).catch(() => undefined);
    const got = await answer?.text().catch(() => 'broken off');
    expect([undefined, 'broken off']).toContain(got);
  });

  it('P5: what was sent before it was broken off holds nothing of it', async () => {
    reply = { headers: json, body: ['{"a":1,', `"email":"${SECRET}" oops`] };
    const raw = await exchangeBytes(
      gateway,
      `GET /shop/a HTTP/1.1\r\nhost: h\r\nauthorization: Bearer ${token}\r\n\r\n`,
    );
    expect(raw).not.toContain('ann@');
    expect(raw).not.toMatch(/\r\n0\r\n/);
  });

  it('the page of an error is withheld, its status is not', async () => {
    const answer = await ask({
      status: 500,
      headers: { 'content-type': 'text/html' },
      body: `<p>${SECRET}</p>`,
    });
    expect([answer.status, await answer.text()]).toEqual([500, '']);
    expect(answer.headers.get('content-length')).toBe('0');
    expect(await (await ask({ headers: json, body: PERSON })).text()).toBe(MASKED);
  });
});

describe('on record', () => {
  it('P5: what was replaced is counted, and no value of it stands in audit or recording', async () => {
    const answer = await ask({ headers: json, body: PERSON }, '/on-record');
    await answer.text();
    const records = await gateway.recordsUntil((all) =>
      all.some(
        ({ type, result }) => type === 'exchange.outcome' && JSON.stringify(result).includes('masked'),
      ),
    );
    const outcome = records.findLast(({ type }) => type === 'exchange.outcome');
    expect(outcome).toMatchObject({ status: 'ok', result: { status: 200, bytes: MASKED.length } });
    expect(JSON.stringify(outcome)).toContain('"masked"');
    expect(JSON.stringify(records)).not.toContain('ann@');
  });
});
