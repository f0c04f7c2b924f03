import { createSecureServer as createHttp2Server } from 'node:http2';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import type { TLSSocket } from 'node:tls';
import { brotliCompressSync, deflateSync, gzipSync, zstdCompressSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { hidden, SERVICE_SECRET } from '../../support/http-gateway.ts';
import { createAuthority } from '../upstream/certificate-authority.ts';
import { type Answer, ask, echo, seen, useTlsService, written } from './tls-service.ts';

const service = useTlsService();

describe('a key in the query', () => {
  const credential = (): object => ({
    query: { name: 'api_key', value: service.file('key', SERVICE_SECRET) },
  });

  it('is added to what is sent, in place of the client’s own', async () => {
    await using gateway = await service.start({ credential: credential() });
    expect(await seen(ask(gateway))).toMatchObject({ url: `/base/a?api_key=${hidden()}` });
    const asked = await seen(ask(gateway, '/a?b=1&api_key=mine&c=%202'));
    expect(asked).toMatchObject({ url: `/base/a?b=1&c=%202&api_key=${hidden()}` });
    expect(asked['authorization']).toBeUndefined();
    expect(asked['api_key']).toBeUndefined();
  });

  it('P6: is on no record, and in no log', async () => {
    await using gateway = await service.start({ credential: credential() });
    await ask(gateway, '/a?b=1');
    const text = await written(gateway);
    expect(text).toContain('/a?b=1');
    expect(text).not.toContain(SERVICE_SECRET);
    expect(text).not.toContain('api_key');
  });

  it('P3: is not left to services that take another parameter for it', async () => {
    await using gateway = await service.start({ credential: credential() });
    let requests = 0;
    service.answer = (request, response) => {
      requests += 1;
      echo(request, response);
    };
    for (const query of ['API_KEY=x', 'api_key[]=x', '[api_key]=x', 'api.key=x']) {
      expect((await ask(gateway, `/a?${query}`)).status).toBe(403);
    }
    expect(requests).toBe(0);
  });

  it.each([
    ['location', (at: string) => at, '/shop/a/?b=1'],
    ['location', (at: string) => `${new URL(service.url).origin}${at}`, '/shop/a/?b=1'],
    ['link', (at: string) => `<${at}>; rel="next"`, '</base/a/?b=1>; rel="next"'],
    ['content-location', (at: string) => at, '/base/a/?b=1'],
    ['refresh', (at: string) => `0; url=${at}`, '0; url=/base/a/?b=1'],
  ])('P6: does not come back in %s', async (name, write, expected) => {
    await using gateway = await service.start({ credential: credential() });
    service.answer = (request, response) => {
      response.writeHead(name === 'location' ? 301 : 200, {
        [name]: write(request.url?.replace('/a', '/a/') ?? ''),
      });
      response.end();
    };
    const response = await ask(gateway, '/a?b=1');
    expect(response.headers.get(name)).toBe(expected);
  });

  it.each([
    ['as it is', SERVICE_SECRET],
    [
      'in a URL in a URL',
      `/login?to=${encodeURIComponent(`/a?api_key=${SERVICE_SECRET.replace('-', '%2D')}`)}`,
    ],
  ])('P6: an answer that holds it %s is refused', async (_what, value) => {
    await using gateway = await service.start({ credential: credential() });
    service.answer = (_request, response) => response.writeHead(200, { 'x-asked': value }).end();
    const response = await ask(gateway);
    expect(response.status).toBe(502);
    expect(await response.json()).toMatchObject({ code: 'ERR_HTTP_UPSTREAM_CREDENTIAL' });
    expect(response.headers.get('x-asked')).toBeNull();
  });

  it('P6: does not come back in a body, and links in it lead on', async () => {
    await using gateway = await service.start({ credential: credential() });
    service.answer = (request, response) => {
      const text = JSON.stringify({ next: `${request.url}&page=2`, note: 'x'.repeat(200_000) });
      response.writeHead(200, { 'content-length': text.length });
      // In pieces that part the key.
      const at = text.indexOf(SERVICE_SECRET) + 5;
      response.write(text.slice(0, at));
      setImmediate(() => response.end(text.slice(at)));
    };
    const answer = (await (await ask(gateway, '/a?b=1')).json()) as { readonly next: string };
    expect(answer.next).toBe(`/base/a?b=1&api_key=${hidden()}&page=2`);
    expect(await written(gateway)).toContain('"credentialsHidden":1');
    service.answer = echo;
    const followed = await seen(ask(gateway, answer.next.replace('/base', '')));
    expect(followed).toMatchObject({ url: `/base/a?b=1&page=2&api_key=${hidden()}` });
  });

  it('P6: does not come back in a trailer', async () => {
    await using gateway = await service.start({ credential: credential() });
    service.answer = (_request, response) => {
      response.writeHead(200, { trailer: 'x-asked' });
      response.write('body');
      response.addTrailers({ 'x-asked': SERVICE_SECRET });
      response.end();
    };
    expect(await (await ask(gateway)).text()).toBe('body');
  });
});

describe('a service that has read what it was asked with', () => {
  it.each<readonly [string, (file: (name: string, text: string) => object) => object]>([
    [
      'the password of Basic',
      (file) => ({ basic: { user: 'gateway', password: file('password', SERVICE_SECRET) } }),
    ],
    [
      'a key behind its scheme',
      (file) => ({ header: { name: 'Authorization', value: file('key', `Token ${SERVICE_SECRET}`) } }),
    ],
    [
      'a key in a parameter',
      (file) => ({
        header: { name: 'Authorization', value: file('key', `Token token="${SERVICE_SECRET}"`) },
      }),
    ],
  ])('P6: does not give back %s', async (_what, credential) => {
    await using gateway = await service.start({ credential: credential(service.file) });
    service.answer = (request, response) => {
      const [, scheme, sent = ''] = /^(\w+) (.*)$/.exec(request.headers.authorization ?? '') ?? [];
      const text = scheme === 'Basic' ? Buffer.from(sent, 'base64').toString() : sent;
      const key = text.slice(text.indexOf(SERVICE_SECRET)).replace('"', '');
      if (request.url?.endsWith('/head') === true) response.writeHead(200, { 'x-asked': key });
      response.end(JSON.stringify({ key }));
    };
    expect(await seen(ask(gateway))).toEqual({ key: hidden() });
    expect((await ask(gateway, '/head')).status).toBe(502);
  });
});

describe('a credential in a coded answer', () => {
  const code: Readonly<Record<string, (text: string) => Buffer>> = {
    gzip: gzipSync,
    deflate: deflateSync,
    br: brotliCompressSync,
    zstd: zstdCompressSync,
  };
  const bearer = (): object => ({ bearer: service.file('token', SERVICE_SECRET) });
  const coding = (name: string, more: Record<string, string> = {}): Answer => {
    return (request, response) => {
      const body = (code[name] ?? Buffer.from)(JSON.stringify(request.headers));
      response.writeHead(200, { 'content-type': 'application/json', 'content-encoding': name, ...more });
      // In two pieces, as it may come.
      response.write(body.subarray(0, 10));
      setImmediate(() => response.end(body.subarray(10)));
    };
  };

  it.each(Object.keys(code))('P6: is hidden, whoever asks for %s', async (name) => {
    await using gateway = await service.start({ credential: bearer() });
    service.answer = coding(name, { 'content-digest': 'sha-256=:x:', etag: '"1"' });
    const response = await ask(gateway, '/a', { headers: { 'accept-encoding': name } });
    expect(Object.fromEntries(response.headers)).not.toHaveProperty('content-digest');
    expect(response.headers.get('etag')).toBe('"1"');
    expect(response.headers.get('content-encoding')).toBeNull();
    expect(await response.json()).toMatchObject({
      authorization: `Bearer ${hidden()}`,
      'accept-encoding': name,
    });
    expect(await written(gateway)).toContain('"credentialsHidden":1');
  });

  it.each([
    ['gzip;q=0.5, x-own, *, br', 'gzip;q=0.5, br', undefined],
    ['x-own', 'identity', undefined],
    ['gzip', 'identity', 'bytes=0-'],
  ])('P6: services are asked for nothing that cannot be undone: %s', async (asked, told, range) => {
    await using gateway = await service.start({ credential: bearer() });
    const headers = { 'accept-encoding': asked, ...(range === undefined ? {} : { range }) };
    expect(await seen(ask(gateway, '/a', { headers }))).toMatchObject({ 'accept-encoding': told });
  });

  it('P3: that is not what it says is broken off, and pictures pass as they are', async () => {
    await using gateway = await service.start({ credential: bearer() });
    service.answer = (_request, response) => {
      response.writeHead(200, { 'content-encoding': 'gzip' }).end(SERVICE_SECRET);
    };
    await expect(ask(gateway).then((response) => response.text())).rejects.toThrow();
    service.answer = coding('gzip', { 'content-type': 'image/png' });
    expect((await ask(gateway)).headers.get('content-encoding')).toBe('gzip');
  });

  it('is none where the gateway adds no credential: the answer is the service’s own', async () => {
    await using gateway = await service.start({ credential: { none: true } });
    service.answer = coding('br');
    const response = await ask(gateway, '/a', { headers: { 'accept-encoding': 'br, x-own' } });
    expect(response.headers.get('content-encoding')).toBe('br');
    expect(await response.json()).toMatchObject({ 'accept-encoding': 'br, x-own' });
  });
});

describe('a secret that cannot be read', () => {
  it('is told to the operator, once, and to the client not', async () => {
    await using gateway = await service.start({ credential: { bearer: { file: '/nowhere/secret' } } });
    const response = await ask(gateway);
    expect(response.status).toBe(502);
    expect(await response.text()).not.toContain('nowhere');
    await ask(gateway);
    expect(gateway.logLines.filter((line) => line.includes('/nowhere/secret'))).toHaveLength(1);
  });
});

describe('a client certificate', () => {
  const show = (name: string): { readonly certificate: object; readonly key: object } => {
    const { cert, key } = service.clients.issue({ commonName: name });
    return { certificate: service.file('client.crt', cert), key: service.file('client.key', key) };
  };
  const resource = (clientCertificate: object): object => ({
    tls: { ca: service.certificate.caFile, clientCertificate },
    credential: { none: true },
  });

  it('is shown to the service, and a renewed one to its next request', async () => {
    await using gateway = await service.start({ ...resource(show('first')), keepAliveMs: 600_000 });
    expect(await seen(ask(gateway))).toMatchObject({ peer: 'first' });
    expect(await seen(ask(gateway))).toMatchObject({ peer: 'first' });
    show('second');
    expect(await seen(ask(gateway))).toMatchObject({ peer: 'second' });
  });

  it('that cannot be used is a configuration to mend, and says no more than that', async () => {
    const shown = show('first');
    const { key } = service.clients.issue({ commonName: 'other' });
    await using gateway = await service.start(resource({ ...shown, key: service.file('other.key', key) }));
    const response = await ask(gateway);
    expect(response.status).toBe(502);
    expect(await response.json()).toMatchObject({ code: 'ERR_HTTP_UPSTREAM_CONFIGURATION' });
    await ask(gateway);
    const told = gateway.logLines.filter((line) => line.includes('is not of the key beside it'));
    expect(told).toHaveLength(1);
    expect(await written(gateway)).not.toContain(key.split('\n')[1]);
  });

  it('of somebody else leads nowhere', async () => {
    const { cert, key } = service.certificate;
    await using strict = new AsyncDisposableStack();
    const server = createServer(
      { cert, key, ca: service.clients.cert, requestCert: true, rejectUnauthorized: true },
      echo,
    );
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    strict.defer(() => void server.close());
    const at = `https://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const foreign = createAuthority('foreign').issue({ commonName: 'first' });
    const shown = {
      certificate: service.file('foreign.crt', foreign.cert),
      key: service.file('foreign.key', foreign.key),
    };
    await using gateway = await service.start({ ...resource(shown), url: at });
    expect((await ask(gateway)).status).toBe(502);
    await using good = await service.start({ ...resource(show('first')), url: at });
    expect(await seen(ask(good))).toMatchObject({ peer: 'first' });
    server.closeAllConnections();
  });
});

describe('a service that speaks HTTP/2', () => {
  it('gets key and certificate, and does not give the key back', async () => {
    const { cert, key } = service.certificate;
    await using stack = new AsyncDisposableStack();
    const server = createHttp2Server({ cert, key, ca: service.clients.cert, requestCert: true });
    server.on('stream', (stream, headers) => {
      const socket = stream.session?.socket as TLSSocket | undefined;
      const peer = socket?.getPeerCertificate().subject.CN;
      stream.respond({ ':status': 200, link: `<${headers[':path']}>; rel="next"` });
      stream.end(JSON.stringify({ path: headers[':path'], peer, own: headers['authorization'] }));
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    stack.defer(() => void server.close());
    const issued = service.clients.issue({ commonName: 'gateway' });
    await using gateway = await service.start({
      url: `https://127.0.0.1:${(server.address() as AddressInfo).port}`,
      tls: {
        ca: service.certificate.caFile,
        clientCertificate: {
          certificate: service.file('h2.crt', issued.cert),
          key: service.file('h2.key', issued.key),
        },
      },
      credential: { query: { name: 'api_key', value: service.file('key', SERVICE_SECRET) } },
    });
    const response = await ask(gateway, '/a?b=1&api_key=mine');
    expect(await response.json()).toEqual({ path: `/a?b=1&api_key=${hidden()}`, peer: 'gateway' });
    expect(response.headers.get('link')).toBe('</a?b=1>; rel="next"');
  });
});
