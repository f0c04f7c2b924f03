import { once } from 'node:events';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { ClientHttp2Session } from 'node:http2';
import { connect as connectPlain } from 'node:http2';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { curl } from '../../support/http-clients.ts';
import { type HttpGateway, SERVICE_SECRET, startHttpGateway } from '../../support/http-gateway.ts';
import { askHttp2, connectHttp2 } from '../../support/http2-client.ts';

let gateway: HttpGateway;
let token: string;
let session: ClientHttp2Session;
/** What the service was shown last. */
let shown: string | undefined;
const held: { readonly request: IncomingMessage; readonly response: ServerResponse }[] = [];

async function service(request: IncomingMessage, response: ServerResponse): Promise<void> {
  if (request.url === '/hang') {
    held.push({ request, response });
    return;
  }
  if (request.url === '/trailers') {
    response.writeHead(200, { trailer: 'grpc-status', 'content-type': 'application/grpc' });
    response.write('message');
    response.addTrailers({ 'grpc-status': '0', 'grpc-message': 'fine' });
    response.end();
    return;
  }
  if (request.url === '/empty') {
    response.writeHead(204).end();
    return;
  }
  let bytes = 0;
  for await (const chunk of request) bytes += (chunk as Buffer).length;
  const { authorization, te, cookie } = request.headers;
  response.setHeader('content-type', 'application/json');
  response.setHeader('set-cookie', ['a=1', 'b=2']);
  shown = authorization;
  response.end(JSON.stringify({ method: request.method, url: request.url, bytes, te, cookie }));
}

beforeAll(async () => {
  gateway = await startHttpGateway({
    service: (request, response) => void service(request, response).catch(() => response.destroy()),
    listener: { allowLoopbackPlaintext: true },
  });
  token = await gateway.issuer.token();
  session = await connectHttp2(gateway);
});
afterAll(async () => {
  session?.destroy();
  await gateway?.[Symbol.asyncDispose]();
});

describe('HTTP/2 of clients', () => {
  it('is chosen by ALPN, and the service sees a request like any other', async () => {
    const answer = await askHttp2(session, '/shop/a?x=%41', token, {
      body: 'hello',
      headers: { cookie: ['a=1', 'b=2'] },
    });
    expect(session.alpnProtocol).toBe('h2');
    expect(answer.status).toBe(200);
    expect(answer.headers['set-cookie']).toEqual(['a=1', 'b=2']);
    expect(shown).toBe(`Bearer ${SERVICE_SECRET}`);
    expect(JSON.parse(answer.body)).toEqual({
      method: 'POST',
      url: '/a?x=A',
      bytes: 5,
      cookie: 'a=1; b=2',
    });
  });

  it('carries many requests at once in one session', async () => {
    const answers = await Promise.all(
      Array.from({ length: 60 }, (_, index) => askHttp2(session, `/shop/${index}`, token)),
    );
    expect(answers.map(({ body }) => (JSON.parse(body) as { url: string }).url)).toEqual(
      Array.from({ length: 60 }, (_, index) => `/${index}`),
    );
    const opened = gateway.records().filter(({ type }) => type === 'session.opened');
    expect(opened).toHaveLength(1);
    expect(opened[0]).toMatchObject({ details: { protocol: 'HTTP/2' } });
  });

  it('passes trailers to who takes them', async () => {
    const answer = await askHttp2(session, '/shop/trailers', token, { headers: { te: 'trailers' } });
    expect(answer.body).toBe('message');
    expect(answer.trailers).toMatchObject({ 'grpc-status': '0', 'grpc-message': 'fine' });
    expect((await askHttp2(session, '/shop/trailers', token)).trailers).not.toHaveProperty('grpc-status');
  });

  it('ends answers without a body with their head', async () => {
    expect(await askHttp2(session, '/shop/empty', token)).toMatchObject({ status: 204, body: '' });
    const head = await askHttp2(session, '/shop/a', token, { headers: { ':method': 'HEAD' } });
    expect(head).toMatchObject({ status: 200, body: '' });
  });

  it('P9: a denial is a problem document, and the connection goes on', async () => {
    const denied = await askHttp2(session, '/shop/a%2Fb', token);
    expect(denied.status).toBe(403);
    expect(denied.headers['content-type']).toBe('application/problem+json');
    expect((await askHttp2(session, '/shop/a', 'none')).status).toBe(401);
    expect((await askHttp2(session, '/other/a', token)).status).toBe(404);
    expect((await askHttp2(session, '/shop/a', token)).status).toBe(200);
  });

  it('works with curl', async () => {
    const got = await curl([
      '--http2',
      '--cacert',
      gateway.caFile,
      '-H',
      `Authorization: Bearer ${token}`,
      '-d',
      'x'.repeat(100_000),
      '-w',
      ' %{http_version} %{http_code}',
      `${gateway.url}/a`,
    ]);
    expect(got.stdout).toContain('"bytes":100000');
    expect(got.stdout).toMatch(/ 2 200$/);
  });

  it('works without TLS on loopback where that is permitted, by prior knowledge', async () => {
    const plain = connectPlain(`http://${gateway.host}:${gateway.port}`);
    expect((await askHttp2(plain, '/shop/a', token)).status).toBe(200);
    plain.destroy();
  });

  it('P10: a client that resets a stream ends the work of the service, and that is on record', async () => {
    const stream = session.request({ ':path': '/shop/hang', authorization: `Bearer ${token}` });
    stream.on('error', () => undefined);
    await expect.poll(() => held.length).toBe(1);
    const closed = once(held[0]?.request.socket as never, 'close');
    stream.close(8);
    await closed;
    await gateway.recordsUntil((all) =>
      all.some(({ type, status }) => type === 'exchange.outcome' && status === 'cancelled'),
    );
    expect((await askHttp2(session, '/shop/a', token)).status).toBe(200);
  });
});
