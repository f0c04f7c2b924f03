import { describe, expect, it } from 'vitest';
import { type HttpGateway, hidden } from '../../support/http-gateway.ts';
import { createAuthority } from '../upstream/certificate-authority.ts';
import { type Answer, ask, echo, seen, useTlsService, written } from './tls-service.ts';
import {
  CLIENT_ID,
  CLIENT_SECRET,
  giveToken,
  refuseToken,
  startTokenEndpoint,
  type TokenEndpoint,
} from './token-endpoint.ts';

const service = useTlsService();

describe('access tokens by client credentials', () => {
  let endpoint: TokenEndpoint;
  const oauth = (more: object = {}): object => ({
    credential: {
      oauth: {
        tokenUrl: endpoint.url,
        ca: service.certificate.caFile,
        clientId: CLIENT_ID,
        clientSecret: service.file('client-secret', CLIENT_SECRET),
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
    const gateway = await service.start(oauth(more));
    service.answer = guarded;
    return gateway;
  }
  const using = async (): Promise<TokenEndpoint> => {
    endpoint = await startTokenEndpoint(service.certificate);
    return endpoint;
  };

  it.each(['basic', 'post'])('are fetched once for all requests, with the client in %s', async (auth) => {
    await using _endpoint = await using();
    await using gateway = await startGuarded({ auth, scope: 'read write', audience: 'shop' });
    const answers = await Promise.all(Array.from({ length: 8 }, () => seen(ask(gateway))));
    for (const one of answers)
      expect(one).toMatchObject({ authorization: `Bearer ${hidden(endpoint.issued[0])}` });
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
    service.answer = (request, response) => {
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
    service.answer = (_request, response) => response.writeHead(401).end();
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
    service.answer = (_request, response) => {
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
    await using gateway = await startGuarded({ ca: service.file('other-ca.pem', own).file });
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
    service.answer = (request, response) =>
      response.writeHead(200, { 'x-asked': request.headers.authorization }).end();
    const response = await ask(gateway);
    expect(response.status).toBe(502);
    expect(await written(gateway)).not.toContain(endpoint.issued[0]);
  });
});
