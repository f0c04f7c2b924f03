import { createHash, X509Certificate } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { createServer as createTlsServer, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import { createServer } from 'node:net';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createTestCertificate, type TestCertificate } from '../../support/certificates.ts';
import { type HttpGateway, hidden, SERVICE_SECRET, startHttpGateway } from '../../support/http-gateway.ts';
import { createTemporaryFolder, type TemporaryFolder } from '../../support/temporary-folder.ts';

const PLAIN = { allowLoopbackPlaintext: true };
let folder: TemporaryFolder;
let certificate: TestCertificate;
let service: Server;
let url: string;

beforeAll(async () => {
  folder = createTemporaryFolder('http-upstream');
  certificate = await createTestCertificate(path.join(folder.path, 'tls'));
  service = createTlsServer({ cert: certificate.cert, key: certificate.key }, (request, response) => {
    response.end(JSON.stringify({ url: request.url, ...request.headers }));
  });
  await new Promise<void>((resolve) => service.listen(0, '127.0.0.1', resolve));
  url = `https://127.0.0.1:${(service.address() as AddressInfo).port}/base/`;
});
afterAll(() => {
  service?.closeAllConnections();
  service?.close();
  folder?.[Symbol.dispose]();
});

const start = (resource: object): Promise<HttpGateway> =>
  startHttpGateway({
    service: (_request, response) => response.end(),
    listener: PLAIN,
    resource: { url, ...resource },
  });

async function ask(gateway: HttpGateway): Promise<Response> {
  const authorization = `Bearer ${await gateway.issuer.token()}`;
  return fetch(`${gateway.url.replace('https:', 'http:')}/a`, { headers: { authorization } });
}

describe('services behind TLS', () => {
  it('are reached where the CA fits, below their own path', async () => {
    await using gateway = await start({ tls: { ca: certificate.caFile } });
    const answer = await ask(gateway);
    expect(await answer.json()).toMatchObject({ url: '/base/a', authorization: `Bearer ${hidden()}` });
  });

  it('are reached where the certificate is pinned', async () => {
    const pin = createHash('sha256').update(new X509Certificate(certificate.cert).raw).digest('hex');
    await using gateway = await start({ tls: { ca: certificate.caFile, pins: [pin] } });
    expect((await ask(gateway)).status).toBe(200);
  });

  it.each<readonly [string, () => object]>([
    ['nobody vouches for it', () => ({})],
    ['it has another name', () => ({ ca: certificate.caFile, serverName: 'other.internal' })],
    ['another one is pinned', () => ({ ca: certificate.caFile, pins: ['0'.repeat(64)] })],
    ['the CA cannot be read', () => ({ ca: path.join(folder.path, 'none.pem') })],
  ])('P6: get no credential where %s', async (_what, tls) => {
    let requests = 0;
    service.on('request', () => (requests += 1));
    await using gateway = await start({ tls: tls() });
    expect((await ask(gateway)).status).toBe(502);
    expect(requests).toBe(0);
    service.removeAllListeners('request');
    service.on('request', (request, response) =>
      response.end(JSON.stringify({ url: request.url, ...request.headers })),
    );
  });
});

describe('the gateway’s own credential', () => {
  it.each<readonly [string, (file: string) => object, object]>([
    [
      'Basic',
      (file) => ({ basic: { user: 'me', password: { file } } }),
      { authorization: `Basic ${hidden(Buffer.from(`me:${SERVICE_SECRET}`).toString('base64'))}` },
    ],
    ['a header', (file) => ({ header: { name: 'X-Api-Key', value: { file } } }), { 'x-api-key': hidden() }],
  ])('goes up as %s', async (_what, credential, expected) => {
    const file = path.join(folder.path, 'secret');
    writeFileSync(file, SERVICE_SECRET, { mode: 0o600 });
    await using gateway = await start({ tls: { ca: certificate.caFile }, credential: credential(file) });
    const authorization = `Bearer ${await gateway.issuer.token()}`;
    const answer = await fetch(`${gateway.url.replace('https:', 'http:')}/a`, {
      headers: { authorization, 'x-api-key': 'mine' },
    });
    const seen = (await answer.json()) as Record<string, string>;
    expect(seen).toMatchObject(expected);
    expect(JSON.stringify(seen)).not.toContain(authorization);
  });
});

describe('connections that are kept', () => {
  it('a safe request is sent again where the service had closed its connection, any other is not', async () => {
    const seen: string[] = [];
    // Answers the first request of a connection, and closes at the second one without a word.
    const closing = createServer((socket) => {
      let requests = 0;
      socket.on('error', () => undefined);
      socket.on('data', (chunk) => {
        requests += 1;
        seen.push(chunk.toString('latin1').split(' ')[0] ?? '');
        if (requests === 1) socket.write('HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n');
        else socket.destroy();
      });
    });
    await new Promise<void>((resolve) => closing.listen(0, '127.0.0.1', resolve));
    const { port } = closing.address() as AddressInfo;
    await using gateway = await start({ url: `http://127.0.0.1:${port}` });
    expect((await ask(gateway)).status).toBe(200);
    expect((await ask(gateway)).status).toBe(200);
    expect(seen).toEqual(['GET', 'GET', 'GET']);
    const authorization = `Bearer ${await gateway.issuer.token()}`;
    const posted = await fetch(`${gateway.url.replace('https:', 'http:')}/a`, {
      method: 'POST',
      headers: { authorization },
    });
    expect(posted.status).toBe(502);
    expect(seen).toEqual(['GET', 'GET', 'GET', 'POST']);
    closing.close();
  });
});
