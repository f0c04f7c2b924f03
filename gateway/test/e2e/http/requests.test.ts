import type { IncomingMessage, ServerResponse } from 'node:http';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { curl } from '../../support/http-clients.ts';
import { type HttpGateway, SERVICE_SECRET, startHttpGateway } from '../../support/http-gateway.ts';

const POLICY = `apiVersion: sallyport.dev/v1
rules:
  - { id: everyone-connects, effect: allow, on: connect, match: { groups: [agents] } }
  - { id: reads, effect: allow, on: http, match: { groups: [agents], methods: [GET, HEAD], paths: [/customers, /echo, /slow, /moved, /gone] } }
  - { id: small-refunds, effect: allow, on: http, match: { groups: [agents], methods: [POST], paths: [/refunds] }, when: "has(http.body.amount) && http.body.amount <= 100.0" }
  - { id: no-large, effect: deny, on: http, match: { paths: [/refunds] }, when: "http.body.amount > 100.0", message: "Refund at most 100." }
  - { id: uploads, effect: allow, on: http, match: { groups: [agents], methods: [PUT], paths: [/upload] } }
  - { id: few, effect: allow, on: http, match: { groups: [agents], methods: [GET], paths: [/few] }, limits: { statementsPerMinute: 1 } }
  - { id: hidden, effect: allow, on: http, match: { groups: [agents], methods: [GET], paths: [/masked] }, mask: [ { columns: ["*.email"], with: redact } ] }
`;

let gateway: HttpGateway;
let token: string;
let base: string;
const seen: {
  readonly line: string;
  readonly headers: IncomingMessage['headers'];
  readonly intents: number;
}[] = [];

/** What the service does. */
function service(request: IncomingMessage, response: ServerResponse): void {
  const intents = gateway.records().filter(({ type }) => type === 'exchange.intent').length;
  seen.push({ line: `${request.method} ${request.url}`, headers: request.headers, intents });
  if (request.url === '/moved') {
    response.writeHead(302, { location: '/customers' }).end();
    return;
  }
  if (request.url === '/gone') {
    response.writeHead(200, { 'content-length': '100' });
    response.write('half', () => request.socket.destroy());
    return;
  }
  const chunks: Buffer[] = [];
  request.on('data', (chunk: Buffer) => chunks.push(chunk));
  request.on('end', () => {
    const body = Buffer.concat(chunks);
    response.setHeader('content-type', 'application/json');
    if (request.method === 'HEAD') {
      response.end();
      return;
    }
    response.setHeader('trailer', 'x-sum');
    response.write(
      JSON.stringify({ url: request.url, bytes: body.length, text: body.toString('utf8', 0, 64) }),
    );
    response.addTrailers({ 'x-sum': '1' });
    response.end();
  });
}

beforeAll(async () => {
  gateway = await startHttpGateway({
    service,
    policy: POLICY,
    listener: { allowLoopbackPlaintext: true },
    resource: { inspectionBytes: 65_536 },
  });
  token = await gateway.issuer.token();
  base = gateway.url.replace('https:', 'http:');
});
afterAll(() => gateway?.[Symbol.asyncDispose]());

const authorised = (): Record<string, string> => ({ authorization: `Bearer ${token}` });

describe('fetch', () => {
  it('P6: gets what is permitted; the service sees the gateway’s credential and not the token', async () => {
    const answer = await fetch(`${base}/customers?id=1`, { headers: { ...authorised(), 'x-mine': 'yes' } });
    expect(answer.status).toBe(200);
    expect(await answer.json()).toMatchObject({ url: '/customers?id=1' });
    const last = seen.at(-1);
    expect(last?.headers.authorization).toBe(`Bearer ${SERVICE_SECRET}`);
    expect(last?.headers['x-mine']).toBe('yes');
    expect(JSON.stringify(last)).not.toContain(token);
  });

  it('posts JSON that a rule looks into', async () => {
    const answer = await fetch(`${base}/refunds`, {
      method: 'POST',
      headers: { ...authorised(), 'content-type': 'application/json' },
      body: JSON.stringify({ amount: 20 }),
    });
    expect(await answer.json()).toEqual({ url: '/refunds', bytes: 13, text: '{"amount":20}' });
  });

  it.each<readonly [string, string, RequestInit, string]>([
    ['a path', '/admin', {}, 'default'],
    ['a method', '/customers', { method: 'DELETE' }, 'default'],
    ['a path behind dots', '/customers/%2e%2e/admin', {}, 'default'],
    ['a path with an encoded slash', '/customers%2Fadmin', {}, 'opaque'],
    ['a body', '/refunds', { method: 'POST', body: '{"amount":500}' }, 'rule'],
    ['a body of two readings', '/refunds', { method: 'POST', body: '{"amount":5,"amount":500}' }, 'error'],
    [
      'a body beyond the window',
      '/refunds',
      { method: 'POST', body: `{"amount":5,"x":"${'x'.repeat(70_000)}"}` },
      'error',
    ],
    [
      'a part of a response that has to be masked',
      '/masked',
      { headers: { range: 'bytes=0-9' } },
      'obligation',
    ],
  ])('P3 P9: denies %s as problem+json, and asks the service nothing', async (_what, path, init, cause) => {
    const before = seen.length;
    const answer = await fetch(`${base}${path}`, {
      ...init,
      headers: {
        ...authorised(),
        'content-type': 'application/json',
        ...('headers' in init ? init.headers : {}),
      },
    });
    expect(answer.status).toBe(403);
    expect(answer.headers.get('content-type')).toBe('application/problem+json');
    const problem = (await answer.json()) as Record<string, unknown>;
    expect(problem).toMatchObject({ status: 403, code: 'POLICY_DENIED', cause });
    expect(problem['detail']).toContain(`[${String(problem['decision'])}]`);
    expect(problem['detail']).toContain('Do not retry this request.');
    expect(seen.length).toBe(before);
  });

  it('says when to come back of what is over a limit', async () => {
    expect((await fetch(`${base}/few`, { headers: authorised() })).status).toBe(200);
    const answer = await fetch(`${base}/few`, { headers: authorised() });
    expect(answer.status).toBe(429);
    expect(Number(answer.headers.get('retry-after'))).toBeGreaterThan(0);
  });

  it('P4: the intent is on file before the service sees the request', async () => {
    const before = gateway.records().filter(({ type }) => type === 'exchange.intent').length;
    await fetch(`${base}/customers`, { headers: authorised() });
    expect(seen.at(-1)?.intents).toBeGreaterThan(before);
  });

  it('leads redirects of the service through the gateway', async () => {
    const answer = await fetch(`${base}/moved`, { headers: authorised(), redirect: 'manual' });
    expect(answer.headers.get('location')).toBe('/shop/customers');
  });

  it('P10: an answer that the service breaks off is no whole one', async () => {
    const answer = await fetch(`${base}/gone`, { headers: authorised() });
    await expect(answer.text()).rejects.toThrow();
    const records = await gateway.recordsUntil((all) =>
      all.some(
        (event) =>
          event['type'] === 'exchange.outcome' &&
          (event['result'] as { code?: string }).code === 'ERR_HTTP_UPSTREAM_PROTOCOL',
      ),
    );
    expect(records.length).toBeGreaterThan(0);
  });
});

describe('who asks', () => {
  it.each<readonly [string, Record<string, string>, string]>([
    ['no token', {}, 'ERR_HTTP_NO_TOKEN'],
    ['no JWT', { authorization: 'Bearer nonsense' }, 'ERR_IDENTITY_TOKEN_MALFORMED'],
    [
      'a credential that there is not',
      { authorization: `Bearer cred_0123456789abcdef.slp_${'a'.repeat(36)}` },
      'ERR_HTTP_CREDENTIAL',
    ],
  ])('P11: %s is answered 401 with a challenge', async (_what, headers, code) => {
    const answer = await fetch(`${base}/customers`, { headers });
    expect(answer.status).toBe(401);
    expect(answer.headers.get('www-authenticate')).toContain('Bearer realm="sallyport"');
    expect(answer.headers.get('www-authenticate')).toContain('Basic realm="sallyport"');
    expect(await answer.json()).toMatchObject({ code });
  });

  it('P11: who has no token is told who gives one, and nothing of which resources there are', async () => {
    const answer = await fetch(`${base}/customers`);
    const [, where = ''] =
      /resource_metadata="([^"]+)"/.exec(answer.headers.get('www-authenticate') ?? '') ?? [];
    const document = await fetch(where);
    expect([document.status, document.headers.get('content-type')]).toEqual([200, 'application/json']);
    const found = (await document.json()) as Record<string, unknown>;
    expect(found).toEqual({
      resource: base,
      authorization_servers: [gateway.issuer.url],
      bearer_methods_supported: ['header'],
    });
    const other = await fetch(where.replace(/shop$/, 'nothing'));
    expect(await other.json()).toEqual({ ...found, resource: base.replace(/shop$/, 'nothing') });
    // With a token it is a path of the service like any other, and of no resource here.
    expect((await fetch(where, { headers: authorised() })).status).toBe(404);
  });

  it('P11: an expired token, and one of another audience, are answered 401', async () => {
    for (const claims of [{ expiresIn: -60 }, { audience: 'other' }]) {
      const other = await gateway.issuer.token(claims);
      const answer = await fetch(`${base}/customers`, { headers: { authorization: `Bearer ${other}` } });
      expect(answer.status).toBe(401);
    }
  });

  it('tells who is in no group that the policy denies, and of other resources nothing', async () => {
    const stranger = await gateway.issuer.token({ groups: [] });
    const headers = { authorization: `Bearer ${stranger}` };
    expect((await fetch(`${base}/customers`, { headers })).status).toBe(403);
    expect((await fetch(`${base.replace('/shop', '/none')}/x`, { headers: authorised() })).status).toBe(404);
    expect((await fetch(`${base.replace('/shop', '/none')}/x`)).status).toBe(401);
  });

  it('P6: a token that stands in the URL as well goes nowhere', async () => {
    const before = seen.length;
    const answer = await fetch(`${base}/customers?access_token=${token}`, { headers: authorised() });
    expect(answer.status).toBe(400);
    expect(await answer.text()).not.toContain(token);
    expect(seen.length).toBe(before);
  });
});

describe('curl over TLS', () => {
  it('gets, keeps the connection, and sees trailers', async () => {
    const url = `${gateway.url}/customers`;
    const result = await curl([
      '--http1.1',
      '--cacert',
      gateway.caFile,
      '-H',
      `Proxy-Authorization: Bearer ${token}`,
      '-H',
      'TE: trailers',
      '-w',
      '[%{http_version} %{num_connects}]',
      '-i',
      url,
      url,
    ]);
    expect(result.stderr).toBe('');
    expect(result.stdout).toContain('[1.1 1]');
    expect(result.stdout).toContain('[1.1 0]');
    expect(result.stdout).toContain('x-sum: 1');
  });

  it('sends a large body with Expect: 100-continue', async () => {
    const result = await curl(
      [
        '--cacert',
        gateway.caFile,
        '-H',
        `Authorization: Bearer ${token}`,
        '-H',
        'Expect: 100-continue',
        '-T',
        '-',
        `${gateway.url}/upload`,
      ],
      Buffer.alloc(3_000_000, 'x'),
    );
    expect(JSON.parse(result.stdout)).toMatchObject({ bytes: 3_000_000 });
    const known = await curl(
      [
        '--cacert',
        gateway.caFile,
        '-H',
        `Authorization: Bearer ${token}`,
        '-X',
        'PUT',
        '--data-binary',
        '@-',
        `${gateway.url}/upload`,
      ],
      Buffer.alloc(2_000_000, 'x'),
    );
    expect(JSON.parse(known.stdout)).toMatchObject({ bytes: 2_000_000 });
  });

  it('asks for the head alone', async () => {
    const result = await curl([
      '--http1.1',
      '--cacert',
      gateway.caFile,
      '-H',
      `Authorization: Bearer ${token}`,
      '-I',
      `${gateway.url}/customers`,
    ]);
    expect(result.stdout).toMatch(/^HTTP\/1\.1 200 OK/);
  });

  it('P9: goes on with the connection after a denial', async () => {
    const result = await curl([
      '--http1.1',
      '--cacert',
      gateway.caFile,
      '-H',
      `Authorization: Bearer ${token}`,
      '-o',
      '/dev/null',
      '-w',
      '[%{http_code} %{num_connects}]',
      `${gateway.url}/admin`,
      '-o',
      '/dev/null',
      `${gateway.url}/customers`,
    ]);
    expect(result.stdout).toBe('[403 1][200 0]');
  });
});
