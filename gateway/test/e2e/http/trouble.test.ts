import { writeFileSync } from 'node:fs';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer, type Server } from 'node:net';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { curl } from '../../support/http-clients.ts';
import { type HttpGateway, SERVICE_SECRET, startHttpGateway } from '../../support/http-gateway.ts';
import { createTemporaryFolder } from '../../support/temporary-folder.ts';
import { askApi } from '../api/api-client.ts';

const PLAIN = { allowLoopbackPlaintext: true };
const fine = (_request: IncomingMessage, response: ServerResponse): void => void response.end('fine');

async function ask(gateway: HttpGateway, target: string, init: RequestInit = {}): Promise<Response> {
  const authorization = `Bearer ${await gateway.issuer.token()}`;
  const url = gateway.url.replace('https:', 'http:') + target;
  return fetch(url, { ...init, headers: { ...(init.headers as Record<string, string>), authorization } });
}

/** A service that answers each connection with the same bytes. */
async function rawService(answer: string): Promise<{ readonly server: Server; readonly url: string }> {
  const server = createServer((socket) => {
    socket.on('error', () => undefined);
    socket.once('data', () => socket.end(answer));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as { readonly port: number };
  return { server, url: `http://127.0.0.1:${port}` };
}

describe('services in trouble', () => {
  it.each<readonly [string, string]>([
    ['nothing', ''],
    ['no HTTP', 'hello\r\n\r\n'],
    ['two lengths', 'HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab'],
    ['a folded header', 'HTTP/1.1 200 OK\r\nX: a\r\n b\r\nContent-Length: 0\r\n\r\n'],
    [
      'a switch that nobody asked for',
      'HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n',
    ],
    [
      'the credential in a header',
      `HTTP/1.1 200 OK\r\nX-Echo: Bearer ${SERVICE_SECRET}\r\nContent-Length: 0\r\n\r\n`,
    ],
    [
      'a challenge for the gateway',
      'HTTP/1.1 401 Unauthorized\r\nWWW-Authenticate: Basic\r\nContent-Length: 0\r\n\r\n',
    ],
  ])('P6 P10: one that answers %s is a 502 without its words', async (_what, answer) => {
    const { server, url } = await rawService(answer);
    await using gateway = await startHttpGateway({ service: fine, listener: PLAIN, resource: { url } });
    const got = await ask(gateway, '/a');
    expect(got.status).toBe(502);
    expect(await got.text()).not.toMatch(new RegExp(`${SERVICE_SECRET}|127\\.0\\.0\\.1`));
    server.close();
  });

  it('one that is not there is a 502, one that is silent a 504', async () => {
    const { server, url } = await rawService('');
    await new Promise((resolve) => server.close(resolve));
    await using gone = await startHttpGateway({ service: fine, listener: PLAIN, resource: { url } });
    expect((await ask(gone, '/a')).status).toBe(502);
    await using silent = await startHttpGateway({
      service: () => undefined,
      listener: PLAIN,
      resource: { answerTimeoutMs: 200 },
    });
    expect((await ask(silent, '/a')).status).toBe(504);
  });

  it('P10: one that stops taking a body is waited for as long as for an answer, and no longer', async () => {
    await using gateway = await startHttpGateway({
      service: (request) => void request.once('data', () => request.pause()),
      listener: PLAIN,
      resource: { inspectionBytes: 1024, idleTimeoutMs: 200, answerTimeoutMs: 300 },
    });
    const answer = await ask(gateway, '/a', { method: 'PUT', body: 'x'.repeat(40_000_000) });
    expect(answer.status).toBe(504);
  });

  it('one that refuses a large body before it has it is heard', async () => {
    await using gateway = await startHttpGateway({
      service: (_request, response) => void response.writeHead(413).end('too large'),
      listener: PLAIN,
      resource: { inspectionBytes: 1024 },
    });
    const answer = await ask(gateway, '/a', { method: 'PUT', body: 'x'.repeat(400_000) });
    expect(answer.status).toBe(413);
    expect(await answer.text()).toBe('too large');
  });
});

describe('what the policy asks for', () => {
  const APPROVED = `apiVersion: sallyport.dev/v1
rules:
  - { id: everyone-connects, effect: allow, on: connect, match: { groups: [agents] } }
  - { id: asked, effect: allow, on: http, match: { groups: [agents], methods: [POST], paths: [/refunds] }, approval: { by: [approvers], within: 10m } }
`;

  it('P4: tells at once that people were asked, and passes exactly that once they agreed', async () => {
    let calls = 0;
    await using gateway = await startHttpGateway({
      service: (request, response) => {
        calls += 1;
        fine(request, response);
      },
      policy: APPROVED,
      listener: PLAIN,
      api: {},
      approvals: { waitMs: 0 },
    });
    const post = (amount: number): Promise<Response> =>
      ask(gateway, '/refunds', {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ amount }),
      });
    const first = await post(50);
    expect(first.status).toBe(403);
    expect(Number(first.headers.get('retry-after'))).toBeGreaterThan(0);
    const { code, approval } = (await first.json()) as { code: string; approval: { id: string } };
    expect(code).toBe('APPROVAL_PENDING');
    const approver = await gateway.issuer.token({
      sub: 'human',
      groups: ['approvers'],
      client_id: 'console',
    });
    const shown = await askApi(gateway, `/v1/approvals/${approval.id}`, { token: approver });
    expect(shown.text).toContain('POST /refunds');
    const { digest } = shown.json as { readonly digest: string };
    const said = await askApi(gateway, `/v1/approvals/${approval.id}/approve`, {
      token: approver,
      body: { digest },
    });
    expect(said.status, said.text).toBe(200);
    expect((await post(51)).status).toBe(403);
    expect(calls).toBe(0);
    expect((await post(50)).status).toBe(200);
    expect((await post(50)).status).toBe(403);
    expect(calls).toBe(1);
  });

  it('P10: an answer that is too long or takes too long is cut, and the service learns of it', async () => {
    let closed = 0;
    await using gateway = await startHttpGateway({
      service: (request, response) => {
        response.on('close', () => (closed += 1));
        if (request.url === '/declared') response.setHeader('content-length', '5000');
        if (request.url === '/silent') return;
        response.write('x'.repeat(900));
        if (request.url !== '/fits') response.write('x'.repeat(4_100));
        if (request.url !== '/endless') response.end();
      },
      policy: `apiVersion: sallyport.dev/v1
rules:
  - { id: everyone-connects, effect: allow, on: connect, match: { groups: [agents] } }
  - { id: short, effect: allow, on: http, match: { groups: [agents], methods: [GET] }, limits: { bytes: 1000, timeout: 1s } }
  - { id: rows, effect: allow, on: http, match: { groups: [agents], methods: [POST] }, limits: { rows: 5 } }
`,
      listener: PLAIN,
    });
    expect(await (await ask(gateway, '/fits')).text()).toBe('x'.repeat(900));
    const declared = await ask(gateway, '/declared');
    expect(declared.status).toBe(403);
    expect(await declared.text()).toContain('LIMIT_EXCEEDED');
    await expect(ask(gateway, '/streamed').then((answer) => answer.text())).rejects.toThrow();
    await expect(ask(gateway, '/endless').then((answer) => answer.text())).rejects.toThrow();
    const silent = await ask(gateway, '/silent');
    expect(silent.status).toBe(403);
    expect(await silent.text()).toContain('takes longer than 1 s');
    await expect.poll(() => closed).toBe(5);
    expect((await ask(gateway, '/fits', { method: 'POST' })).status).toBe(403);
  });

  it('P3: an API description denies what it does not describe, and nothing passes while it cannot be read', async () => {
    using folder = createTemporaryFolder('openapi');
    const file = path.join(folder.path, 'api.yaml');
    await using gateway = await startHttpGateway({
      service: fine,
      listener: PLAIN,
      resource: { openapi: file },
    });
    expect((await ask(gateway, '/known')).status).toBe(503);
    writeFileSync(
      file,
      'openapi: 3.1.0\ninfo: { title: a, version: "1" }\npaths: { /known: { get: { operationId: known, responses: { "200": { description: fine } } } } }\n',
    );
    expect((await ask(gateway, '/known')).status).toBe(200);
    expect((await ask(gateway, '/other')).status).toBe(403);
  });

  it('P5: shadow mode lets pass a denial, and masks all the same', async () => {
    await using gateway = await startHttpGateway({
      service(_request, response) {
        response.writeHead(200, { 'content-type': 'application/json' }).end('{"email":"ann@example.com"}');
      },
      policy: `apiVersion: sallyport.dev/v1
rules:
  - { id: reads, effect: allow, on: http, match: { groups: [agents], methods: [GET], paths: [/masked] }, mask: [ { columns: ["*.email"], with: redact } ] }
`,
      listener: PLAIN,
      resource: { mode: 'observe' },
    });
    expect(await (await ask(gateway, '/masked')).text()).toBe('{"email":"[redacted]"}');
    // No rule permits it; whoever asks gets no more than the mask of any rule lets out.
    expect(await (await ask(gateway, '/unmentioned')).text()).toBe('{"email":"[redacted]"}');
    expect((await ask(gateway, '/masked', { headers: { range: 'bytes=0-3' } })).status).toBe(403);
    await gateway.setPolicy('apiVersion: sallyport.dev/v1\nrules: []\n');
    expect((await ask(gateway, '/a')).status).toBe(200);
    expect((await ask(gateway, '/a%2Fb')).status).toBe(400);
  });

  it('host names lead to resources, and Authorization of the client to the service where the token comes otherwise', async () => {
    let seen: string | undefined;
    await using gateway = await startHttpGateway({
      service: (request, response) => {
        seen = `${request.url} ${request.headers.authorization}`;
        response.end();
      },
      listener: { ...PLAIN, hosts: { localhost: 'shop' }, tokenHeader: 'x-sallyport-token' },
      resource: { credential: { none: true }, clientAuthorization: 'forward' },
    });
    const answer = await fetch(`http://127.0.0.1:${gateway.port}/a`, {
      headers: { 'x-sallyport-token': await gateway.issuer.token(), authorization: 'Basic bWU6bWU=' },
    });
    expect(answer.status).toBe(404);
    const got = await curl([
      '-4',
      '-H',
      `X-Sallyport-Token: ${await gateway.issuer.token()}`,
      '-H',
      'Authorization: Basic bWU6bWU=',
      '-w',
      '%{http_code}',
      `http://localhost:${gateway.port}/a`,
    ]);
    expect(got.stdout).toBe('200');
    expect(seen).toBe('/a Basic bWU6bWU=');
  });
});
