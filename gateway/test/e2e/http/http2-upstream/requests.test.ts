import { once } from 'node:events';
import { createSecureServer } from 'node:http2';
import type { AddressInfo } from 'node:net';
import { describe, expect, it } from 'vitest';
import { SERVICE_SECRET, startHttpGateway } from '../../../support/http-gateway.ts';
import { askHttp2, connectHttp2 } from '../../../support/http2-client.ts';
import { ask, certificate, echo, PLAIN, start, startService, useServices } from './services.ts';

useServices();

describe('HTTP/2 towards services', () => {
  it.each<readonly [string, boolean, object]>([
    ['by ALPN', false, {}],
    ['without TLS by prior knowledge', true, { http2: 'only' }],
  ])('is spoken %s, and the request is what was judged', async (_how, isPlain, resource) => {
    await using service = await startService(echo, { isPlain });
    let shown: unknown;
    service.server.on('stream', (_stream, headers) => {
      shown = headers['authorization'];
    });
    await using gateway = await start(service, resource);
    const answer = await ask(gateway, '/a/./b?x=%41', { method: 'POST', body: 'x'.repeat(300_000) });
    expect(answer.headers.getSetCookie()).toEqual(['a=1', 'b=2']);
    expect(await answer.json()).toMatchObject({
      ':method': 'POST',
      ':path': '/base/a/b?x=A',
      ':scheme': isPlain ? 'http' : 'https',
      bytes: 300_000,
    });
    expect(shown).toBe(`Bearer ${SERVICE_SECRET}`);
  });

  it('one connection carries the requests of one principal, and never those of another', async () => {
    await using service = await startService(echo);
    await using gateway = await start(service);
    const session = await connectHttp2(gateway);
    const [mine, theirs] = [await gateway.issuer.token(), await gateway.issuer.token({ sub: 'agent-2' })];
    await Promise.all(Array.from({ length: 30 }, () => askHttp2(session, '/shop/a', mine)));
    expect(service.sessions).toHaveLength(1);
    await Promise.all(Array.from({ length: 30 }, () => askHttp2(session, '/shop/a', theirs)));
    expect(service.sessions).toHaveLength(2);
    session.destroy();
  });

  it('P10: a service that takes few requests at once gets no more on a connection', async () => {
    let open = 0;
    let most = 0;
    await using service = await startService(
      (stream) => {
        open += 1;
        most = Math.max(most, open);
        stream.on('close', () => (open -= 1));
        setImmediate(() => {
          if (stream.destroyed) return;
          stream.respond({ ':status': 200 });
          stream.end('fine');
        });
      },
      { settings: { maxConcurrentStreams: 2 } },
    );
    await using gateway = await start(service);
    const answers = await Promise.all(Array.from({ length: 12 }, () => ask(gateway, '/a')));
    expect(answers.map(({ status }) => status)).toEqual(Array(12).fill(200));
  });

  it('http2: off speaks HTTP/1.1 with a service that could do both', async () => {
    const server = createSecureServer(
      { cert: certificate.cert, key: certificate.key, allowHTTP1: true },
      (request, response) => response.end(request.httpVersion),
    );
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const url = `https://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const tls = { ca: certificate.caFile };
    await using off = await startHttpGateway({
      service: (_request, response) => response.end(),
      listener: PLAIN,
      resource: { url, tls, http2: 'off' },
    });
    expect(await (await ask(off, '/a')).text()).toBe('1.1');
    await using auto = await startHttpGateway({
      service: (_request, response) => response.end(),
      listener: PLAIN,
      resource: { url, tls },
    });
    expect(await (await ask(auto, '/a')).text()).toBe('2.0');
    server.close();
  });

  it('passes gRPC: messages both ways before either ends, trailers, and answers that are trailers only', async () => {
    await using service = await startService((stream, headers) => {
      if (headers[':path'] === '/base/refused') {
        stream.respond(
          { ':status': 200, 'content-type': 'application/grpc', 'grpc-status': '5' },
          { endStream: true },
        );
        return;
      }
      stream.respond({ ':status': 200, 'content-type': 'application/grpc' }, { waitForTrailers: true });
      stream.on('wantTrailers', () =>
        stream.sendTrailers({ 'grpc-status': '0', 'x-te': String(headers['te']) }),
      );
      stream.on('data', (chunk: Buffer) => stream.write(`<${chunk.toString()}>`));
      stream.on('end', () => stream.end());
    });
    await using gateway = await start(service);
    const session = await connectHttp2(gateway);
    const token = await gateway.issuer.token();
    const fields = { authorization: `Bearer ${token}`, te: 'trailers', 'content-type': 'application/grpc' };
    const stream = session.request({ ':method': 'POST', ':path': '/shop/talk', ...fields });
    stream.write('one');
    expect(String((await once(stream, 'data'))[0])).toBe('<one>');
    stream.write('two');
    expect(String((await once(stream, 'data'))[0])).toBe('<two>');
    const trailers = once(stream, 'trailers');
    stream.end();
    expect((await trailers)[0]).toMatchObject({ 'grpc-status': '0', 'x-te': 'trailers' });
    const refused = session.request({ ':method': 'POST', ':path': '/shop/refused', ...fields });
    const [head, flags] = await once(refused, 'response');
    expect(head).toMatchObject({ ':status': 200, 'grpc-status': '5' });
    expect(flags & 1).toBe(1);
    session.destroy();
  });
});

describe('clients of gRPC', () => {
  it('P9: read why they are refused in their own form', async () => {
    await using service = await startService((stream) => stream.close(2));
    await using gateway = await start(service);
    const session = await connectHttp2(gateway);
    const fields = { te: 'trailers', 'content-type': 'application/grpc' };
    const refusal = async (path: string, token: string): Promise<unknown> => {
      const { status, headers, body } = await askHttp2(session, path, token, {
        headers: fields,
        body: 'message',
      });
      return [status, body, headers['content-type'], headers['grpc-status'], headers['grpc-message']];
    };
    const token = await gateway.issuer.token();
    const is = (code: string, message: string): unknown => [
      200,
      '',
      'application/grpc',
      code,
      expect.stringContaining(message),
    ];
    expect(await refusal('/shop/a%2Fb', token)).toEqual(is('7', 'POLICY_DENIED'));
    expect(await refusal('/shop/a', 'none')).toEqual(is('16', 'token'));
    expect(await refusal('/other/a', token)).toEqual(is('5', 'no resource'));
    expect(await refusal('/shop/a', token)).toEqual(is('14', 'broke off'));
    session.destroy();
  });
});
