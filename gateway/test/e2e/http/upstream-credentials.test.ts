import { writeFileSync } from 'node:fs';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import type { TLSSocket } from 'node:tls';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { createTestCertificate, type TestCertificate } from '../../support/certificates.ts';
import { type HttpGateway, SERVICE_SECRET, startHttpGateway } from '../../support/http-gateway.ts';
import { createTemporaryFolder, type TemporaryFolder } from '../../support/temporary-folder.ts';
import { createAuthority } from '../upstream/certificate-authority.ts';
import {
  CLIENT_ID,
  CLIENT_SECRET,
  giveToken,
  refuseToken,
  startTokenEndpoint,
  type TokenEndpoint,
} from './token-endpoint.ts';

type Answer = (request: IncomingMessage, response: ServerResponse) => void;

let folder: TemporaryFolder;
let certificate: TestCertificate;
const clients = createAuthority('clients');
let service: Server;
let answer: Answer;
let url: string;

/** What the service sees of a request. */
const echo: Answer = (request, response) => {
  const peer = (request.socket as TLSSocket).getPeerCertificate();
  response.end(
    JSON.stringify({ method: request.method, url: request.url, peer: peer.subject?.CN, ...request.headers }),
  );
};

beforeAll(async () => {
  folder = createTemporaryFolder('http-credentials');
  certificate = await createTestCertificate(path.join(folder.path, 'tls'));
  const { cert, key } = certificate;
  const tls = { cert, key, ca: clients.cert, requestCert: true, rejectUnauthorized: false };
  service = createServer(tls, (request, response) => answer(request, response));
  await new Promise<void>((resolve) => service.listen(0, '127.0.0.1', resolve));
  url = `https://127.0.0.1:${(service.address() as AddressInfo).port}/base/`;
});
afterEach(() => {
  answer = echo;
});
afterAll(() => {
  service?.closeAllConnections();
  service?.close();
  folder?.[Symbol.dispose]();
});

const file = (name: string, text: string): { readonly file: string } => {
  const at = path.join(folder.path, name);
  writeFileSync(at, text, { mode: 0o600 });
  return { file: at };
};

function start(resource: object, more: object = {}): Promise<HttpGateway> {
  answer = echo;
  return startHttpGateway({
    service: (_request, response) => response.end(),
    listener: { allowLoopbackPlaintext: true },
    ...more,
    resource: { url, tls: { ca: certificate.caFile }, ...resource },
  });
}

async function ask(gateway: HttpGateway, target = '/a', init: RequestInit = {}): Promise<Response> {
  const authorization = `Bearer ${await gateway.issuer.token()}`;
  const headers = { authorization, ...(init.headers as Record<string, string>) };
  const address = `${gateway.url.replace('https:', 'http:')}${target}`;
  return fetch(address, { redirect: 'manual', ...init, headers });
}
const seen = async (response: Promise<Response>): Promise<Record<string, string>> =>
  (await (await response).json()) as Record<string, string>;

/** Everything that the gateway wrote down. */
async function written(gateway: HttpGateway): Promise<string> {
  await gateway.recordsUntil((records) => records.some(({ type }) => type === 'exchange.outcome'));
  return JSON.stringify(gateway.records()) + gateway.logLines.join('\n');
}

describe('a key in the query', () => {
  const credential = (): object => ({ query: { name: 'api_key', value: file('key', SERVICE_SECRET) } });

  it('is added to what is sent, in place of the client’s own', async () => {
    await using gateway = await start({ credential: credential() });
    expect(await seen(ask(gateway))).toMatchObject({ url: `/base/a?api_key=${SERVICE_SECRET}` });
    const asked = await seen(ask(gateway, '/a?b=1&api_key=mine&c=%202'));
    expect(asked).toMatchObject({ url: `/base/a?b=1&c=%202&api_key=${SERVICE_SECRET}` });
    expect(asked['authorization']).toBeUndefined();
    expect(asked['api_key']).toBeUndefined();
  });

  it('P6: is on no record, and in no log', async () => {
    await using gateway = await start({ credential: credential() });
    await ask(gateway, '/a?b=1');
    const text = await written(gateway);
    expect(text).toContain('/a?b=1');
    expect(text).not.toContain(SERVICE_SECRET);
    expect(text).not.toContain('api_key');
  });

  it('P3: is not left to services that take another parameter for it', async () => {
    await using gateway = await start({ credential: credential() });
    let requests = 0;
    answer = (request, response) => {
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
    ['location', (at: string) => `${new URL(url).origin}${at}`, '/shop/a/?b=1'],
    ['link', (at: string) => `<${at}>; rel="next"`, '</base/a/?b=1>; rel="next"'],
    ['content-location', (at: string) => at, '/base/a/?b=1'],
    ['refresh', (at: string) => `0; url=${at}`, '0; url=/base/a/?b=1'],
  ])('P6: does not come back in %s', async (name, write, expected) => {
    await using gateway = await start({ credential: credential() });
    answer = (request, response) => {
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
    await using gateway = await start({ credential: credential() });
    answer = (_request, response) => response.writeHead(200, { 'x-asked': value }).end();
    const response = await ask(gateway);
    expect(response.status).toBe(502);
    expect(await response.json()).toMatchObject({ code: 'ERR_HTTP_UPSTREAM_CREDENTIAL' });
    expect(response.headers.get('x-asked')).toBeNull();
  });

  it('P6: does not come back in a trailer', async () => {
    await using gateway = await start({ credential: credential() });
    answer = (_request, response) => {
      response.writeHead(200, { trailer: 'x-asked' });
      response.write('body');
      response.addTrailers({ 'x-asked': SERVICE_SECRET });
      response.end();
    };
    expect(await (await ask(gateway)).text()).toBe('body');
  });
});

describe('a secret that cannot be read', () => {
  it('is told to the operator, once, and to the client not', async () => {
    await using gateway = await start({ credential: { bearer: { file: '/nowhere/secret' } } });
    const response = await ask(gateway);
    expect(response.status).toBe(502);
    expect(await response.text()).not.toContain('nowhere');
    await ask(gateway);
    expect(gateway.logLines.filter((line) => line.includes('/nowhere/secret'))).toHaveLength(1);
  });
});

describe('a client certificate', () => {
  const show = (name: string): { readonly certificate: object; readonly key: object } => {
    const { cert, key } = clients.issue({ commonName: name });
    return { certificate: file('client.crt', cert), key: file('client.key', key) };
  };
  const resource = (clientCertificate: object): object => ({
    tls: { ca: certificate.caFile, clientCertificate },
    credential: { none: true },
  });

  it('is shown to the service, and a renewed one to its next request', async () => {
    await using gateway = await start({ ...resource(show('first')), keepAliveMs: 600_000 });
    expect(await seen(ask(gateway))).toMatchObject({ peer: 'first' });
    expect(await seen(ask(gateway))).toMatchObject({ peer: 'first' });
    show('second');
    expect(await seen(ask(gateway))).toMatchObject({ peer: 'second' });
  });

  it('that cannot be used is a configuration to mend, and says no more than that', async () => {
    const shown = show('first');
    const { key } = clients.issue({ commonName: 'other' });
    await using gateway = await start(resource({ ...shown, key: file('other.key', key) }));
    const response = await ask(gateway);
    expect(response.status).toBe(502);
    expect(await response.json()).toMatchObject({ code: 'ERR_HTTP_UPSTREAM_CONFIGURATION' });
    await ask(gateway);
    const told = gateway.logLines.filter((line) => line.includes('is not of the key beside it'));
    expect(told).toHaveLength(1);
    expect(await written(gateway)).not.toContain(key.split('\n')[1]);
  });

  it('of somebody else leads nowhere', async () => {
    const { cert, key } = certificate;
    await using strict = new AsyncDisposableStack();
    const server = createServer(
      { cert, key, ca: clients.cert, requestCert: true, rejectUnauthorized: true },
      echo,
    );
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    strict.defer(() => void server.close());
    const at = `https://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const foreign = createAuthority('foreign').issue({ commonName: 'first' });
    const shown = { certificate: file('foreign.crt', foreign.cert), key: file('foreign.key', foreign.key) };
    await using gateway = await start({ ...resource(shown), url: at });
    expect((await ask(gateway)).status).toBe(502);
    await using good = await start({ ...resource(show('first')), url: at });
    expect(await seen(ask(good))).toMatchObject({ peer: 'first' });
    server.closeAllConnections();
  });
});

describe('access tokens by client credentials', () => {
  let endpoint: TokenEndpoint;
  const oauth = (more: object = {}): object => ({
    credential: {
      oauth: {
        tokenUrl: endpoint.url,
        ca: certificate.caFile,
        clientId: CLIENT_ID,
        clientSecret: file('client-secret', CLIENT_SECRET),
        ...more,
      },
    },
  });
  const guarded: Answer = (request, response) => {
    const token = request.headers.authorization?.replace('Bearer ', '') ?? '';
    if (endpoint.valid.has(token)) echo(request, response);
    else response.writeHead(401, { 'www-authenticate': 'Bearer error="invalid_token"' }).end('no');
  };

  async function startGuarded(more: object = {}): Promise<HttpGateway> {
    const gateway = await start(oauth(more));
    answer = guarded;
    return gateway;
  }
  const using = async (): Promise<TokenEndpoint> => {
    endpoint = await startTokenEndpoint(certificate);
    return endpoint;
  };

  it.each(['basic', 'post'])('are fetched once for all requests, with the client in %s', async (auth) => {
    await using _endpoint = await using();
    await using gateway = await startGuarded({ auth, scope: 'read write', audience: 'shop' });
    const answers = await Promise.all(Array.from({ length: 8 }, () => seen(ask(gateway))));
    for (const one of answers) expect(one).toMatchObject({ authorization: `Bearer ${endpoint.issued[0]}` });
    await ask(gateway);
    const form = { grant_type: 'client_credentials', scope: 'read write', audience: 'shop' };
    const login = 'gate%3Away:client+secret%2B%26%3D%3A%25%2F%C3%BC-0123456789';
    expect(endpoint.asked).toEqual([
      auth === 'basic'
        ? { login, form }
        : { login: undefined, form: { ...form, client_id: CLIENT_ID, client_secret: CLIENT_SECRET } },
    ]);
  });

  it('are fetched anew when the service refuses one, and what changes nothing is asked again', async () => {
    await using _endpoint = await using();
    await using gateway = await startGuarded();
    await ask(gateway);
    endpoint.valid.clear();
    const response = await ask(gateway);
    expect(response.status).toBe(200);
    expect(endpoint.issued).toHaveLength(2);
  });

  it('P2: are fetched anew for the next request where asking again could do a thing twice', async () => {
    await using _endpoint = await using();
    await using gateway = await startGuarded();
    await ask(gateway);
    endpoint.valid.clear();
    const methods: string[] = [];
    answer = (request, response) => {
      methods.push(request.method ?? '');
      guarded(request, response);
    };
    const posted = await ask(gateway, '/a', {
      method: 'POST',
      body: '{}',
      headers: { 'content-type': 'application/json' },
    });
    expect(posted.status).toBe(502);
    expect(await posted.json()).toMatchObject({ code: 'ERR_HTTP_UPSTREAM_CREDENTIAL' });
    expect(methods).toEqual(['POST']);
    expect((await ask(gateway)).status).toBe(200);
    expect(endpoint.issued).toHaveLength(2);
  });

  it('P10: are not fetched again and again for a service that refuses them all', async () => {
    await using _endpoint = await using();
    await using gateway = await startGuarded();
    answer = (_request, response) => response.writeHead(401).end();
    for (let count = 0; count < 5; count += 1) expect((await ask(gateway)).status).toBe(502);
    expect(endpoint.issued).toHaveLength(2);
  });

  it.each<readonly [string, number, string, (endpoint: TokenEndpoint) => void]>([
    [
      'refuses the client',
      502,
      'it answered 401, invalid_client',
      (one) => (one.answer = refuseToken(401, 'invalid_client')),
    ],
    ['has no time', 503, 'it answered 503', (one) => (one.answer = refuseToken(503, 'busy'))],
    [
      'leads elsewhere',
      502,
      'it answered 307',
      (one) => (one.answer = (_request, response) => response.writeHead(307, { location: one.url }).end()),
    ],
    [
      'answers without end',
      502,
      'its answer is longer than 65536 bytes',
      (one) => (one.answer = (_request, response) => void response.end(' '.repeat(70_000))),
    ],
    [
      'answers what is no token',
      502,
      'it answered without an access token',
      (one) => (one.answer = (_request, response) => void response.end('<html>')),
    ],
    [
      'breaks off',
      502,
      'the connection ends before the response',
      (one) => (one.answer = (_request, response) => void response.destroy()),
    ],
    ['is silent', 503, 'no complete answer in 300 ms', (one) => (one.answer = () => undefined)],
  ])('P6: a server that %s is told apart, without a secret', async (_what, status, reason, spoil) => {
    await using one = await using();
    await using gateway = await startGuarded({ timeoutMs: reason.includes('300') ? 300 : 10_000 });
    spoil(one);
    let requests = 0;
    answer = (_request, response) => {
      requests += 1;
      response.end();
    };
    const response = await ask(gateway);
    expect(response.status).toBe(status);
    const code = status === 503 ? 'ERR_HTTP_UPSTREAM_TOKEN_UNAVAILABLE' : 'ERR_HTTP_UPSTREAM_TOKEN';
    const problem = JSON.stringify(await response.json());
    expect(problem).toContain(code);
    expect(response.headers.get('retry-after')).toBe(status === 503 ? '1' : null);
    expect(gateway.logLines.join('\n')).toContain(reason);
    const text = problem + (await written(gateway));
    for (const secret of [CLIENT_SECRET, encodeURIComponent(CLIENT_SECRET), 'client+secret']) {
      expect(text).not.toContain(secret);
    }
    expect(requests).toBe(0);
  });

  it('P6: a server that cannot prove who it is gets no secret', async () => {
    await using _endpoint = await using();
    const own = createAuthority('other').cert;
    await using gateway = await startGuarded({ ca: file('other-ca.pem', own).file });
    const response = await ask(gateway);
    expect(response.status).toBe(502);
    expect(await response.json()).toMatchObject({ code: 'ERR_HTTP_UPSTREAM_TOKEN' });
    expect(endpoint.asked).toEqual([]);
  });

  it('P10: a server that does not answer is asked once for all who wait', async () => {
    await using _endpoint = await using();
    await using gateway = await startGuarded();
    endpoint.answer = refuseToken(500, 'server_error');
    const answers = await Promise.all(Array.from({ length: 6 }, () => ask(gateway)));
    expect(answers.map(({ status }) => status)).toEqual(Array(6).fill(503));
    expect(endpoint.asked).toHaveLength(1);
  });

  it('P6: a token is on no record, in no log, and refused in an answer', async () => {
    await using _endpoint = await using();
    await using gateway = await startGuarded();
    endpoint.answer = (_request, response, issue) => giveToken(response, issue());
    answer = (request, response) =>
      response.writeHead(200, { 'x-asked': request.headers.authorization }).end();
    const response = await ask(gateway);
    expect(response.status).toBe(502);
    expect(await written(gateway)).not.toContain(endpoint.issued[0]);
  });
});
