import { brotliCompressSync, deflateRawSync, deflateSync, gzipSync, zstdCompressSync } from 'node:zlib';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { curl } from '../../support/http-clients.ts';
import { type HttpGateway, startHttpGateway } from '../../support/http-gateway.ts';
import { askApi } from '../api/api-client.ts';

const POLICY = `apiVersion: sallyport.dev/v1
rules:
  - { id: everyone-connects, effect: allow, on: connect, match: { groups: [agents] } }
  - id: small-refunds
    effect: allow
    on: http
    match: { groups: [agents], methods: [POST], paths: [/refunds] }
    when: "has(http.body.amount) && http.body.amount <= 100.0"
  - id: small-refunds-by-form
    effect: allow
    on: http
    match: { groups: [agents], methods: [POST], paths: [/form] }
    when: "http.form.amount == ['1']"
  - { id: reads, effect: allow, on: http, match: { groups: [agents], graphql: [Query.*], paths: [/graphql] } }
  - { id: asked, effect: allow, on: http, match: { groups: [agents], methods: [POST], paths: [/asked] }, approval: { by: [approvers], within: 10m } }
  - { id: uploads, effect: allow, on: http, match: { groups: [agents], methods: [PUT], paths: [/uploads] } }
  - id: small-uploads
    effect: allow
    on: http
    match: { groups: [agents], methods: [PUT], paths: [/small] }
    when: "http.bodyBytes < 1000"
`;

interface Received {
  readonly coding: string | undefined;
  readonly body: Buffer;
}
let gateway: HttpGateway;
let authorization: string;
let received: Received[];

beforeAll(async () => {
  gateway = await startHttpGateway({
    policy: POLICY,
    api: {},
    approvals: { waitMs: 0 },
    listener: { allowLoopbackPlaintext: true },
    resource: { graphql: ['/graphql'], inspectionBytes: 65_536, inspectionDecodedBytes: 100_000 },
    service: (request, response) => {
      const chunks: Buffer[] = [];
      request.on('data', (chunk: Buffer) => chunks.push(chunk));
      request.on('end', () => {
        received.push({ coding: request.headers['content-encoding'], body: Buffer.concat(chunks) });
        response.end('done');
      });
    },
  });
  authorization = `Bearer ${await gateway.issuer.token()}`;
});
beforeEach(() => {
  received = [];
});
afterAll(() => gateway?.[Symbol.asyncDispose]());

async function send(
  target: string,
  body: Buffer,
  headers: Readonly<Record<string, string>>,
  method = 'POST',
): Promise<number> {
  const response = await fetch(`${gateway.url.replace('https:', 'http:')}${target}`, {
    method,
    body: new Uint8Array(body),
    headers: { authorization, 'content-type': 'application/json', ...headers },
  });
  await response.arrayBuffer();
  return response.status;
}

const CODINGS: readonly (readonly [string, (body: Buffer | string) => Buffer])[] = [
  ['gzip', gzipSync],
  ['deflate', deflateSync],
  ['br', brotliCompressSync],
  ['zstd', zstdCompressSync],
];
const refund = (amount: number): string => JSON.stringify({ amount, note: 'x'.repeat(50) });
const FORM = { 'content-type': 'application/x-www-form-urlencoded' };

describe.each(CODINGS)('a body in %s', (coding, encode) => {
  const coded = { 'content-encoding': coding };

  it('is judged by what it says, and sent as it came', async () => {
    const body = encode(refund(50));
    expect(await send('/refunds', body, coded)).toBe(200);
    expect(received).toEqual([{ coding, body }]);
    expect(await send('/refunds', encode(refund(500)), coded)).toBe(403);
    expect(received).toHaveLength(1);
  });

  it('is judged as GraphQL, and as a form', async () => {
    const query = (text: string): Buffer => encode(JSON.stringify({ query: text }));
    expect(await send('/graphql', query('{ customer { name } }'), coded)).toBe(200);
    expect(await send('/graphql', query('mutation { refund { id } }'), coded)).toBe(403);
    expect(await send('/form', encode('amount=1'), { ...FORM, ...coded })).toBe(200);
    expect(await send('/form', encode('amount=2'), { ...FORM, ...coded })).toBe(403);
  });

  it('P10: that expands beyond its bound is not known, and passes where no rule asks for it', async () => {
    const bomb = encode(JSON.stringify({ amount: 1, note: 'x'.repeat(2 << 20) }));
    expect(await send('/refunds', bomb, coded)).toBe(403);
    expect(await send('/uploads', bomb, coded, 'PUT')).toBe(200);
    expect(received.map(({ body }) => body)).toEqual([bomb]);
  });

  it('counts by what it expands to', async () => {
    expect(await send('/small', encode('"x"'), coded, 'PUT')).toBe(200);
    const long = encode(JSON.stringify('x'.repeat(50_000)));
    expect(long.length).toBeLessThan(1000);
    expect(await send('/small', long, coded, 'PUT')).toBe(403);
  });

  it.each([
    coding.toUpperCase(),
    `${coding}, ${coding}`,
    `${coding},`,
    `identity, ${coding}`,
    `${coding};q=1`,
    `x-${coding}`,
  ])('P3: is not known where it is called %s', async (name) => {
    expect(await send('/refunds', encode(refund(50)), { 'content-encoding': name })).toBe(403);
    expect(received).toEqual([]);
  });

  it('P3: is not known with anything behind it, twice encoded, cut off, or not encoded at all', async () => {
    const body = encode(refund(50));
    const spoilt = [
      Buffer.concat([body, Buffer.from(refund(500))]),
      Buffer.concat([body, encode(refund(500))]),
      encode(body),
      body.subarray(0, -1),
      Buffer.from(refund(50)),
    ];
    for (const one of spoilt) expect(await send('/refunds', one, coded)).toBe(403);
    expect(received).toEqual([]);
  });
});

describe('people who are asked for a coded body', () => {
  const post = (body: Buffer, type = 'application/json'): Promise<Response> =>
    fetch(`${gateway.url.replace('https:', 'http:')}/asked`, {
      method: 'POST',
      body: new Uint8Array(body),
      headers: { authorization, 'content-type': type, 'content-encoding': 'gzip' },
    });

  it('are shown what it says', async () => {
    const { approval } = (await (await post(gzipSync(refund(70)))).json()) as { approval: { id: string } };
    const token = await gateway.issuer.token({ sub: 'human', groups: ['approvers'], client_id: 'console' });
    const { text } = await askApi(gateway, `/v1/approvals/${approval.id}`, { token });
    expect(text).toContain(JSON.stringify(refund(70)).slice(1, -1));
  });

  it('P3: are not asked where that cannot be shown', async () => {
    const response = await post(Buffer.concat([gzipSync('refund 70'), gzipSync('00')]), 'text/plain');
    expect(response.status).toBe(403);
    expect(await response.json()).toMatchObject({
      code: 'POLICY_DENIED',
      detail: expect.stringContaining('something behind its end'),
    });
  });
});

describe('P3: a coded body that says two things', () => {
  it('is not known: to a service that undoes no codings its gzip header is a form', async () => {
    const plain = gzipSync('amount=1');
    plain[3] = 8;
    const body = Buffer.concat([plain.subarray(0, 10), Buffer.from('&amount=1000&\0'), plain.subarray(10)]);
    expect(await send('/form', body, { ...FORM, 'content-encoding': 'gzip' })).toBe(403);
    const stored = gzipSync('x=1&amount=1', { level: 0 });
    expect(await send('/form', stored, { ...FORM, 'content-encoding': 'gzip' })).toBe(403);
    expect(received).toEqual([]);
  });

  it('is not known: some take deflate for bare DEFLATE', async () => {
    const body = deflateRawSync(refund(50));
    expect(await send('/refunds', body, { 'content-encoding': 'deflate' })).toBe(403);
    expect(received).toEqual([]);
  });

  it('is refused with two lines of Content-Encoding', async () => {
    const { stdout } = await curl(
      [
        ...['--output', '/dev/null', '--write-out', '%{http_code}', '--data-binary', '@-'],
        ...['-H', `authorization: ${authorization}`, '-H', 'content-type: application/json'],
        ...['-H', 'content-encoding: gzip', '-H', 'content-encoding: gzip'],
        `${gateway.url.replace('https:', 'http:')}/refunds`,
      ],
      gzipSync(refund(50)),
    );
    expect(stdout).toBe('403');
    expect(received).toEqual([]);
  });
});
