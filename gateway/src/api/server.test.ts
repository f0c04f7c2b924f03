/** The API on real sockets: TLS, deadlines, limits, and what is no HTTP. */
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { connect } from 'node:net';
import type { ConnectionOptions } from 'node:tls';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { temporaryFolder } from '../../test/audit/audit-fixture.ts';
import type { ServerCertificate } from '../listener/certificates.ts';
import { certificateFromLocalCa } from '../listener/local-ca.ts';
import { openServerTls, type ServerTls } from '../listener/server-tls.ts';
import type { ApiConnection } from './api-services.ts';
import { API_ALPN_PROTOCOLS, type ApiServer, type ApiServerOptions, createApiServer } from './server.ts';
import { openRawHttps, type RawHttps } from './testing/raw-https.ts';

const ANONYMOUS = 'GET /a HTTP/1.1\r\nHost: localhost\r\n\r\n';
const KNOWN = 'GET /a HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer x\r\n\r\n';

const servers: ApiServer[] = [];
const clients: RawHttps[] = [];
let served: ServerCertificate;
let tls: ServerTls;
let now = 0;
const clock = { nowMs: (): number => now };

beforeEach(async () => {
  now = Date.now();
  served = await makeCertificate();
  tls = await openServerTls({
    source: { load: async () => served },
    clock,
    alpnProtocols: API_ALPN_PROTOCOLS,
  });
});

afterEach(async () => {
  for (const { socket } of clients.splice(0)) socket.destroy();
  await Promise.all(servers.splice(0).map((server) => server.close()));
});

function makeCertificate(): Promise<ServerCertificate> {
  return certificateFromLocalCa({ directory: temporaryFolder(), names: [], clock }).load();
}

/** Serves an API that lets everybody with an Authorization header in and answers with what it was asked. */
async function serve(options: Partial<ApiServerOptions> = {}): Promise<{ server: ApiServer; port: number }> {
  const server = createApiServer({
    host: '127.0.0.1',
    port: 0,
    tls,
    clock,
    maxHeaderBytes: 16_384,
    fetch: echo,
    ...options,
  });
  servers.push(server);
  return { server, port: (await server.bind()).port };
}

async function echo(incoming: Request, connection: ApiConnection): Promise<Response> {
  if (incoming.headers.has('authorization')) connection.onAuthenticated?.();
  const body = await incoming.text();
  const { remoteAddress: from, localAddress: to } = connection;
  return Response.json({ path: new URL(incoming.url).pathname, body, from, to });
}

async function dial(port: number, options: Omit<ConnectionOptions, 'ca' | 'port'> = {}): Promise<RawHttps> {
  const ca = served.caFile === undefined ? '' : readFileSync(served.caFile, 'utf8');
  const client = await openRawHttps({ ...options, port, ca });
  clients.push(client);
  return client;
}

describe('the server of the API', () => {
  it('answers one request after the other to whoever is known', async () => {
    const { port } = await serve();
    const client = await dial(port);
    for (let n = 0; n < 3; n += 1) {
      client.say(KNOWN);
      const { status, headers, body } = await client.answer();
      expect([status, headers['connection']]).toEqual([200, 'keep-alive']);
      expect(JSON.parse(body)).toEqual({ path: '/a', body: '', from: '127.0.0.1', to: '127.0.0.1' });
    }
  });

  it('P10: closes the connection after each answer to whoever is not', async () => {
    const { port } = await serve();
    const client = await dial(port);
    client.say(ANONYMOUS);
    expect(await client.answer()).toMatchObject({ status: 200, headers: { connection: 'close' } });
    await client.ended;
  });

  it('P10: looks at one request of a connection until a token was accepted, however many are sent at once', async () => {
    let asked = 0;
    const { port } = await serve({
      fetch: (incoming, connection) => {
        asked += 1;
        return echo(incoming, connection);
      },
    });
    const client = await dial(port);
    client.say(ANONYMOUS.repeat(20));
    expect((await client.answer()).status).toBe(200);
    await client.ended;
    expect(asked).toBe(1);
  });

  it('class 18: takes the address of a client from its connection and from no header', async () => {
    const { port } = await serve();
    const client = await dial(port);
    client.say(KNOWN.replace('\r\n\r\n', '\r\nX-Forwarded-For: 10.9.8.7\r\nForwarded: for=10.9.8.7\r\n\r\n'));
    expect((await client.answer()).body).not.toContain('10.9.8.7');
    await expect(
      dial(port).then((proxied) => (proxied.say('PROXY TCP4 10.9.8.7 10.0.0.1 1 2\r\n'), proxied.answer())),
    ).resolves.toMatchObject({ status: 400 });
  });

  it('class 22: takes no target that names another host than the Host header, by which callers are judged', async () => {
    const { port } = await serve();
    const statusOf = async (target: string): Promise<number> => {
      const client = await dial(port);
      client.say(`GET ${target} HTTP/1.1\r\nHost: localhost:8443\r\n\r\n`);
      return (await client.answer()).status;
    };
    expect(await statusOf('https://localhost:8443/healthz')).toBe(await statusOf('/healthz'));
    for (const other of ['https://evil.example/', 'https://localhost:1/', 'http://localhost:8443/']) {
      expect([other, await statusOf(`${other}healthz`)]).toEqual([other, 400]);
    }
  });

  it('P10: ends a connection after a hundred requests', async () => {
    const { port } = await serve();
    const client = await dial(port);
    for (let n = 1; n < 100; n += 1) {
      client.say(KNOWN);
      await client.answer();
    }
    client.say(KNOWN);
    expect(await client.answer()).toMatchObject({ headers: { connection: 'close' } });
    await client.ended;
  });

  it('shows a new certificate to new connections while old ones go on', async () => {
    const { port } = await serve();
    const old = await dial(port);
    old.say(KNOWN);
    await old.answer();
    const before = old.socket.getPeerX509Certificate()?.fingerprint256;
    served = await makeCertificate();
    await tls.reload();
    const young = await dial(port);
    young.say(KNOWN);
    expect((await young.answer()).status).toBe(200);
    expect(young.socket.getPeerX509Certificate()?.fingerprint256).toBe(served.leaf.fingerprint256);
    expect(served.leaf.fingerprint256).not.toBe(before);
    old.say(KNOWN);
    expect((await old.answer()).status).toBe(200);
  });

  it('speaks HTTP/1.1 in TLS 1.2 or newer, whether or not the client names it, and nothing else', async () => {
    const { port } = await serve();
    const client = await dial(port, { ALPNProtocols: [] });
    client.say(KNOWN);
    expect((await client.answer()).status).toBe(200);
    await expect(dial(port, { ALPNProtocols: ['h2'] })).rejects.toThrow();
    await expect(dial(port, { maxVersion: 'TLSv1.1', minVersion: 'TLSv1' })).rejects.toThrow();
    const plain = connect(port, '127.0.0.1');
    plain.on('error', () => undefined);
    let answer = '';
    plain.on('data', (chunk: Buffer) => (answer += chunk.toString('latin1')));
    plain.write(KNOWN);
    await once(plain, 'close');
    expect(answer).not.toContain('HTTP');
  });
});

describe('a client that is slow on purpose', () => {
  it('P10: is cut when it says nothing', async () => {
    const { port } = await serve({ limits: { handshakeTimeoutMs: 100 } });
    await (await dial(port)).ended;
    const silent = connect(port, '127.0.0.1');
    silent.on('error', () => undefined);
    silent.resume();
    await once(silent, 'close');
  });

  it('P10: is cut when it asks and asks but never says who it is', async () => {
    const { port } = await serve({
      limits: { handshakeTimeoutMs: 100 },
      fetch: () => new Promise(() => undefined),
    });
    const client = await dial(port);
    client.say(ANONYMOUS);
    await client.ended;
  });

  it.each([
    ['header', 'GET /a HTTP/1.1\r\nHost: localhost\r\nX-Slow: '],
    ['body', 'POST /a HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer x\r\nContent-Length: 10\r\n\r\n{'],
  ])('P10: gets 408 when a %s does not come to its end, known or not', async (_, start) => {
    const limits = {
      headersTimeoutMs: 100,
      requestTimeoutMs: 200,
      idleTimeoutMs: 60_000,
      handshakeTimeoutMs: 60_000,
    };
    const { port } = await serve({ limits });
    const client = await dial(port);
    client.say(KNOWN);
    await client.answer();
    client.say(start);
    const answer = await client.answer();
    expect(answer).toMatchObject({ status: 408, headers: { connection: 'close' } });
    expect(JSON.parse(answer.body)).toMatchObject({ code: 'ERR_API_TIMEOUT' });
    await client.ended;
  });

  it('P10: is cut when it is idle', async () => {
    const { port } = await serve({ limits: { idleTimeoutMs: 100 } });
    const client = await dial(port);
    client.say(KNOWN);
    await client.answer();
    await client.ended;
  });

  it('P10: makes room: silent connections do not lock an admin out', async () => {
    const limits = { maxConnections: 2, maxConnectionsPerAddress: 2 };
    const { port } = await serve({ limits });
    const silent = [await dial(port), await dial(port)];
    now += 5000;
    const admin = await dial(port);
    admin.say(KNOWN);
    expect((await admin.answer()).status).toBe(200);
    await silent[0]?.ended;
  });
});

describe('what is no request', () => {
  it.each([
    ['garbage', '\x16\x03\x01 garbage\r\n\r\n', 400, 'ERR_API_MALFORMED'],
    ['no Host', 'GET /a HTTP/1.1\r\n\r\n', 400, 'ERR_API_MALFORMED'],
    ['a Host that is none', 'GET /a HTTP/1.1\r\nHost: a b/c\r\n\r\n', 400, 'ERR_API_MALFORMED'],
    [
      'two lengths',
      'POST /a HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n{}',
      400,
      'ERR_API_MALFORMED',
    ],
    [
      'a length and chunks',
      'POST /a HTTP/1.1\r\nHost: localhost\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n',
      400,
      'ERR_API_MALFORMED',
    ],
    ['a folded header', 'GET /a HTTP/1.1\r\nHost: localhost\r\nX: 1\r\n 2\r\n\r\n', 400, 'ERR_API_MALFORMED'],
    [
      'a large header',
      `GET /a HTTP/1.1\r\nHost: localhost\r\nX: ${'x'.repeat(20_000)}\r\n\r\n`,
      431,
      'ERR_API_HEADER_TOO_LARGE',
    ],
    [
      'an expectation',
      'GET /a HTTP/1.1\r\nHost: localhost\r\nExpect: the-moon\r\n\r\n',
      400,
      'ERR_API_MALFORMED',
    ],
  ])('%s gets a problem and the end of the connection', async (_, text, status, code) => {
    const { port } = await serve();
    const client = await dial(port);
    client.say(text);
    const answer = await client.answer();
    expect(answer).toMatchObject({ status, headers: { 'content-type': 'application/problem+json' } });
    expect(JSON.parse(answer.body)).toMatchObject({ status, code, type: `urn:sallyport:error:${code}` });
    await client.ended;
  });
});

describe('the end of the server', () => {
  it('P10: refuses more requests in work than may be, whoever asks', async () => {
    const release = Promise.withResolvers<void>();
    const asked = Promise.withResolvers<void>();
    const { port } = await serve({
      limits: { maxRequestsInWork: 1 },
      fetch: async (incoming, connection) => {
        asked.resolve();
        await release.promise;
        return echo(incoming, connection);
      },
    });
    const first = await dial(port);
    first.say(KNOWN);
    await asked.promise;
    const second = await dial(port);
    second.say(KNOWN);
    const refused = await second.answer();
    expect(refused).toMatchObject({ status: 429, headers: { connection: 'close' } });
    expect(JSON.parse(refused.body)).toMatchObject({ code: 'ERR_API_BUSY' });
    release.resolve();
    expect((await first.answer()).status).toBe(200);
  });

  it('waits for what is in work, tells it to go, and closes what is idle at once', async () => {
    const release = Promise.withResolvers<void>();
    const asked = Promise.withResolvers<void>();
    const { port, server } = await serve({
      fetch: async (incoming, connection) => {
        if (incoming.url.endsWith('/slow')) {
          asked.resolve();
          await release.promise;
        }
        return echo(incoming, connection);
      },
    });
    const idle = await dial(port);
    idle.say(KNOWN);
    await idle.answer();
    const busy = await dial(port);
    busy.say(KNOWN.replace('/a', '/slow'));
    await asked.promise;
    const drained = server.drain(30_000);
    await idle.ended;
    release.resolve();
    expect((await busy.answer()).status).toBe(200);
    await busy.ended;
    expect(await drained).toEqual({ cut: 0 });
  });

  it('does not take a failure of the API along', async () => {
    const { port } = await serve({ fetch: () => Promise.reject(new Error('secret')) });
    const client = await dial(port);
    client.say(KNOWN);
    const answer = await client.answer();
    expect(answer.status).toBe(500);
    expect(answer.body).not.toContain('secret');
    expect(JSON.parse(answer.body)).toMatchObject({ code: 'ERR_API_INTERNAL' });
    const next = await dial(port);
    next.say(KNOWN);
    expect((await next.answer()).status).toBe(500);
  });
});
